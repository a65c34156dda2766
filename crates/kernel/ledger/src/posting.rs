//! What a document says to post, and what came of it.

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Money};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ItemId;

/// The kind of book that a journal is entered in: it decides the series of the number and the lock that holds it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ledger::Book)]
pub enum Book {
    /// What no other book is for.
    General,
    /// Sales invoices and credit notes to customers.
    Sales,
    /// Purchase invoices and credit notes of suppliers.
    Purchase,
    /// Money in and out.
    Bank,
    /// Balances brought forward into the system.
    Opening,
    /// Differences of exchange: realised, and of a revaluation.
    Exchange,
    /// The close of a year.
    Closing,
}

impl Book {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::General,
        Self::Sales,
        Self::Purchase,
        Self::Bank,
        Self::Opening,
        Self::Exchange,
        Self::Closing,
    ];

    /// The word for it, also in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Sales => "sales",
            Self::Purchase => "purchase",
            Self::Bank => "bank",
            Self::Opening => "opening",
            Self::Exchange => "exchange",
            Self::Closing => "closing",
        }
    }

    /// How its journals are numbered where a legal entity says nothing else; the numbers start again with each fiscal year.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::General => "JE-{YYYY}-{SEQ:6}",
            Self::Sales => "SJ-{YYYY}-{SEQ:6}",
            Self::Purchase => "PJ-{YYYY}-{SEQ:6}",
            Self::Bank => "BJ-{YYYY}-{SEQ:6}",
            Self::Opening => "OB-{YYYY}-{SEQ:6}",
            Self::Exchange => "FX-{YYYY}-{SEQ:6}",
            Self::Closing => "CL-{YYYY}-{SEQ:6}",
        }
    }

    /// The book with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|book| book.as_str() == word)
    }
}

/// The document that is posted: what makes a posting happen once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Key of its entity, such as `invoicing.invoice`.
    pub entity: String,
    /// Its id.
    pub id: Uuid,
    /// Which of its postings it is, such as `post` or `bounce`.
    pub step: String,
}

impl Source {
    /// The source of a document's posting.
    #[must_use]
    pub fn new(entity: &str, id: Uuid, step: &str) -> Self {
        Self { entity: entity.to_owned(), id, step: step.to_owned() }
    }
}

/// Which account a line is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountRef {
    /// The account with this code.
    Code(String),
    /// The account that plays this part, for a line of which these facts are known.
    Role {
        /// The part, such as `receivable`, `output_tax` or `revenue`.
        role: String,
        /// What rules may look at: the party's group, the tax code, the item's group. Sorted by name.
        facts: BTreeMap<String, String>,
    },
}

impl AccountRef {
    /// The account that plays this part, whatever else is known.
    #[must_use]
    pub fn role(role: &str) -> Self {
        Self::Role { role: role.to_owned(), facts: BTreeMap::new() }
    }

    /// The same, with one more fact that rules may look at. A code has none.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Role { facts, .. } = &mut self {
            facts.insert(name.to_owned(), value.to_owned());
        }
        self
    }
}

/// The open item that a line settles, wholly or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settles {
    /// The item.
    pub item: ItemId,
}

/// What a line says for the tax report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxPart {
    /// The tax code.
    pub code: String,
    /// What the tax is of, debit positive, in the line's currency; `None` on a line that is itself part of the base.
    pub base: Option<Decimal>,
}

/// A line to post. A positive amount is a debit, a negative one a credit; none is zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostingLine {
    /// The account.
    pub account: AccountRef,
    /// How much, debit positive.
    pub amount: Money,
    /// How much it is in the base currency, debit positive, where the document says so itself; else the amount at the rate.
    /// A line that settles an item has none: what it is worth is what the item is carried at.
    pub base: Option<Decimal>,
    /// Units of the base currency for one of the line's, where the line has a rate of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// Who owes or is owed: an item stays open on control accounts.
    pub party: Option<Uuid>,
    /// When an open item falls due.
    pub due_on: Option<NaiveDate>,
    /// Number of the document that an open item is of, where that is not the one of the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The open item that it settles.
    pub settles: Option<Settles>,
    /// What it is about beside its account: value by key of the dimension.
    pub dimensions: BTreeMap<String, String>,
    /// What it says for the tax report.
    pub tax: Option<TaxPart>,
    /// A note.
    pub memo: Option<String>,
}

impl PostingLine {
    /// A line of an account and an amount, debit positive, and nothing else.
    #[must_use]
    pub fn new(account: AccountRef, amount: Money) -> Self {
        Self {
            account,
            amount,
            base: None,
            rate: None,
            party: None,
            due_on: None,
            reference: None,
            settles: None,
            dimensions: BTreeMap::new(),
            tax: None,
            memo: None,
        }
    }
}

/// What a document says to post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Posting {
    /// Code of the legal entity whose books these are; `None` where the tenant has one.
    pub entity: Option<String>,
    /// The book.
    pub book: Book,
    /// The day that it belongs to in the books.
    pub date: NaiveDate,
    /// The document.
    pub source: Source,
    /// Number of the document for people, kept as the journal's reference.
    pub reference: Option<String>,
    /// Who was paid, or who paid.
    pub payee: Option<String>,
    /// What it is about.
    pub narration: Option<String>,
    /// Stated rates: units of base currency for one of this; a currency without one is taken at the rate recorded for the day.
    pub rates: BTreeMap<Currency, Decimal>,
    /// The lines.
    pub lines: Vec<PostingLine>,
    /// Whether it may enter a period that is soft-closed.
    pub into_soft_closed: bool,
}

/// A line that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedLine {
    /// Code of the account.
    pub account: String,
    /// The rule that chose the account, where a role did.
    pub rule: Option<String>,
    /// What it is worth in base currency, debit positive.
    pub base: Decimal,
    /// The open item that it made.
    pub item: Option<ItemId>,
}

/// What came of a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Id of the journal.
    pub journal: Uuid,
    /// Its number.
    pub number: String,
    /// Base currency of the legal entity.
    pub base_currency: Currency,
    /// The lines asked for, in their order. Lines for rounding and for differences of exchange follow them in the journal and
    /// are not here.
    pub lines: Vec<PostedLine>,
    /// Whether the journal was there already.
    pub is_repeated: bool,
}
