//! A ledger for tests, as far as plans ask one: there is a legal entity of every code, and nothing was posted.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{
    AccountBalance, AccountMovement, AccountSet, Adjustment, Allocated, Allocation, Entity, ItemId, Ledger,
    Movements, OpenItem, OpenItems, Posted, Posting, Selection, Source, Turnover, Turnovers,
};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Keeps its books in dollars where the code is `usa`, and in euros else.
#[derive(Debug)]
pub(crate) struct TestLedger;

fn not_asked() -> ! {
    panic!("plans do not ask this of a ledger")
}

#[async_trait]
impl Ledger for TestLedger {
    async fn entity(&self, _: &mut dyn TenantConnection, code: Option<&str>) -> Result<Entity, Problem> {
        let code = code.unwrap_or("main");
        let currency = if code == "usa" { "USD" } else { "EUR" };
        Ok(Entity {
            id: Uuid::nil(),
            code: code.to_owned(),
            name: code.to_owned(),
            base_currency: Currency::parse(currency).unwrap(),
            fiscal_year_start: 1,
        })
    }

    async fn rate(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: Currency,
        _: NaiveDate,
    ) -> Result<Decimal, Problem> {
        not_asked()
    }

    async fn post(&self, _: &mut TenantTx, _: &Posting) -> Result<Posted, Problem> {
        not_asked()
    }

    async fn reverse(
        &self,
        _: &mut TenantTx,
        _: &Source,
        _: Option<NaiveDate>,
        _: Option<&str>,
        _: bool,
    ) -> Result<Posted, Problem> {
        not_asked()
    }

    async fn allocate(&self, _: &mut TenantTx, _: &Allocation) -> Result<Allocated, Problem> {
        not_asked()
    }

    async fn undo_allocation(
        &self,
        _: &mut TenantTx,
        _: Uuid,
        _: Option<NaiveDate>,
        _: &str,
        _: bool,
    ) -> Result<Allocated, Problem> {
        not_asked()
    }

    async fn items(
        &self,
        _: &mut dyn TenantConnection,
        _: &BTreeSet<ItemId>,
    ) -> Result<Vec<OpenItem>, Problem> {
        not_asked()
    }

    async fn open_on(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: NaiveDate,
    ) -> Result<Vec<OpenItem>, Problem> {
        not_asked()
    }

    async fn balances(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: NaiveDate,
    ) -> Result<Vec<AccountBalance>, Problem> {
        not_asked()
    }

    async fn movements(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: &Movements,
    ) -> Result<Vec<AccountMovement>, Problem> {
        not_asked()
    }

    async fn adjust(&self, _: &mut TenantTx, _: &Adjustment) -> Result<Posted, Problem> {
        not_asked()
    }

    async fn open_items(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: &OpenItems,
    ) -> Result<Vec<OpenItem>, Problem> {
        not_asked()
    }

    async fn balance(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: &str,
        _: Currency,
        _: NaiveDate,
    ) -> Result<Decimal, Problem> {
        not_asked()
    }
}

#[async_trait]
impl Turnovers for TestLedger {
    async fn turnovers(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: (NaiveDate, NaiveDate),
        _: &[Selection],
    ) -> Result<Vec<Turnover>, Problem> {
        Ok(Vec::new())
    }

    async fn members(
        &self,
        _: &mut dyn TenantConnection,
        sets: &[&AccountSet],
    ) -> Result<Vec<Vec<String>>, Problem> {
        Ok(vec![Vec::new(); sets.len()])
    }

    async fn paths(
        &self,
        _: &mut dyn TenantConnection,
        _: &[&str],
    ) -> Result<BTreeMap<String, Vec<String>>, Problem> {
        Ok(BTreeMap::new())
    }

    async fn unknown_values<'a>(
        &self,
        _: &mut dyn TenantConnection,
        _: &[(&'a str, &'a str)],
    ) -> Result<Vec<(&'a str, &'a str)>, Problem> {
        Ok(Vec::new())
    }
}
