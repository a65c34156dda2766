//! Journals: `draft` → `posted` → `reversed`, and their lines.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{Book, ItemId, LineAmount, LineAmountBody, Source};
use athyper_kernel_types::{Currency, Id, JobId, Money};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::{AccountCode, AccountId};
use super::legal_entity::EntityId;
pub use crate::journal_life::Numbered;

/// Id of a journal.
pub type JournalId = Id<Journal>;

/// A journal without its lines.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::Journal)]
pub struct Journal {
    /// Id.
    pub id: JournalId,
    /// Number, gapless within the year of the date; a draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "JE-2024-000042")]
    pub number: Option<String>,
    /// Id of the legal entity whose books it is in.
    #[serde(skip)]
    pub entity: EntityId,
    /// Code of that legal entity.
    #[serde(rename = "entity")]
    #[schema(example = "main")]
    pub entity_code: String,
    /// The book that it is entered in.
    pub book: Book,
    /// The day that it belongs to in the books.
    pub date: NaiveDate,
    /// Who was paid or who paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narration: Option<String>,
    /// The caller's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Stated rates: units of base currency for one of each currency.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub rates: BTreeMap<Currency, Decimal>,
    /// Where it stands.
    pub state: JournalState,
    /// The document that it posts, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<JournalSource>,
    /// The journal that this one reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverses: Option<JournalId>,
    /// The journal that reverses this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed_by: Option<JournalId>,
    /// When it was posted (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_at: Option<DateTime<Utc>>,
    /// Who posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_by: Option<String>,
    /// When it was written down (UTC).
    pub created_at: DateTime<Utc>,
    /// Who wrote it down.
    pub created_by: String,
    /// Version: what `If-Match` names.
    pub version: i64,
}

/// The document that a journal posts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = finance::JournalSource)]
pub struct JournalSource {
    /// Key of its entity.
    #[schema(example = "invoicing.invoice")]
    pub entity: String,
    /// Its id.
    pub id: Uuid,
    /// Which of its postings it is.
    #[schema(example = "post")]
    pub step: String,
}

/// A journal with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = finance::JournalWithLines)]
pub struct JournalWithLines {
    /// The journal.
    #[serde(flatten)]
    pub journal: Journal,
    /// Its lines, in the order in which they were written.
    pub lines: Vec<Line>,
    /// What budgets had to say when it was posted just now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::JournalLine)]
pub struct Line {
    /// Position, counted from 1.
    #[serde(rename = "lineNo")]
    pub position: i32,
    /// Id of the account.
    #[serde(skip)]
    pub account_id: AccountId,
    /// Code of the account.
    #[schema(value_type = String, example = "Assets:US:BofA:Checking")]
    pub account: AccountCode,
    /// How much, in which currency.
    #[serde(flatten)]
    #[schema(value_type = LineAmountBody)]
    pub amount: LineAmount,
    /// What it is worth in base currency, where that is a debit; a draft has none unless it is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "11.40")]
    pub base_debit: Option<Decimal>,
    /// What it is worth in base currency, where that is a credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub base_credit: Option<Decimal>,
    /// Units of the base currency for one of the line's: with which it was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0.9488")]
    pub rate: Option<Decimal>,
    /// Who owes or is owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<Uuid>,
    /// When it falls due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// What it is about beside its account: value by key of the dimension.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// The tax code that it counts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// What the tax is of, debit positive; a line without is part of the base itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tax_base: Option<Decimal>,
    /// The open item that it settles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub settles: Option<ItemId>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// Whether the ledger added it, for rounding or a difference of exchange.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

/// Where a journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = finance::JournalState)]
pub enum JournalState {
    /// It may still change, and counts in no balance.
    Draft,
    /// It counts, and never changes.
    Posted,
    /// It counts, and another journal undoes it.
    Reversed,
}

impl JournalState {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }

    /// The state with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Posted, Self::Reversed].into_iter().find(|state| state.as_str() == word)
    }
}

/// The digest of what nobody asks for again, because what it is of is made once.
pub const ONCE: [u8; 32] = [0; 32];

/// A journal about to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJournal {
    /// Id.
    pub id: JournalId,
    /// Whose books.
    pub entity: EntityId,
    /// The book.
    pub book: Book,
    /// The day that it belongs to.
    pub date: NaiveDate,
    /// Who was paid or who paid.
    pub payee: Option<String>,
    /// What it is about.
    pub narration: Option<String>,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// Stated rates: units of base currency for one of each.
    pub rates: BTreeMap<Currency, Decimal>,
    /// The journal that it reverses.
    pub reverses: Option<JournalId>,
    /// Where it comes from, if it comes from a file.
    pub import: Option<ImportedFrom>,
    /// The document that it posts, with the digest of what was asked for.
    pub source: Option<(Source, [u8; 32])>,
    /// Its lines.
    pub lines: Vec<NewLine>,
}

impl NewJournal {
    /// A journal of lines, and nothing else.
    pub fn new(id: JournalId, entity: EntityId, book: Book, date: NaiveDate, lines: Vec<NewLine>) -> Self {
        Self {
            id,
            entity,
            book,
            date,
            payee: None,
            narration: None,
            reference: None,
            rates: BTreeMap::new(),
            reverses: None,
            import: None,
            source: None,
            lines,
        }
    }
}

/// The entry of a file that a journal was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedFrom {
    /// The job that reads the file.
    pub job: JobId,
    /// The entry in the file.
    pub entry_no: String,
}

/// A line about to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLine {
    /// The account.
    pub account: AccountId,
    /// What it adds to the account.
    pub amount: LineAmount,
    /// What it is worth in base currency, debit positive, where that is stated.
    pub base: Option<Decimal>,
    /// The rate, where the line has its own.
    pub rate: Option<Decimal>,
    /// Who owes or is owed.
    pub party: Option<Uuid>,
    /// When it falls due.
    pub due_on: Option<NaiveDate>,
    /// Number of the document that its item is of, where that is not the one of the journal.
    pub reference: Option<String>,
    /// Value by key of the dimension.
    pub dimensions: BTreeMap<String, String>,
    /// The tax code that it counts for.
    pub tax_code: Option<String>,
    /// What the tax is of, debit positive.
    pub tax_base: Option<Decimal>,
    /// The open item that it settles.
    pub settles: Option<ItemId>,
    /// A note.
    pub memo: Option<String>,
    /// Whether the ledger added it.
    pub automatic: bool,
}

impl NewLine {
    /// A line of an account and an amount, and nothing else.
    pub fn new(account: AccountId, amount: LineAmount) -> Self {
        Self {
            account,
            amount,
            base: None,
            rate: None,
            party: None,
            due_on: None,
            reference: None,
            dimensions: BTreeMap::new(),
            tax_code: None,
            tax_base: None,
            settles: None,
            memo: None,
            automatic: false,
        }
    }
}

impl NewLine {
    /// A line that only moves base currency: of no amount in its own, and worth this, debit positive.
    pub fn adjusting(account: AccountId, currency: Currency, base: Decimal) -> Self {
        Self {
            base: Some(base),
            rate: Some(Decimal::ONE),
            automatic: true,
            ..Self::new(account, LineAmount::from_signed(Money::zero(currency)))
        }
    }
}

impl Line {
    /// What it is worth in base currency, debit positive; `None` where that is nothing, or not known yet.
    pub fn base(&self) -> Option<Decimal> {
        self.base_debit.or(self.base_credit.map(|base| -base))
    }

    /// The line that a draft is posted with.
    pub fn to_new(&self) -> NewLine {
        NewLine {
            account: self.account_id,
            amount: self.amount,
            base: self.base(),
            rate: self.rate,
            party: self.party,
            due_on: self.due_on,
            reference: None,
            dimensions: self.dimensions.clone(),
            tax_code: self.tax_code.clone(),
            tax_base: self.tax_base,
            settles: self.settles,
            memo: self.memo.clone(),
            automatic: self.automatic,
        }
    }

    /// The line that undoes this one: it settles the item that this one made, and what this one settled is open again.
    fn mirrored(&self, made: Option<ItemId>) -> NewLine {
        NewLine {
            amount: self.amount.mirrored(),
            base: self.base().map(|base| -base),
            tax_base: self.tax_base.map(|base| -base),
            settles: made.or(self.settles),
            due_on: None,
            ..self.to_new()
        }
    }
}

impl JournalWithLines {
    /// A journal with these lines, of which budgets have nothing to say.
    pub fn of(journal: Journal, lines: Vec<Line>) -> Self {
        Self { journal, lines, warnings: Vec::new() }
    }

    /// The draft that it is, to be posted.
    pub fn into_new(self) -> NewJournal {
        let lines = self.lines.iter().map(Line::to_new).collect();
        let Journal { id, entity, book, date, payee, narration, reference, rates, .. } = self.journal;
        NewJournal { payee, narration, reference, rates, ..NewJournal::new(id, entity, book, date, lines) }
    }

    /// The journal that undoes this one: the same lines on the other side. `made` has the open items that its lines made, by
    /// position.
    pub fn mirrored(
        &self,
        id: JournalId,
        date: NaiveDate,
        narration: Option<String>,
        made: &BTreeMap<i32, ItemId>,
    ) -> NewJournal {
        let default_narration =
            || format!("Reversal of {}", self.journal.number.as_deref().unwrap_or_default());
        NewJournal {
            id,
            entity: self.journal.entity,
            book: self.journal.book,
            date,
            payee: self.journal.payee.clone(),
            narration: narration.or_else(|| Some(default_narration())),
            reference: self.journal.reference.clone(),
            rates: self.journal.rates.clone(),
            reverses: Some(self.journal.id),
            import: None,
            source: None,
            lines: self.lines.iter().map(|line| line.mirrored(made.get(&line.position).copied())).collect(),
        }
    }
}
