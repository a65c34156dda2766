//! The port to budgets: what a domain that orders or plans to spend asks before it does.
//!
//! Whoever both consumes and posts in one transaction consumes first: budgets are locked before accounts, everywhere.

use std::collections::BTreeMap;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Source;

/// What is to be spent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spending {
    /// What will be posted to this account, about these values of dimensions.
    Account {
        /// Code of the account.
        code: String,
        /// Value by key of the dimension.
        dimensions: BTreeMap<String, String>,
    },
    /// The line of the budget with this key.
    Line(String),
}

/// An amount to set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Id given by the caller, which is that of the commitment from then on. The same id with the same content gives the
    /// commitment that is there.
    pub id: Uuid,
    /// Code of the legal entity; `None` where the tenant has one.
    pub entity: Option<String>,
    /// The day that it will be spent on: it decides the fiscal year and the period.
    pub date: NaiveDate,
    /// What it is spent on.
    pub spending: Spending,
    /// How much in base currency, above zero.
    pub amount: Decimal,
    /// When what is still reserved is let go; never where it is `None`.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it is for, for people.
    pub reference: Option<String>,
    /// Whether it is committed at once.
    pub is_committed: bool,
}

/// A step of a commitment, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Id given by the caller: the same id with the same content is one step.
    pub id: Uuid,
    /// The commitment.
    pub commitment: Uuid,
    /// How much in base currency, above zero; all that there is where it is `None`.
    pub amount: Option<Decimal>,
    /// Of what is consumed: the document whose posting shows it in the ledger. Until it is posted what was consumed counts
    /// here, and from then on there.
    pub source: Option<Source>,
}

/// Where a commitment stands. The five amounts sum up to what was reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Id.
    pub id: Uuid,
    /// Reserved and not yet committed.
    pub reserved: Decimal,
    /// Committed and not yet consumed.
    pub committed: Decimal,
    /// Consumed, and not shown by the ledger.
    pub consumed: Decimal,
    /// Consumed, and shown by the ledger.
    pub posted: Decimal,
    /// Let go.
    pub released: Decimal,
    /// What a budget that only warns has to say.
    pub warnings: Vec<String>,
}

/// What a budget has left for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// What may still be spent, below zero where too much was; `None` where nothing limits it.
    pub available: Option<Decimal>,
    /// Whether this amount would be refused.
    pub is_refused: bool,
    /// What a budget that only warns would say.
    pub warnings: Vec<String>,
}

/// Who keeps budgets, inside the caller's transaction. After a refusal the transaction is not to be committed.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Sets amounts aside. Where no active budget has a line for one there is nothing to set aside, and the answer is `None`.
    ///
    /// # Errors
    /// When a budget that stops has less left, an id is taken with other content, or an amount is none of the base currency.
    async fn reserve(
        &self,
        tx: &mut TenantTx,
        reservations: &[Reservation],
    ) -> Result<Vec<Option<Standing>>, Problem>;

    /// Commits what is reserved.
    ///
    /// # Errors
    /// When there is no such commitment, less is reserved, or the reservation has expired.
    async fn commit(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem>;

    /// Consumes what is committed.
    ///
    /// # Errors
    /// When there is no such commitment, or less is committed.
    async fn consume(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem>;

    /// Lets go of what is reserved, and then of what is committed.
    ///
    /// # Errors
    /// When there is no such commitment, or less is reserved and committed.
    async fn release(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem>;

    /// What is left for something. It holds nothing: another may be faster.
    ///
    /// # Errors
    /// When there is no such legal entity, or several budget lines are meant.
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        entity: Option<&str>,
        date: NaiveDate,
        spending: &Spending,
        amount: Decimal,
    ) -> Result<Availability, Problem>;
}
