//! Who is asked.

use std::collections::BTreeSet;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_types::Currency;
use chrono::{Datelike as _, Months, NaiveDate};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    AccountBalance, AccountMovement, Adjustment, Allocated, Allocation, ItemId, Movements, OpenItem,
    OpenItems, Posted, Posting, Source,
};

/// A legal entity, as far as documents need to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Id.
    pub id: Uuid,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The currency that its books are kept in.
    pub base_currency: Currency,
    /// The month in which its fiscal years start, 1 to 12.
    pub fiscal_year_start: u8,
}

impl Entity {
    /// First and last day of the fiscal year that a day falls into; `None` beyond the calendar.
    #[must_use]
    pub fn fiscal_year(&self, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let start = u32::from(self.fiscal_year_start);
        let year = if date.month() < start { date.year().checked_sub(1)? } else { date.year() };
        let first = NaiveDate::from_ymd_opt(year, start, 1)?;
        let last = first.checked_add_months(Months::new(12))?.pred_opt()?;
        Some((first, last))
    }
}

/// The general ledger, inside the caller's transaction. A refusal is a problem in the ledger's own words, whose pointers name
/// `/lines/<n>/…` as the posting has them; after it the transaction is not to be committed.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The legal entity with this code; where none is named the tenant's only one, or of several the one called `main`.
    ///
    /// # Errors
    /// When there is none, or none is named and it is not clear which is meant.
    async fn entity(&self, tx: &mut dyn TenantConnection, code: Option<&str>) -> Result<Entity, Problem>;

    /// Units of the base currency for one of this currency on a day: the newest rate recorded up to then, one for the base
    /// currency itself.
    ///
    /// # Errors
    /// When no rate is recorded.
    async fn rate(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        currency: Currency,
        date: NaiveDate,
    ) -> Result<Decimal, Problem>;

    /// Posts a document's journal, once for each source.
    ///
    /// # Errors
    /// When it does not balance, an account is not there or takes no postings, a rate is missing, the period is closed, an item
    /// cannot be settled so far, or the source was posted with other content.
    async fn post(&self, tx: &mut TenantTx, posting: &Posting) -> Result<Posted, Problem>;

    /// Reverses what was posted for a source: on this day, or else on the day of the journal or the first later one that takes
    /// postings. What the journal settled is open again, and what it opened is settled.
    ///
    /// # Errors
    /// When nothing was posted for it, it is reversed already, or an item that it opened is settled by something else.
    async fn reverse(
        &self,
        tx: &mut TenantTx,
        source: &Source,
        date: Option<NaiveDate>,
        narration: Option<&str>,
        into_soft_closed: bool,
    ) -> Result<Posted, Problem>;

    /// Settles one open item by another.
    ///
    /// # Errors
    /// When they are not of one party, account and currency, or less is open than is asked for.
    async fn allocate(&self, tx: &mut TenantTx, allocation: &Allocation) -> Result<Allocated, Problem>;

    /// Undoes an allocation: on this day, or else on its own or the first later one that takes postings. What it settled is open
    /// again, and the difference that it posted is reversed; the answer has the difference of the other sign.
    ///
    /// # Errors
    /// When there is none with this id, it is undone already, or the day lies before its own or takes no postings.
    async fn undo_allocation(
        &self,
        tx: &mut TenantTx,
        id: Uuid,
        date: Option<NaiveDate>,
        reason: &str,
        into_soft_closed: bool,
    ) -> Result<Allocated, Problem>;

    /// The items with these ids, as far as they exist, by id.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn items(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &BTreeSet<ItemId>,
    ) -> Result<Vec<OpenItem>, Problem>;

    /// The items of a legal entity that were open at the end of a day, in part or wholly, as they were then, by id.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn open_on(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Vec<OpenItem>, Problem>;

    /// What all accounts of a legal entity sum up to at the end of a day, by code and currency; what is zero both in its currency
    /// and in base currency is left out.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn balances(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Vec<AccountBalance>, Problem>;

    /// What was posted on the accounts of a legal entity between two days, by code; accounts without lines are left out.
    ///
    /// # Errors
    /// When a value of a dimension is asked for that there is not.
    async fn movements(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        which: &Movements,
    ) -> Result<Vec<AccountMovement>, Problem>;

    /// Posts an adjustment, once for each source.
    ///
    /// # Errors
    /// As [`post`](Self::post); and when the source was posted before.
    async fn adjust(&self, tx: &mut TenantTx, adjustment: &Adjustment) -> Result<Posted, Problem>;

    /// The items of a legal entity that are open in part or wholly, by id, at most as many as are asked for.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn open_items(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        which: &OpenItems,
    ) -> Result<Vec<OpenItem>, Problem>;

    /// What the posted lines of an account sum up to at the end of a day, in this currency, debit positive; zero where there
    /// are none.
    ///
    /// # Errors
    /// When there is no such account.
    async fn balance(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        account: &str,
        currency: Currency,
        as_of: NaiveDate,
    ) -> Result<Decimal, Problem>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fiscal_year_ends_the_day_before_the_next() {
        for (date, start, expected) in [
            ("2025-03-31", 1, ("2025-01-01", "2025-12-31")),
            ("2025-03-31", 4, ("2024-04-01", "2025-03-31")),
            ("2024-02-29", 3, ("2023-03-01", "2024-02-29")),
            ("2025-12-01", 12, ("2025-12-01", "2026-11-30")),
        ] {
            let entity = Entity {
                id: Uuid::nil(),
                code: "main".to_owned(),
                name: "Main".to_owned(),
                base_currency: Currency::parse("EUR").unwrap(),
                fiscal_year_start: start,
            };
            let (first, last) = entity.fiscal_year(date.parse().unwrap()).unwrap();
            assert_eq!((first.to_string().as_str(), last.to_string().as_str()), expected, "{date} {start}");
        }
    }
}
