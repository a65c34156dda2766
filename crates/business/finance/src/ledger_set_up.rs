//! How books are set up: the answer to [`LedgerSetUp`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_ledger::{
    Account, AccountCode, AddedAccounts, Book, DayGuard, Entity, Entry, LedgerSetUp, NewAccount,
    PostingControl, PostingDays, RoleRule,
};
use athyper_kernel_ledger_books::dimensions;
use athyper_kernel_types::{Clock, Currency, Id, JobId};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::commands::create_account_rule;
use crate::error::Error;
use crate::model::account;
use crate::model::chart::{Chart, ChartError, Wanted};
use crate::model::journal::{ImportedFrom, NewJournal, NewLine};
use crate::posting::{PostingRights, check_open, enter_periods, post};
use crate::store::{account_rules, accounts, guards, journals, legal_entities, periods};
use crate::whose_books;

/// Who sets up the books of this ledger, under this control.
pub fn ledger_set_up(control: Arc<dyn PostingControl>) -> Arc<dyn LedgerSetUp> {
    Arc::new(SetUp { control })
}

struct SetUp {
    control: Arc<dyn PostingControl>,
}

#[async_trait]
impl LedgerSetUp for SetUp {
    async fn accounts(&self, tx: &mut dyn TenantConnection) -> Result<Vec<Account>, Problem> {
        let all = accounts::all(tx).await.map_err(Error::from)?;
        let known = |account: account::Account| Account {
            refusal: account.check_usable().err().map(|reason| reason.to_string()),
            code: account.code,
            name: account.name,
            kind: account.kind,
            usage: account.usage,
        };
        Ok(all.into_iter().map(known).collect())
    }

    async fn add_accounts(&self, tx: &mut TenantTx, wanted: &[NewAccount]) -> Result<AddedAccounts, Problem> {
        accounts::lock_chart(tx).await.map_err(Error::from)?;
        let chart = Chart::new(&accounts::all(tx).await.map_err(Error::from)?);
        let (added, new) = additions(chart, wanted, tx.clock()).map_err(Error::AccountsNotUsable)?;
        accounts::insert(tx, &new).await.map_err(Error::from)?;
        Ok(added)
    }

    async fn rules(&self, tx: &mut dyn TenantConnection) -> Result<Vec<RoleRule>, Problem> {
        Ok(account_rules::all(tx).await.map_err(Error::from)?)
    }

    async fn add_rule(&self, tx: &mut TenantTx, rule: &RoleRule) -> Result<bool, Problem> {
        Ok(create_account_rule::add(tx, rule).await?.is_some())
    }

    async fn refused_days(
        &self,
        tx: &mut dyn TenantConnection,
        entity: Option<&str>,
        days: &PostingDays,
    ) -> Result<BTreeMap<NaiveDate, String>, Problem> {
        Ok(refused(tx, entity, days).await?)
    }

    async fn open_days(
        &self,
        tx: &mut TenantTx,
        entity: Option<&str>,
        fallback: Option<Currency>,
        days: &PostingDays,
    ) -> Result<Entity, Problem> {
        let entity = whose_books::find_or_open(tx, entity, fallback).await?;
        let rights = PostingRights { into_soft_closed: days.into_soft_closed };
        enter_periods(tx, &entity, None, days.days.iter().map(|day| (*day, None)), rights).await?;
        Ok(entity.for_documents())
    }

    async fn guard_days(&self, tx: &mut TenantTx, guard: &DayGuard) -> Result<(), Problem> {
        Ok(guards::keep(tx, guard).await.map_err(Error::from)?)
    }

    async fn release_days(&self, tx: &mut TenantTx, holder: Uuid) -> Result<(), Problem> {
        Ok(guards::release(tx, holder).await.map_err(Error::from)?)
    }

    async fn post_entries(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        origin: Uuid,
        entries: &[Entry],
        into_soft_closed: bool,
    ) -> Result<Vec<String>, Problem> {
        let rights = PostingRights { into_soft_closed };
        Ok(post_all(tx, &*self.control, (entity, JobId::from_uuid(origin)), entries, rights).await?)
    }

    async fn balancing_dimensions(&self, tx: &mut dyn TenantConnection) -> Result<Vec<String>, Problem> {
        Ok(dimensions::balancing(tx).await.map_err(Error::from)?)
    }
}

/// What is added to the chart, or what is wrong with what is asked for. Parents come before what is below them, whatever their order
/// here, so that a parent which is asked for is no mere group.
fn additions(
    mut chart: Chart,
    wanted: &[NewAccount],
    clock: &Clock,
) -> Result<(AddedAccounts, Vec<account::Account>), Vec<FieldError>> {
    let mut in_order: Vec<(usize, &NewAccount)> = wanted.iter().enumerate().collect();
    in_order.sort_by(|(a_at, a), (b_at, b)| a.code.cmp(&b.code).then(a_at.cmp(b_at)));
    let (mut added, mut new, mut errors) = (AddedAccounts::default(), Vec::new(), Vec::new());
    for (index, account) in in_order {
        let (kind, code) = (account.kind, &account.code);
        let mut wrong = |problem: &str, message: String| {
            errors.push(FieldError::new(format!("/accounts/{index}/type"), problem, message));
        };
        let asked = Wanted {
            name: account.name.clone(),
            usage: account.usage,
            opened_on: account.opened_on,
            ..Wanted::new(code.clone(), kind)
        };
        match chart.add(asked, clock) {
            Ok(found) => {
                added.created += 1;
                added.groups += found.len().saturating_sub(1);
                new.extend(found);
            }
            Err(ChartError::Taken { kind: existing }) if existing == kind => added.unchanged += 1,
            Err(ChartError::Taken { kind: existing }) => {
                wrong(
                    "type_differs",
                    format!("{code} exists with type {}: types never change", existing.as_str()),
                );
            }
            Err(ChartError::TypeDiffers { parent, kind }) => wrong(
                "differs_from_parent",
                format!("{parent} is of type {}: what is below it must be so too", kind.as_str()),
            ),
        }
    }
    if errors.is_empty() { Ok((added, new)) } else { Err(errors) }
}

/// Why a period refuses these days, for each that one does.
async fn refused(
    tx: &mut dyn TenantConnection,
    entity: Option<&str>,
    days: &PostingDays,
) -> Result<BTreeMap<NaiveDate, String>, Error> {
    let calendar = match whose_books::find(tx, entity).await {
        Ok(entity) => periods::all(tx, entity.id).await?,
        // The first books of a tenant are opened by what is posted first.
        Err(Error::EntityNotFound) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let rights = PostingRights { into_soft_closed: days.into_soft_closed };
    let refusal = |day: NaiveDate| {
        let next = calendar.partition_point(|period| period.starts_on <= day);
        let period =
            next.checked_sub(1).and_then(|at| calendar.get(at)).filter(|period| period.covers(day))?;
        check_open(period, day, None, rights).err().map(|error| (day, error.to_string()))
    };
    Ok(days.days.iter().filter_map(|day| refusal(*day)).collect())
}

/// Posts journals. Accounts and periods are checked here, because they may have changed since whoever asks has looked.
async fn post_all(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    (entity, origin): (&Entity, JobId),
    entries: &[Entry],
    rights: PostingRights,
) -> Result<Vec<String>, Error> {
    let codes: Vec<&AccountCode> =
        entries.iter().flat_map(|entry| &entry.lines).map(|(account, _)| account).collect();
    let held = accounts::hold_by_codes(tx, &codes).await?;
    let by_code: HashMap<&AccountCode, &account::Account> =
        held.iter().map(|account| (&account.code, account)).collect();
    check_accounts(entries, &by_code)?;
    let entity = legal_entities::find(tx, Id::from_uuid(entity.id)).await?.ok_or(Error::EntityNotFound)?;
    let draft = |entry: &Entry| {
        let lines = entry.lines.iter().filter_map(|(account, amount)| {
            let account = by_code.get(account)?.id;
            Some(NewLine::new(account, *amount))
        });
        NewJournal {
            payee: entry.payee.clone(),
            narration: entry.narration.clone(),
            import: Some(ImportedFrom { job: origin, entry_no: entry.number.clone() }),
            ..NewJournal::new(Id::new(tx.clock()), entity.id, Book::General, entry.date, lines.collect())
        }
    };
    let drafts: Vec<NewJournal> = entries.iter().map(draft).collect();
    journals::insert_drafts(tx, &drafts).await?;
    let posted = post(tx, control, &entity, &drafts, rights).await?;
    Ok(posted.into_iter().map(|journal| journal.number).collect())
}

/// Checks that the accounts of entries are there and take postings.
fn check_accounts(
    entries: &[Entry],
    by_code: &HashMap<&AccountCode, &account::Account>,
) -> Result<(), Error> {
    let mut errors = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        for (line, (code, _)) in entry.lines.iter().enumerate() {
            let (problem, message) = match by_code.get(code).map(|account| account.check_usable()) {
                None => ("unknown_account", format!("there is no account {code}")),
                Some(Err(reason)) => ("account_not_usable", format!("{code}: {reason}")),
                Some(Ok(())) => continue,
            };
            errors.push(FieldError::new(format!("/entries/{at}/lines/{line}/account"), problem, message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::AccountsNotUsable(errors)) }
}

#[cfg(test)]
mod tests;
