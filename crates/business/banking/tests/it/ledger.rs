//! A ledger in memory: it keeps what is posted, settles open items, and refuses what a ledger refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use athyper_kernel_ledger::{
    AccountBalance, AccountMovement, AccountRef, Adjustment, Allocated, Allocation, Entity, Item, ItemId,
    Ledger, Movements, OpenItem, OpenItems, Posted, PostedLine, Posting, PostingLine, Source,
};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Accounts that there are.
const ACCOUNTS: [&str; 5] = ["1200", "1210", "1400", "1600", "4970"];

#[derive(Default)]
struct State {
    items: BTreeMap<Uuid, OpenItem>,
    /// Account, currency, day, amount.
    lines: Vec<(String, Currency, NaiveDate, Decimal)>,
    posted: BTreeMap<(Uuid, String), (Posting, Posted)>,
    reversed: BTreeSet<(Uuid, String)>,
    ids: u128,
}

impl State {
    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0xF000_0000 + self.ids)
    }
}

#[derive(Default)]
pub(crate) struct TestLedger(Mutex<State>);

fn refuse(kind: ProblemKind, code: &'static str, pointer: &str) -> Problem {
    Problem::new(kind, code, code).with_fields(vec![FieldError::new(pointer, "refused", code)])
}

fn code(line: &PostingLine) -> String {
    match &line.account {
        AccountRef::Code(code) => code.clone(),
        AccountRef::Role { role, .. } => role.clone(),
    }
}

impl TestLedger {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Opens an item, positive for what is owed to the house, and gives its id.
    pub(crate) fn open(&self, party: Uuid, reference: &str, amount: &str, due_on: &str) -> Uuid {
        let amount: Decimal = amount.parse().unwrap();
        let mut state = self.state();
        let id = state.new_id();
        let item = OpenItem {
            id: ItemId::from_uuid(id),
            account: if amount > Decimal::ZERO { "1400" } else { "1600" }.to_owned(),
            party,
            date: "2024-04-01".parse().unwrap(),
            due_on: due_on.parse().ok(),
            reference: Some(reference.to_owned()),
            currency: Currency::parse("EUR").unwrap(),
            amount,
            open: amount,
            open_base: amount,
        };
        state.items.insert(id, item);
        id
    }

    pub(crate) fn left(&self, item: Uuid) -> String {
        self.state().items[&item].open.to_string()
    }

    /// Lines of the newest posting: account, amount and party.
    pub(crate) fn last(&self) -> Vec<(String, String, Option<Uuid>)> {
        let state = self.state();
        let newest = state.posted.values().max_by_key(|(_, posted)| posted.number.clone()).unwrap();
        newest.0.lines.iter().map(|line| (code(line), line.amount.amount().to_string(), line.party)).collect()
    }

    pub(crate) fn postings(&self) -> usize {
        self.state().posted.len()
    }
}

#[async_trait]
impl Ledger for TestLedger {
    async fn entity(&self, _: &mut dyn TenantConnection, code: Option<&str>) -> Result<Entity, Problem> {
        if code.is_some_and(|code| code != "MAIN") {
            return Err(refuse(ProblemKind::Invalid, "test.unknown_entity", "/entity"));
        }
        let base_currency = Currency::parse("EUR").unwrap();
        Ok(Entity {
            id: Uuid::nil(),
            code: "MAIN".to_owned(),
            name: "Demo".to_owned(),
            base_currency,
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
        Err(refuse(ProblemKind::Invalid, "test.no_rate", ""))
    }

    async fn post(&self, _: &mut TenantTx, posting: &Posting) -> Result<Posted, Problem> {
        let mut state = self.state();
        let key = (posting.source.id, posting.source.step.clone());
        if let Some((other, posted)) = state.posted.get(&key) {
            assert_eq!(other, posting, "another posting of the same source");
            return Ok(posted.clone());
        }
        assert!(
            posting.lines.iter().map(|line| line.amount.amount()).sum::<Decimal>().is_zero(),
            "{posting:?}"
        );
        let unknown = posting.lines.iter().position(|line| !ACCOUNTS.contains(&code(line).as_str()));
        if let Some(place) = unknown {
            return Err(refuse(
                ProblemKind::Invalid,
                "test.unknown_account",
                &format!("/lines/{place}/account"),
            ));
        }
        let mut lines = Vec::new();
        for line in &posting.lines {
            let (amount, currency) = (line.amount.amount(), line.amount.currency());
            if let Some(settles) = line.settles {
                let item = state.items.get_mut(&settles.item.uuid()).unwrap();
                assert!(
                    item.open.abs() >= amount.abs() && item.open * amount < Decimal::ZERO,
                    "{item:?} {line:?}"
                );
                item.open += amount;
            }
            let id = (line.settles.is_none() && line.party.is_some()).then(|| state.new_id());
            if let (Some(id), Some(party)) = (id, line.party) {
                let item = OpenItem {
                    id: Id::<Item>::from_uuid(id),
                    account: code(line),
                    party,
                    date: posting.date,
                    due_on: None,
                    reference: None,
                    currency,
                    amount,
                    open: amount,
                    open_base: amount,
                };
                state.items.insert(id, item);
            }
            state.lines.push((code(line), currency, posting.date, amount));
            lines.push(PostedLine {
                account: code(line),
                rule: None,
                base: amount,
                item: id.map(ItemId::from_uuid),
            });
        }
        let journal = state.new_id();
        let posted = Posted {
            journal,
            number: format!("BK-{:06}", state.posted.len() + 1),
            base_currency: Currency::parse("EUR").unwrap(),
            lines,
            is_repeated: false,
        };
        state.posted.insert(key, (posting.clone(), posted.clone()));
        Ok(posted)
    }

    async fn reverse(
        &self,
        _: &mut TenantTx,
        source: &Source,
        _: Option<NaiveDate>,
        _: Option<&str>,
        _: bool,
    ) -> Result<Posted, Problem> {
        let mut state = self.state();
        let key = (source.id, source.step.clone());
        let (posting, posted) = state.posted.get(&key).cloned().unwrap();
        assert!(state.reversed.insert(key), "reversed twice");
        for line in &posting.lines {
            state.lines.push((code(line), line.amount.currency(), posting.date, -line.amount.amount()));
            if let Some(settles) = line.settles {
                state.items.get_mut(&settles.item.uuid()).unwrap().open -= line.amount.amount();
            }
        }
        Ok(posted)
    }

    async fn allocate(&self, _: &mut TenantTx, _: &Allocation) -> Result<Allocated, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.no_allocation", ""))
    }

    async fn undo_allocation(
        &self,
        _: &mut TenantTx,
        _: Uuid,
        _: Option<NaiveDate>,
        _: &str,
        _: bool,
    ) -> Result<Allocated, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.no_allocation", ""))
    }

    async fn items(
        &self,
        _: &mut dyn TenantConnection,
        ids: &BTreeSet<ItemId>,
    ) -> Result<Vec<OpenItem>, Problem> {
        let state = self.state();
        Ok(ids.iter().filter_map(|id| state.items.get(&id.uuid()).cloned()).collect())
    }

    async fn open_on(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: NaiveDate,
    ) -> Result<Vec<OpenItem>, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.nothing_of_a_day", ""))
    }

    async fn balances(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: NaiveDate,
    ) -> Result<Vec<AccountBalance>, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.nothing_of_a_day", ""))
    }

    async fn movements(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        _: &Movements,
    ) -> Result<Vec<AccountMovement>, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.no_movements", ""))
    }

    async fn adjust(&self, _: &mut TenantTx, _: &Adjustment) -> Result<Posted, Problem> {
        Err(refuse(ProblemKind::Invalid, "test.no_adjustment", ""))
    }

    async fn open_items(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        which: &OpenItems,
    ) -> Result<Vec<OpenItem>, Problem> {
        let state = self.state();
        let is_one = |item: &&OpenItem| {
            !item.open.is_zero()
                && which.party.is_none_or(|party| party == item.party)
                && which.currency.is_none_or(|currency| currency == item.currency)
                && (which.open.is_empty() || which.open.contains(&item.open))
                && (which.references.is_empty()
                    || item.reference.as_ref().is_some_and(|reference| which.references.contains(reference)))
                && which.after.is_none_or(|after| item.id.uuid() > after.uuid())
        };
        Ok(state.items.values().filter(is_one).take(which.limit as usize).cloned().collect())
    }

    async fn balance(
        &self,
        _: &mut dyn TenantConnection,
        _: &Entity,
        account: &str,
        currency: Currency,
        as_of: NaiveDate,
    ) -> Result<Decimal, Problem> {
        if !ACCOUNTS.contains(&account) {
            return Err(refuse(ProblemKind::Invalid, "test.unknown_account", "/ledgerAccount"));
        }
        let state = self.state();
        let own = state
            .lines
            .iter()
            .filter(|(other, of, day, _)| other == account && *of == currency && *day <= as_of);
        Ok(own.map(|(_, _, _, amount)| *amount).sum())
    }
}
