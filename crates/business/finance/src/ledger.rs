//! How other domains post: the answer to the port of `athyper-kernel-ledger`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::{DomainError as _, FieldError, Problem};
use athyper_kernel_ledger::{
    AccountBalance, AccountMovement, AccountRef, Adjustment, AdjustmentLine, Allocated, Allocation, Entity,
    ItemId, LINES, Ledger, LineAmount, Movements, OpenItem, OpenItems, Posted, PostedLine, Posting,
    PostingControl, Source,
};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::commands::{allocate_items, reverse_journal, undo_allocation};
use crate::determination::{Determined, by_rules, rules_for};
use crate::error::Error;
use crate::model::account::AccountId;
use crate::model::account_rule::AccountRule;
use crate::model::journal::{JournalWithLines, NewJournal, NewLine, ONCE};
use crate::model::legal_entity::LegalEntity;
use crate::posting::{PostedJournal, PostingRights, post};
use crate::queries::get_journal;
use crate::store::{accounts, allocations, items, journals, rates};
use crate::{ledger_reads, whose_books};

/// The ledger of this domain. What is posted to it is under this control.
pub fn ledger(control: Arc<dyn PostingControl>) -> Arc<dyn Ledger> {
    Arc::new(GeneralLedger { control })
}

struct GeneralLedger {
    control: Arc<dyn PostingControl>,
}

#[async_trait]
impl Ledger for GeneralLedger {
    async fn entity(&self, tx: &mut dyn TenantConnection, code: Option<&str>) -> Result<Entity, Problem> {
        Ok(whose_books::find(tx, code).await?.for_documents())
    }

    async fn rate(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        currency: Currency,
        date: NaiveDate,
    ) -> Result<Decimal, Problem> {
        if currency == entity.base_currency {
            return Ok(Decimal::ONE);
        }
        let found = rates::on(tx, entity.base_currency, &[currency], date).await.map_err(Error::from)?;
        let missing = Error::RateMissing { currency, base: entity.base_currency, date };
        Ok(found.get(&currency).copied().ok_or(missing)?)
    }

    async fn post(&self, tx: &mut TenantTx, posting: &Posting) -> Result<Posted, Problem> {
        Ok(post_document(tx, &*self.control, posting).await?)
    }

    async fn reverse(
        &self,
        tx: &mut TenantTx,
        source: &Source,
        date: Option<NaiveDate>,
        narration: Option<&str>,
        into_soft_closed: bool,
    ) -> Result<Posted, Problem> {
        let rights = PostingRights { into_soft_closed };
        Ok(reverse_document(tx, &*self.control, source, (date, narration), rights).await?)
    }

    async fn allocate(&self, tx: &mut TenantTx, allocation: &Allocation) -> Result<Allocated, Problem> {
        Ok(allocate_items::allocate(tx, &*self.control, allocation).await?)
    }

    async fn undo_allocation(
        &self,
        tx: &mut TenantTx,
        id: Uuid,
        date: Option<NaiveDate>,
        reason: &str,
        into_soft_closed: bool,
    ) -> Result<Allocated, Problem> {
        let found = allocations::lock(tx, Id::from_uuid(id)).await.map_err(Error::from)?;
        let found = found.ok_or(Error::AllocationNotFound)?;
        let rights = PostingRights { into_soft_closed };
        Ok(undo_allocation::undo(tx, &*self.control, &found, (date, reason), rights).await?.1)
    }

    async fn items(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &BTreeSet<ItemId>,
    ) -> Result<Vec<OpenItem>, Problem> {
        Ok(items::find(tx, ids.iter().copied()).await.map_err(Error::from)?)
    }

    async fn open_on(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Vec<OpenItem>, Problem> {
        Ok(ledger_reads::open_on(tx, entity, date).await?)
    }

    async fn balances(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Vec<AccountBalance>, Problem> {
        Ok(athyper_kernel_ledger_books::balances_on(tx, entity, date).await?)
    }

    async fn movements(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        which: &Movements,
    ) -> Result<Vec<AccountMovement>, Problem> {
        Ok(ledger_reads::movements(tx, entity, which).await?)
    }

    async fn adjust(&self, tx: &mut TenantTx, adjustment: &Adjustment) -> Result<Posted, Problem> {
        Ok(post_adjustment(tx, &*self.control, adjustment).await?)
    }

    async fn open_items(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        which: &OpenItems,
    ) -> Result<Vec<OpenItem>, Problem> {
        Ok(ledger_reads::open_items(tx, entity, which).await?)
    }

    async fn balance(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        account: &str,
        currency: Currency,
        as_of: NaiveDate,
    ) -> Result<Decimal, Problem> {
        Ok(ledger_reads::balance(tx, entity, account, currency, as_of).await?)
    }
}

/// Posts lines of no amount in their currency.
async fn post_adjustment(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    adjustment: &Adjustment,
) -> Result<Posted, Error> {
    if journals::lock_by_source(tx, &adjustment.source).await?.is_some() {
        return Err(Error::SourceConflict);
    }
    let entity = whose_books::find(tx, Some(&adjustment.entity)).await?;
    let named = || adjustment.lines.iter().map(|line| &line.account);
    let rules = rules_for(tx, &entity, named()).await?;
    let accounts = find_accounts(tx, &rules, named()).await?;
    let adjusting = |(line, chosen): (&AdjustmentLine, &Chosen)| NewLine {
        party: line.party,
        memo: line.memo.clone(),
        ..NewLine::adjusting(chosen.id, line.currency, line.base)
    };
    let (id, date) = (Id::new(tx.clock()), adjustment.date);
    let lines = adjustment.lines.iter().zip(&accounts).map(adjusting).collect();
    let draft = NewJournal {
        narration: adjustment.narration.clone(),
        source: Some((adjustment.source.clone(), ONCE)),
        ..NewJournal::new(id, entity.id, adjustment.book, date, lines)
    };
    let drafts = [draft];
    journals::insert_drafts(tx, &drafts).await?;
    let rights = PostingRights { into_soft_closed: adjustment.into_soft_closed };
    post(tx, control, &entity, &drafts, rights).await?;
    let journal = get_journal::load(tx, id).await?;
    of_journal(tx, &journal, &BTreeMap::new(), false).await
}

/// Posts a document's journal, unless it is posted.
async fn post_document(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    posting: &Posting,
) -> Result<Posted, Error> {
    let digest = digest(posting)?;
    if let Some(posted) = posted_before(tx, posting, &digest).await? {
        return Ok(posted);
    }
    let entity = whose_books::find_or_open(tx, posting.entity.as_deref(), None).await?;
    let named = || posting.lines.iter().map(|line| &line.account);
    let rules = rules_for(tx, &entity, named()).await?;
    let accounts = find_accounts(tx, &rules, named()).await?;
    let drafts = [draft(tx, &entity, posting, &accounts, digest)?];
    journals::insert_drafts(tx, &drafts).await?;
    let rights = PostingRights { into_soft_closed: posting.into_soft_closed };
    let posted = post(tx, control, &entity, &drafts, rights).await?;
    let ([draft], Some(posted)) = (drafts, posted.into_iter().next()) else {
        return Err(Error::JournalNotFound);
    };
    Ok(answer(&entity, &draft, posted, accounts))
}

/// What was asked for, in a form that is the same whenever the same is asked for.
fn digest(posting: &Posting) -> Result<[u8; 32], Error> {
    // Who asks may change between two times; what is posted does not.
    let asked = Posting { into_soft_closed: false, ..posting.clone() };
    let text = serde_json::to_vec(&asked).map_err(|_| Error::SourceConflict)?;
    Ok(Sha256::digest(text).into())
}

async fn posted_before(
    tx: &mut TenantTx,
    posting: &Posting,
    digest: &[u8; 32],
) -> Result<Option<Posted>, Error> {
    let Some((id, before)) = journals::lock_by_source(tx, &posting.source).await? else {
        return Ok(None);
    };
    if before != digest {
        return Err(Error::SourceConflict);
    }
    let journal = get_journal::load(tx, id).await?;
    let made = items::made_by(tx, id).await?;
    Ok(Some(of_journal(tx, &journal, &made, true).await?))
}

/// What came of a journal that is in the books.
async fn of_journal(
    tx: &mut TenantTx,
    journal: &JournalWithLines,
    made: &BTreeMap<i32, ItemId>,
    is_repeated: bool,
) -> Result<Posted, Error> {
    let entity = crate::store::legal_entities::find(tx, journal.journal.entity).await?;
    let entity = entity.ok_or(Error::EntityNotFound)?;
    let lines = journal.lines.iter().filter(|line| !line.automatic || journal.journal.reverses.is_some());
    let line = |line: &crate::model::journal::Line| PostedLine {
        account: line.account.as_str().to_owned(),
        rule: None,
        base: line.base().unwrap_or_default(),
        item: made.get(&line.position).copied(),
    };
    Ok(Posted {
        journal: journal.journal.id.uuid(),
        number: journal.journal.number.clone().unwrap_or_default(),
        base_currency: entity.base_currency,
        lines: lines.map(line).collect(),
        is_repeated,
    })
}

/// An account that a line is on, and the rule that chose it.
#[derive(Clone, Debug)]
struct Chosen {
    id: AccountId,
    code: String,
    rule: Option<String>,
}

/// The account of each line, or all that is wrong with them.
async fn find_accounts<'p>(
    tx: &mut TenantTx,
    rules: &[AccountRule],
    asked: impl Iterator<Item = &'p AccountRef> + Clone,
) -> Result<Vec<Chosen>, Error> {
    let codes: Vec<&str> = asked
        .clone()
        .filter_map(|account| match account {
            AccountRef::Code(code) => Some(code.as_str()),
            AccountRef::Role { .. } => None,
        })
        .collect();
    let named = accounts::with_codes(tx, &codes).await?;
    let by_code: HashMap<&str, AccountId> =
        named.iter().map(|account| (account.code.as_str(), account.id)).collect();
    let by_id = accounts::hold(tx, &rules.iter().map(|rule| rule.account).collect()).await?;
    let choose = |account: &AccountRef| match (account, by_rules(rules, account)) {
        (AccountRef::Code(code), _) => match by_code.get(code.as_str()) {
            Some(id) => Ok(Chosen { id: *id, code: code.clone(), rule: None }),
            None => Err(("unknown_account", format!("there is no account {code}"))),
        },
        (AccountRef::Role { .. }, Ok(Some(Determined { account, rule }))) => {
            let code = by_id.get(&account).map(|found| found.code.as_str().to_owned());
            Ok(Chosen { id: account, code: code.unwrap_or_default(), rule: Some(rule.to_string()) })
        }
        (AccountRef::Role { .. }, Ok(None)) => Err(("unknown_account", "there is no account".to_owned())),
        (AccountRef::Role { .. }, Err(error)) => {
            Err((error.code().trim_start_matches("finance."), error.to_string()))
        }
    };
    let (mut chosen, mut errors) = (Vec::new(), Vec::new());
    for (index, account) in asked.enumerate() {
        match choose(account) {
            Ok(found) => chosen.push(found),
            Err((code, message)) => {
                errors.push(FieldError::new(format!("/lines/{index}/account"), code, message));
            }
        }
    }
    if errors.is_empty() { Ok(chosen) } else { Err(Error::AccountsNotUsable(errors)) }
}

fn draft(
    tx: &TenantTx,
    entity: &LegalEntity,
    posting: &Posting,
    accounts: &[Chosen],
    digest: [u8; 32],
) -> Result<NewJournal, Error> {
    if !LINES.contains(&posting.lines.len()) {
        let message = format!(
            "a journal has {} to {} lines, these are {}",
            LINES.start(),
            LINES.end(),
            posting.lines.len()
        );
        return Err(Error::InvalidLines(vec![FieldError::new("/lines", "line_count", message)]));
    }
    let zero = posting.lines.iter().position(|line| line.amount.is_zero());
    if let Some(index) = zero {
        let pointer = format!("/lines/{index}/amount");
        return Err(Error::InvalidLines(vec![FieldError::new(pointer, "zero", "a line is not zero")]));
    }
    let lines = posting.lines.iter().zip(accounts).map(|(line, chosen)| NewLine {
        base: line.base,
        rate: line.rate,
        party: line.party,
        due_on: line.due_on,
        reference: line.reference.clone(),
        dimensions: line.dimensions.clone(),
        tax_code: line.tax.as_ref().map(|tax| tax.code.clone()),
        tax_base: line.tax.as_ref().and_then(|tax| tax.base),
        settles: line.settles.map(|settles| settles.item),
        memo: line.memo.clone(),
        ..NewLine::new(chosen.id, LineAmount::from_signed(line.amount))
    });
    let id = Id::new(tx.clock());
    Ok(NewJournal {
        payee: posting.payee.clone(),
        narration: posting.narration.clone(),
        reference: posting.reference.clone(),
        rates: posting.rates.clone(),
        source: Some((posting.source.clone(), digest)),
        ..NewJournal::new(id, entity.id, posting.book, posting.date, lines.collect())
    })
}

fn answer(entity: &LegalEntity, draft: &NewJournal, posted: PostedJournal, accounts: Vec<Chosen>) -> Posted {
    let lines = accounts.into_iter().zip(posted.lines).map(|(chosen, (base, item))| PostedLine {
        account: chosen.code,
        rule: chosen.rule,
        base,
        item,
    });
    Posted {
        journal: draft.id.uuid(),
        number: posted.number,
        base_currency: entity.base_currency,
        lines: lines.collect(),
        is_repeated: false,
    }
}

async fn reverse_document(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    source: &Source,
    (date, narration): (Option<NaiveDate>, Option<&str>),
    rights: PostingRights,
) -> Result<Posted, Error> {
    let (id, _) = journals::lock_by_source(tx, source).await?.ok_or(Error::JournalNotFound)?;
    let journal = journals::lock(tx, id).await?.ok_or(Error::JournalNotFound)?;
    let how = (date, narration.map(str::to_owned));
    let reversal = reverse_journal::reverse(tx, control, &journal, how, rights).await?;
    of_journal(tx, &reversal, &BTreeMap::new(), false).await
}
