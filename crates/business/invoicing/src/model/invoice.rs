//! Invoices and notes: `draft` → `posted` → `part_paid` → `paid`, or `cancelled` by a note over all of it.

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::tax::{Part, RoundingPlace};

/// How many lines a document has.
pub(crate) const LINES: std::ops::RangeInclusive<usize> = 1..=1000;
/// How many tax codes a line has.
pub(crate) const MOST_CODES: usize = 10;

/// Id of an invoice or a note.
pub(crate) type InvoiceId = Id<Invoice>;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::Kind)]
pub(crate) enum Kind {
    /// What a customer owes.
    Sale,
    /// What is owed to a supplier.
    Purchase,
    /// What a customer owes less.
    CreditNote,
    /// What is owed less to a supplier.
    DebitNote,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Sale, Self::Purchase, Self::CreditNote, Self::DebitNote];

    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Purchase => "purchase",
            Self::CreditNote => "credit_note",
            Self::DebitNote => "debit_note",
        }
    }

    /// The kind with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whose account it is on.
    pub(crate) const fn side(self) -> Side {
        match self {
            Self::Sale | Self::CreditNote => Side::Receivable,
            Self::Purchase | Self::DebitNote => Side::Payable,
        }
    }

    /// Whether the control account is debited.
    pub(crate) const fn is_debit(self) -> bool {
        matches!(self, Self::Sale | Self::DebitNote)
    }

    /// What a note of this kind corrects; none for an invoice.
    pub(crate) const fn corrects(self) -> Option<Self> {
        match self {
            Self::CreditNote => Some(Self::Sale),
            Self::DebitNote => Some(Self::Purchase),
            Self::Sale | Self::Purchase => None,
        }
    }

    /// The kind of the note that corrects it; none for a note.
    pub(crate) const fn note(self) -> Option<Self> {
        match self {
            Self::Sale => Some(Self::CreditNote),
            Self::Purchase => Some(Self::DebitNote),
            Self::CreditNote | Self::DebitNote => None,
        }
    }
}

/// The two control accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::Side)]
pub(crate) enum Side {
    /// What customers owe.
    Receivable,
    /// What is owed to suppliers.
    Payable,
}

impl Side {
    /// The word stored for it, and the role of its account.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Payable => "payable",
        }
    }

    /// The side with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Receivable, Self::Payable].into_iter().find(|side| side.as_str() == word)
    }
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::InvoiceState)]
pub(crate) enum InvoiceState {
    /// It may still change, and nobody owes anything.
    Draft,
    /// All of it is open.
    Posted,
    /// A part of it is open.
    PartPaid,
    /// Nothing of it is open.
    Paid,
    /// A note over all of it settled it.
    Cancelled,
}

impl InvoiceState {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Posted => "posted",
            Self::PartPaid => "part_paid",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Posted, Self::PartPaid, Self::Paid, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// The state of a posted document, by what is open of it and how much of it notes took back.
    pub(crate) fn of(gross: Decimal, open: Decimal, credited: Decimal) -> Self {
        if open.is_zero() {
            if credited == gross { Self::Cancelled } else { Self::Paid }
        } else if open == gross {
            Self::Posted
        } else {
            Self::PartPaid
        }
    }
}

/// Who a document is with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::PartyName)]
pub(crate) struct PartyName {
    /// Id.
    pub(crate) id: Uuid,
    /// Name, as it is written on the document.
    pub(crate) name: String,
}

/// An invoice or a note, without its lines.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::Invoice)]
pub(crate) struct Invoice {
    /// Id.
    pub(crate) id: InvoiceId,
    /// What it is.
    pub(crate) kind: Kind,
    /// Number, gapless within kind, legal entity and year; a draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "INV-2025-000042")]
    pub(crate) number: Option<String>,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// Who it is with.
    pub(crate) party: PartyName,
    /// The number that the supplier gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supplier_number: Option<String>,
    /// The invoice that a note corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) corrects: Option<InvoiceId>,
    /// Whether a note settles what it corrects when it is posted.
    pub(crate) offsets: bool,
    /// Currency of its amounts.
    pub(crate) currency: Currency,
    /// Units of base currency for one of its currency: stated, or of its day; a draft may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) rate: Option<Decimal>,
    /// Code of the terms of payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) terms: Option<String>,
    /// Where its taxes are rounded.
    pub(crate) rounding: RoundingPlace,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
    /// Without taxes.
    #[schema(value_type = String, example = "100.00")]
    pub(crate) net: Decimal,
    /// What is paid.
    #[schema(value_type = String, example = "119.00")]
    pub(crate) gross: Decimal,
    /// What is open of that, once it is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "119.00")]
    pub(crate) open: Option<Decimal>,
    /// How much of it notes took back.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) credited: Decimal,
    /// When the last of it falls due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_on: Option<NaiveDate>,
    /// The last day for paying less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discount_until: Option<NaiveDate>,
    /// How much less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) discount_amount: Option<Decimal>,
    /// Where it stands.
    pub(crate) state: InvoiceState,
    /// Number of its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<String>,
    /// When it was posted (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_at: Option<DateTime<Utc>>,
    /// Who posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_by: Option<String>,
    /// When it was written down (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who wrote it down.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::InvoiceLine)]
pub(crate) struct Line {
    /// Code of the account; where it is left out, the role decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// The part that the account plays, such as `revenue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// What the rules for the account may look at, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) facts: BTreeMap<String, String>,
    /// What was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// How much of it.
    #[schema(value_type = String, example = "3")]
    pub(crate) quantity: Decimal,
    /// Price of one.
    #[schema(value_type = String, example = "65.53")]
    pub(crate) unit_price: Decimal,
    /// Percent taken off.
    #[schema(value_type = String, example = "12.5")]
    pub(crate) discount_percent: Decimal,
    /// Quantity times price less discount.
    #[schema(value_type = String, example = "172.02")]
    pub(crate) amount: Decimal,
    /// Its tax codes; groups stand for their members.
    pub(crate) tax_codes: Vec<String>,
    /// What it is about beside its account: value by key of the dimension.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// A tax of a document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::InvoiceTax)]
pub(crate) struct TaxLine {
    /// Code.
    pub(crate) code: String,
    /// What becomes of it.
    pub(crate) part: Part,
    /// What it is of.
    #[schema(value_type = String)]
    pub(crate) base: Decimal,
    /// The tax.
    #[schema(value_type = String)]
    pub(crate) tax: Decimal,
    /// The part of it that is not deducted.
    #[schema(value_type = String)]
    pub(crate) non_recoverable: Decimal,
}

/// A part of a document that falls due, and the open item of the ledger that it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::InvoiceItem)]
pub(crate) struct ItemLine {
    /// Id of the open item; none before the document is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Uuid>,
    /// When it falls due.
    pub(crate) due_on: NaiveDate,
    /// How much.
    #[schema(value_type = String)]
    pub(crate) amount: Decimal,
    /// How much of it is open.
    #[schema(value_type = String)]
    pub(crate) open: Decimal,
}

/// A document with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::InvoiceWithLines)]
pub(crate) struct InvoiceWithLines {
    /// The document.
    #[serde(flatten)]
    pub(crate) invoice: Invoice,
    /// Its lines, in the order in which they were written.
    pub(crate) lines: Vec<Line>,
    /// Its taxes: as computed for a draft, as posted else.
    pub(crate) taxes: Vec<TaxLine>,
    /// What falls due when.
    pub(crate) open_items: Vec<ItemLine>,
}
