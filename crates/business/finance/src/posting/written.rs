//! Writes down what is posted: lines with their worth, and what they make and settle.

use std::collections::HashMap;
use std::iter::repeat;

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_ledger::ItemId;
use athyper_kernel_types::Id;
use rust_decimal::Decimal;

use crate::model::account::{Account, AccountId};
use crate::model::entry::{ItemState, Valued};
use crate::model::journal::{Line, NewJournal, NewLine};
use crate::model::legal_entity::LegalEntity;
use crate::store::items::{NewItem, NewSettlement, SettledBy};
use crate::store::lines::{self, StoredLine};

/// What was written down.
pub(super) struct Written {
    /// The items that the lines make.
    pub(super) items: Vec<NewItem>,
    /// Worth and item of each line asked for, journal by journal.
    pub(super) posted: Vec<Vec<(Decimal, Option<ItemId>)>>,
    /// The lines as they stand, where all of them were drafted.
    pub(super) drafted: Option<Vec<Line>>,
}

/// Writes the lines down with their worth. Where they `are_drafted` they stand as those of a draft, with these positions; what is added
/// to them does not.
pub(super) async fn write(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    held: &HashMap<AccountId, Account>,
    entries: &[(&NewJournal, Vec<Valued>)],
    are_drafted: bool,
) -> Result<Written, DbError> {
    let (mut new, mut drafted) = (Vec::new(), Vec::new());
    let (mut items, mut posted) = (Vec::new(), Vec::with_capacity(entries.len()));
    for (draft, valued) in entries {
        let mut of_journal = Vec::with_capacity(draft.lines.len());
        for ((line_no, it), own) in (1..).zip(valued).zip(draft.lines.iter().map(Some).chain(repeat(None))) {
            let is_drafted = are_drafted && own.is_some();
            let written = if is_drafted { &mut drafted } else { &mut new };
            written.push(StoredLine {
                journal: draft.id,
                entity: entity.id,
                line_no,
                line: &it.line,
                posted_on: Some(draft.date),
                rate: Some(it.rate),
                base: Some(it.base),
            });
            let is_control = held.get(&it.line.account).is_some_and(|account| account.usage.is_control());
            let party =
                it.line.party.filter(|_| is_control && it.line.settles.is_none() && !it.line.automatic);
            let item = party.map(|party| NewItem {
                id: Id::new(tx.clock()),
                entity: entity.id,
                journal: draft.id,
                line_no,
                date: draft.date,
                due_on: it.line.due_on,
                reference: it.line.reference.clone().or_else(|| draft.reference.clone()),
                state: ItemState {
                    account: it.line.account,
                    party,
                    currency: it.line.amount.currency(),
                    rate: it.rate,
                    amount: it.line.amount.signed(),
                    base: it.base,
                    open: it.line.amount.signed(),
                    open_base: it.base,
                },
            });
            if !it.line.automatic || draft.reverses.is_some() {
                of_journal.push((it.base, item.as_ref().map(|item| item.id)));
            }
            items.extend(item);
        }
        posted.push(of_journal);
    }
    if !new.is_empty() {
        lines::insert(tx, &new).await?;
    }
    if let Some(first) = drafted.first() {
        lines::set_worth(tx, first.journal, &drafted, new.is_empty()).await?;
    }
    let line = |stored: &StoredLine<'_>| {
        let line = NewLine { base: stored.base, rate: stored.rate, ..stored.line.clone() };
        let code = held.get(&line.account)?.code.clone();
        Some(Line::written(stored.line_no, &line, code, entity.base_currency))
    };
    let drafted = if new.is_empty() { drafted.iter().map(line).collect() } else { None };
    Ok(Written { items, posted, drafted })
}

/// What the lines of these journals take off the items that they settle.
pub(super) fn settlements(entries: &[(&NewJournal, Vec<Valued>)]) -> Vec<NewSettlement> {
    let of_line = |draft: &NewJournal, line_no: i32, it: &Valued| {
        Some(NewSettlement {
            item: it.line.settles?,
            date: draft.date,
            amount: it.line.amount.signed(),
            base: it.base,
            by: SettledBy::Line(draft.id, line_no),
        })
    };
    entries
        .iter()
        .flat_map(|(draft, valued)| (1..).zip(valued).filter_map(|(line_no, it)| of_line(draft, line_no, it)))
        .collect()
}
