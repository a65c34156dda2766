//! What an entry between two legal entities posts in the books of each.
//!
//! The lines of one side in the currency of the entry leave a difference, which the system puts on the account of what is due from
//! or to the other; the other's lines have to leave the same with the other sign.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::LINES;
use athyper_kernel_ledger::{
    AccountRef, Book, DimensionCode, LineAmount, Narration, Posting, PostingLine, Reference, Source,
};
use athyper_kernel_types::{Currency, Id, Money};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::numbers::negated;
use super::relation::{RelationId, Side};
use crate::entities::ENTRY;

/// Marker of the ids of entries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EntryMark {}

/// Id of an entry.
pub(crate) type EntryId = Id<EntryMark>;

/// A line as it is written: an amount on one side, in the currency of the entry.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewEntryLine)]
pub(crate) struct NewLine {
    /// Code of the account.
    #[schema(max_length = 255, example = "6100 Rent")]
    account: String,
    /// Amount, if it is a debit.
    #[schema(example = "500.00")]
    debit: Option<String>,
    /// Amount, if it is a credit.
    credit: Option<String>,
    /// Values of dimensions, by key.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    dimensions: BTreeMap<String, DimensionCode>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 1000)]
    memo: Option<Narration>,
}

/// A line of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::EntryLine)]
pub(crate) struct EntryLine {
    /// Code of the account.
    #[schema(example = "6100 Rent")]
    pub(crate) account: String,
    /// In the currency of the entry, debit positive.
    #[schema(value_type = String, example = "500.00")]
    pub(crate) amount: Decimal,
    /// What it is worth in the base currency of the books, debit positive.
    #[schema(value_type = String, example = "462.30")]
    pub(crate) base: Decimal,
    /// Whether the system made it: what is due from or to the other.
    pub(crate) is_due: bool,
    /// Values of dimensions, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
}

/// What an entry posts in the books of one of the two.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::EntryBooks)]
pub(crate) struct Books {
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its base currency.
    pub(crate) base_currency: Currency,
    /// The stated rate: units of base currency for one of the entry's; the recorded one where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) rate: Option<Decimal>,
    /// Id of the journal.
    pub(crate) journal: Uuid,
    /// Its number.
    pub(crate) number: String,
    /// Id of the journal that reverses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<Uuid>,
    /// The lines; what is due stands last.
    pub(crate) lines: Vec<EntryLine>,
}

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::EntryState)]
pub(crate) enum EntryState {
    /// In the books of both.
    Posted,
    /// Reversed in the books of both.
    Reversed,
}

impl EntryState {
    /// The word for it, also in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }
}

/// An entry between two legal entities.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Entry)]
pub(crate) struct Entry {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: EntryId,
    /// Id of the relation.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) relation: RelationId,
    /// The day in the books of both.
    pub(crate) date: NaiveDate,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// What the second owes the first by it: below zero for what the first owes.
    #[schema(value_type = String, example = "500.00")]
    pub(crate) amount: Decimal,
    /// Number of a document for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) narration: Option<String>,
    /// How far it is.
    pub(crate) state: EntryState,
    /// What is in the books of the first.
    pub(crate) from: Books,
    /// What is in the books of the second.
    pub(crate) to: Books,
    /// The day on which both journals are reversed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversed_on: Option<NaiveDate>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversed_because: Option<String>,
    /// When it was posted (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Reads the lines of a side; `name` is the name of its field.
///
/// # Errors
/// Names the fields that cannot be taken.
pub(crate) fn read_lines(
    lines: &[NewLine],
    currency: Currency,
    name: &str,
) -> Result<Vec<EntryLine>, Vec<FieldError>> {
    if !(1..LINES.end() / 2).contains(&lines.len()) {
        let message = format!("write 1 to {} lines", LINES.end() / 2 - 1);
        return Err(vec![FieldError::new(format!("/{name}/lines"), "length", message)]);
    }
    let mut errors = Vec::new();
    let mut read = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match LineAmount::parse(line.debit.as_deref(), line.credit.as_deref(), currency) {
            Ok(amount) => read.push(EntryLine {
                account: line.account.clone(),
                amount: amount.signed(),
                base: Decimal::ZERO,
                is_due: false,
                dimensions: line
                    .dimensions
                    .iter()
                    .map(|(key, code)| (key.clone(), code.as_str().to_owned()))
                    .collect(),
                memo: line.memo.as_ref().map(|memo| memo.as_str().to_owned()),
            }),
            Err(error) => {
                let pointer = format!("/{name}/lines/{index}/{}", error.field());
                errors.push(FieldError::new(pointer, error.code(), error.to_string()));
            }
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

/// The same lines on the other side of their accounts.
pub(crate) fn mirrored(lines: &[EntryLine]) -> Vec<EntryLine> {
    lines.iter().map(|line| EntryLine { amount: -line.amount, ..line.clone() }).collect()
}

/// What lines leave to be due, debit positive: what the other owes.
pub(crate) fn due(lines: &[EntryLine]) -> Decimal {
    negated(lines.iter().map(|line| line.amount).sum())
}

/// The line of what is due from the other, or to it where the amount is below zero.
pub(crate) fn due_line(side: &Side, amount: Decimal) -> EntryLine {
    let account = if amount > Decimal::ZERO { &side.due_from } else { &side.due_to };
    EntryLine {
        account: account.clone(),
        amount,
        base: Decimal::ZERO,
        is_due: true,
        dimensions: BTreeMap::new(),
        memo: None,
    }
}

impl Entry {
    /// Whether another entry asks for the same: all but what the ledger says of it.
    pub(crate) fn asks_for_the_same(&self, other: &Self) -> bool {
        let same_books = |one: &Books, two: &Books| {
            let unvalued = |lines: &[EntryLine]| -> Vec<EntryLine> {
                lines.iter().map(|line| EntryLine { base: Decimal::ZERO, ..line.clone() }).collect()
            };
            one.entity == two.entity && one.rate == two.rate && unvalued(&one.lines) == unvalued(&two.lines)
        };
        self.date == other.date
            && self.currency == other.currency
            && self.reference == other.reference
            && self.narration == other.narration
            && same_books(&self.from, &other.from)
            && same_books(&self.to, &other.to)
    }

    /// What is posted in the books of one of the two; `step` tells them apart.
    ///
    /// # Errors
    /// When an amount is none of its currency.
    pub(crate) fn posting(
        &self,
        books: &Books,
        step: &str,
        into_soft_closed: bool,
    ) -> Result<Posting, athyper_kernel_types::MoneyError> {
        let line = |line: &EntryLine| {
            let amount = Money::new(line.amount, self.currency)?;
            Ok(PostingLine {
                dimensions: line.dimensions.clone(),
                memo: line.memo.clone(),
                ..PostingLine::new(AccountRef::Code(line.account.clone()), amount)
            })
        };
        Ok(Posting {
            entity: Some(books.entity.clone()),
            book: Book::General,
            date: self.date,
            source: Source::new(ENTRY, self.id.uuid(), step),
            reference: self.reference.clone(),
            payee: None,
            narration: self.narration.clone(),
            rates: books.rate.map(|rate| (self.currency, rate)).into_iter().collect(),
            lines: books.lines.iter().map(line).collect::<Result<_, _>>()?,
            into_soft_closed,
        })
    }
}

/// Texts that an entry may have.
pub(crate) type EntryReference = Reference;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(amount: &str) -> EntryLine {
        EntryLine {
            account: "Rent".to_owned(),
            amount: amount.parse().unwrap(),
            base: Decimal::ZERO,
            is_due: false,
            dimensions: BTreeMap::new(),
            memo: None,
        }
    }

    #[test]
    fn what_lines_leave_is_due_on_the_account_of_its_side() {
        let side = Side {
            entity: "a".to_owned(),
            due_from: "From".to_owned(),
            due_to: "To".to_owned(),
            income: None,
            expense: None,
            party: None,
        };
        // A cost of 500 is handed on: what it takes off this side is due from the other, and a mirrored line there is due to this.
        let (ours, theirs) = (vec![line("-500.00")], mirrored(&[line("-500.00")]));
        assert_eq!((due(&ours), due(&theirs)), (Decimal::from(500), Decimal::from(-500)));
        assert_eq!(due_line(&side, due(&ours)).account, "From");
        assert_eq!(due_line(&side, due(&theirs)).account, "To");
    }
}
