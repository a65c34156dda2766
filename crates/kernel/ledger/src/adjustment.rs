//! Journals that move base currency alone: what something in another currency is worth has changed.

use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{AccountRef, Book, Source};

/// Part of an adjustment: no amount in its currency, and what it adds to the account in base currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustmentLine {
    /// The account.
    pub account: AccountRef,
    /// The currency of what has changed its worth.
    pub currency: Currency,
    /// What is added in base currency, debit positive.
    pub base: Decimal,
    /// Whose item it is.
    pub party: Option<Uuid>,
    /// A note, such as the document that it is about.
    pub memo: Option<String>,
}

/// An adjustment. Its lines balance in base currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Code of the legal entity.
    pub entity: String,
    /// The book: [`Book::Exchange`] for what rates change.
    pub book: Book,
    /// The day.
    pub date: NaiveDate,
    /// What it is of: it is made once.
    pub source: Source,
    /// What it is about.
    pub narration: Option<String>,
    /// The lines.
    pub lines: Vec<AdjustmentLine>,
    /// Whether it may enter a period that is soft-closed.
    pub into_soft_closed: bool,
}
