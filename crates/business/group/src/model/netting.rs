//! Netting: which open items of two legal entities are of one another, and what is left of them.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountRef, Book, ItemId, OpenItem, Posting, PostingLine, Settles, Source};
use athyper_kernel_types::{Currency, Id, Money, MoneyError};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::relation::RelationId;
use crate::entities::NETTING;

/// Most pairs of one direction in one netting: each is a line of a journal, which has at most 1,000.
pub(crate) const MOST_PAIRS: usize = 450;

/// Marker of the ids of nettings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NettingMark {}

/// Id of a netting.
pub(crate) type NettingId = Id<NettingMark>;

/// An item in the books of one and the same in the books of the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::NettedPair)]
pub(crate) struct Pair {
    /// Number of the document, which both have.
    #[schema(example = "INV-2025-0042")]
    pub(crate) reference: String,
    /// What is open: what the partner owes the entity by it, below zero for what the entity owes.
    #[schema(value_type = String, example = "600.00")]
    pub(crate) amount: Decimal,
    /// When it falls due, in the books of the entity or else of the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_on: Option<NaiveDate>,
    /// Id of the item in the books of the entity.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) item: ItemId,
    /// Its account there.
    pub(crate) account: String,
    /// Id of the item in the books of the partner.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) partner_item: ItemId,
    /// Its account there.
    pub(crate) partner_account: String,
}

/// Why an item is not netted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::WhyLeftOut)]
pub(crate) enum Why {
    /// It has no reference, so nobody can say which item of the other it is.
    NoReference,
    /// The other has no open item with its reference: it was never entered there, or is settled there already.
    NotWithPartner,
    /// The other's item with its reference has another amount open: one of the two is wrong, or paid in part in the books of one alone.
    AmountsDiffer,
    /// It, or the other's, is of a later day than the netting.
    Later,
    /// Somebody leaves it, or the other's, out: in dispute, say.
    LeftOut,
    /// One netting takes at most 450 items of one direction: net again.
    TooMany,
}

/// An item that is not netted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::LeftOutItem)]
pub(crate) struct LeftOut {
    /// Code of the legal entity in whose books it is.
    pub(crate) entity: String,
    /// Id of the item.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) item: ItemId,
    /// Its reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// What is open of it, debit positive.
    #[schema(value_type = String, example = "70.00")]
    pub(crate) open: Decimal,
    /// Why.
    pub(crate) why: Why,
    /// What whoever leaves it out says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What can be netted between two legal entities in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::NettingProposal)]
pub(crate) struct Proposal {
    /// Currency of all amounts.
    pub(crate) currency: Currency,
    /// What the partner owes the entity by the pairs.
    #[schema(value_type = String, example = "600.00")]
    pub(crate) receivable: Decimal,
    /// What the entity owes the partner by them.
    #[schema(value_type = String, example = "400.00")]
    pub(crate) payable: Decimal,
    /// What the partner owes the entity afterwards, as one item: below zero for what the entity owes.
    #[schema(value_type = String, example = "200.00")]
    pub(crate) rest: Decimal,
    /// Whether both owe something, so that there is something to net.
    pub(crate) is_possible: bool,
    /// What is netted, by day and reference.
    pub(crate) pairs: Vec<Pair>,
    /// What is not, and why.
    pub(crate) left_out: Vec<LeftOut>,
}

/// The open items of one of the two in a currency, those of the other being the party.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'i> {
    /// Code of the legal entity.
    pub(crate) entity: &'i str,
    /// Its items.
    pub(crate) items: &'i [OpenItem],
}

/// What can be netted on a day: items with the same reference and the same open amount, owed by one in the books of both. `left_out`
/// has the items that somebody leaves out, of either, and why.
pub(crate) fn propose(
    currency: Currency,
    (ours, theirs): (Items<'_>, Items<'_>),
    date: NaiveDate,
    left_out: &BTreeMap<ItemId, String>,
) -> Proposal {
    let (found, mut out) = matched(ours, theirs);
    let mut pairs = Vec::new();
    let mut counts = [0_usize; 2];
    for (our, their) in found {
        let direction = usize::from(our.open.is_sign_negative());
        let reason = left_out.get(&our.id).or_else(|| left_out.get(&their.id));
        let count = counts.get(direction).copied().unwrap_or(MOST_PAIRS);
        let why = match reason {
            Some(_) => Some(Why::LeftOut),
            None if our.date > date || their.date > date => Some(Why::Later),
            None if count >= MOST_PAIRS => Some(Why::TooMany),
            None => None,
        };
        if let Some(why) = why {
            for (entity, item) in [(ours.entity, our), (theirs.entity, their)] {
                out.push(LeftOut { reason: reason.cloned(), ..left(entity, item, why) });
            }
            continue;
        }
        if let Some(count) = counts.get_mut(direction) {
            *count += 1;
        }
        pairs.push(Pair {
            reference: our.reference.clone().unwrap_or_default(),
            amount: our.open,
            due_on: our.due_on.or(their.due_on),
            item: our.id,
            account: our.account.clone(),
            partner_item: their.id,
            partner_account: their.account.clone(),
        });
    }
    // Whoever leaves out an item that is of no other all the same said why.
    for item in &mut out {
        if let Some(reason) = left_out.get(&item.item) {
            item.why = Why::LeftOut;
            item.reason = Some(reason.clone());
        }
    }
    let zero = Decimal::new(0, currency.minor_units());
    let sum = |is_owed: bool| {
        let amounts =
            pairs.iter().map(|pair| pair.amount).filter(|amount| amount.is_sign_positive() == is_owed);
        amounts.map(|amount| amount.abs()).fold(zero, |sum, amount| sum + amount)
    };
    let (receivable, payable) = (sum(true), sum(false));
    let is_possible = !receivable.is_zero() && !payable.is_zero();
    Proposal { currency, receivable, payable, rest: receivable - payable, is_possible, pairs, left_out: out }
}

fn left(entity: &str, item: &OpenItem, why: Why) -> LeftOut {
    LeftOut {
        entity: entity.to_owned(),
        item: item.id,
        reference: item.reference.clone(),
        open: item.open,
        why,
        reason: None,
    }
}

/// Items of one that are items of the other, by day and reference, and those that are not. Each is in one pair at most.
fn matched<'i>(ours: Items<'i>, theirs: Items<'i>) -> (Vec<(&'i OpenItem, &'i OpenItem)>, Vec<LeftOut>) {
    let mut by_reference: BTreeMap<&str, Vec<&OpenItem>> = BTreeMap::new();
    let mut out = Vec::new();
    for item in theirs.items {
        match item.reference.as_deref() {
            Some(reference) => by_reference.entry(reference).or_default().push(item),
            None => out.push(left(theirs.entity, item, Why::NoReference)),
        }
    }
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for our in ours.items {
        let Some(reference) = our.reference.as_deref() else {
            out.push(left(ours.entity, our, Why::NoReference));
            continue;
        };
        let candidates = by_reference.entry(reference).or_default();
        match candidates.iter().position(|their| their.open == -our.open) {
            Some(place) => pairs.push((our, candidates.remove(place))),
            None => alone.push(our),
        }
    }
    let why = |is_there| if is_there { Why::AmountsDiffer } else { Why::NotWithPartner };
    for our in &alone {
        let is_there =
            our.reference.as_deref().and_then(|it| by_reference.get(it)).is_some_and(|it| !it.is_empty());
        out.push(left(ours.entity, our, why(is_there)));
    }
    for their in by_reference.into_values().flatten() {
        let is_there = alone.iter().any(|our| our.reference == their.reference);
        out.push(left(theirs.entity, their, why(is_there)));
    }
    pairs.sort_by(|(one, _), (other, _)| {
        (one.date, &one.reference, one.id).cmp(&(other.date, &other.reference, other.id))
    });
    (pairs, out)
}

/// Where a netting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::NettingState)]
pub(crate) enum NettingState {
    /// It is in the books of both.
    Posted,
    /// It is reversed in the books of both.
    Undone,
}

impl NettingState {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Undone => "undone",
        }
    }
}

/// A netting in the books of one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::NettingBooks)]
pub(crate) struct NettingBooks {
    /// Code of the legal entity.
    #[schema(example = "alpha")]
    pub(crate) entity: String,
    /// Id of its journal.
    pub(crate) journal: Uuid,
    /// Number of its journal.
    #[schema(example = "JE-2025-000042")]
    pub(crate) number: String,
    /// Id of the item of the rest; none where nothing is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) rest_item: Option<ItemId>,
    /// Id of the journal that undid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<Uuid>,
}

/// What was netted between two legal entities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Netting)]
pub(crate) struct Netting {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: NettingId,
    /// The relation of the pair.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) relation: RelationId,
    /// The day in the books of both.
    pub(crate) date: NaiveDate,
    /// Currency of all amounts.
    pub(crate) currency: Currency,
    /// What the partner owed the entity.
    #[schema(value_type = String, example = "600.00")]
    pub(crate) receivable: Decimal,
    /// What the entity owed the partner.
    #[schema(value_type = String, example = "400.00")]
    pub(crate) payable: Decimal,
    /// What the partner owes the entity afterwards: below zero for what the entity owes.
    #[schema(value_type = String, example = "200.00")]
    pub(crate) rest: Decimal,
    /// Reference of the journals and of the item of the rest, in the books of both.
    #[schema(example = "NET-20250331-2c3d4e5f6071")]
    pub(crate) reference: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) narration: Option<String>,
    /// Where it stands.
    pub(crate) state: NettingState,
    /// In the books of the entity: the one of the two whose code comes first.
    pub(crate) entity: NettingBooks,
    /// In the books of the partner.
    pub(crate) partner: NettingBooks,
    /// What was netted.
    pub(crate) pairs: Vec<Pair>,
    /// What was not, and why.
    pub(crate) left_out: Vec<LeftOut>,
    /// The day on which it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undone_on: Option<NaiveDate>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undone_because: Option<String>,
    /// When it was posted (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

impl Netting {
    /// What is posted in the books of one of the two, the `partner` or else the entity: each item is settled by what is open of it, and
    /// what is left is an item again, on the account of the first item of its direction, due when the first of them is.
    ///
    /// # Errors
    /// When an amount is none of the currency.
    pub(crate) fn posting(
        &self,
        is_partner: bool,
        party: Uuid,
        into_soft_closed: bool,
    ) -> Result<Posting, MoneyError> {
        let sign = |amount: Decimal| if is_partner { -amount } else { amount };
        let side = |pair: &Pair| {
            if is_partner {
                (pair.partner_item, pair.partner_account.clone())
            } else {
                (pair.item, pair.account.clone())
            }
        };
        let line = |account: String, amount: Decimal| {
            let money = Money::new(amount, self.currency)?;
            Ok(PostingLine { party: Some(party), ..PostingLine::new(AccountRef::Code(account), money) })
        };
        let mut lines = Vec::with_capacity(self.pairs.len() + 1);
        for pair in &self.pairs {
            let (item, account) = side(pair);
            lines.push(PostingLine { settles: Some(Settles { item }), ..line(account, sign(-pair.amount))? });
        }
        let of_rest = |pair: &&Pair| pair.amount.is_sign_negative() == self.rest.is_sign_negative();
        if let Some(first) = self.pairs.iter().find(of_rest).filter(|_| !self.rest.is_zero()) {
            let due_on = self.pairs.iter().filter(of_rest).filter_map(|pair| pair.due_on).min();
            lines.push(PostingLine { due_on, ..line(side(first).1, sign(self.rest))? });
        }
        let books = if is_partner { &self.partner } else { &self.entity };
        Ok(Posting {
            entity: Some(books.entity.clone()),
            book: Book::General,
            date: self.date,
            source: self.source(is_partner),
            reference: Some(self.reference.clone()),
            payee: None,
            narration: self.narration.clone(),
            rates: BTreeMap::new(),
            lines,
            into_soft_closed,
        })
    }

    /// Where the ledger has what was posted for one of the two.
    pub(crate) fn source(&self, is_partner: bool) -> Source {
        Source::new(NETTING, self.id.uuid(), if is_partner { "partner" } else { "entity" })
    }
}

#[cfg(test)]
mod tests;
