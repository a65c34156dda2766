//! Open items, and how one settles another.

use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Marker of the ids of open items.
#[derive(Clone, Copy, Debug)]
pub enum Item {}

/// Id of an open item.
pub type ItemId = Id<Item>;

/// A line on a control account as far as nothing settles it. Amounts are positive for what is owed to the legal entity
/// (debit), negative for what it owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Its id.
    pub id: ItemId,
    /// Code of the control account.
    pub account: String,
    /// Who owes or is owed.
    pub party: Uuid,
    /// The day of its journal.
    pub date: NaiveDate,
    /// When it falls due.
    pub due_on: Option<NaiveDate>,
    /// Reference of its journal: the number of the document.
    pub reference: Option<String>,
    /// Currency of the amounts.
    pub currency: Currency,
    /// What it was made with.
    pub amount: Decimal,
    /// What is open of it.
    pub open: Decimal,
    /// What that is carried at, in base currency, before any revaluation.
    pub open_base: Decimal,
}

/// Which open items are asked for. What is `None` or empty does not restrict them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItems {
    /// Of this party.
    pub party: Option<Uuid>,
    /// On the control account with this code.
    pub account: Option<String>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// What is open of them is one of these amounts, debit positive.
    pub open: Vec<Decimal>,
    /// Their reference is one of these.
    pub references: Vec<String>,
    /// They come after this one, by id.
    pub after: Option<ItemId>,
    /// At most so many.
    pub limit: u32,
}

impl OpenItems {
    /// Open items of whoever, at most so many.
    #[must_use]
    pub fn up_to(limit: u32) -> Self {
        Self {
            party: None,
            account: None,
            currency: None,
            open: Vec::new(),
            references: Vec::new(),
            after: None,
            limit,
        }
    }
}

/// One open item against another of the same party, account and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The debit item.
    pub debit: ItemId,
    /// The credit item.
    pub credit: ItemId,
    /// How much of each, positive, in their currency.
    pub amount: Decimal,
    /// The day of the difference of exchange, if there is one.
    pub date: NaiveDate,
    /// Whether that may enter a period that is soft-closed.
    pub into_soft_closed: bool,
}

/// What came of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// Id of the allocation.
    pub id: Uuid,
    /// What is left open of the debit item.
    pub debit_open: Decimal,
    /// What is left open of the credit item, positive.
    pub credit_open: Decimal,
    /// The realised difference in base currency: positive for a loss.
    pub difference: Decimal,
}
