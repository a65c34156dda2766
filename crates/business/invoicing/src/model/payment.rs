//! Payments: `draft` → `posted` → `matched`, and `bounced`.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invoice::{InvoiceId, ItemLine, PartyName, Side};

/// How many documents a payment settles at most.
pub(crate) const MOST_ALLOCATIONS: usize = 500;

/// Id of a payment.
pub(crate) type PaymentId = Id<Payment>;

/// Where the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::Direction)]
pub(crate) enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

impl Direction {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The direction with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|direction| direction.as_str() == word)
    }

    /// The side that its rest is an advance on, where nobody says it.
    pub(crate) const fn side(self) -> Side {
        match self {
            Self::In => Side::Receivable,
            Self::Out => Side::Payable,
        }
    }

    /// The word of its number series.
    pub(crate) const fn series(self) -> &'static str {
        match self {
            Self::In => "payment_in",
            Self::Out => "payment_out",
        }
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::PaymentState)]
pub(crate) enum PaymentState {
    /// It may still change.
    Draft,
    /// It counts, and a part of it settles nothing yet.
    Posted,
    /// All of it settles something.
    Matched,
    /// It was taken back; what it settled is open again.
    Bounced,
}

impl PaymentState {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Posted => "posted",
            Self::Matched => "matched",
            Self::Bounced => "bounced",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Posted, Self::Matched, Self::Bounced]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::Payment)]
pub(crate) struct Payment {
    /// Id.
    pub(crate) id: PaymentId,
    /// Where the money went.
    pub(crate) direction: Direction,
    /// The control account of what it does not settle yet.
    pub(crate) side: Side,
    /// Number, gapless within direction, legal entity and year; a draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "RCPT-2025-000042")]
    pub(crate) number: Option<String>,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// Who paid, or was paid.
    pub(crate) party: PartyName,
    /// Code of the bank account in the ledger; where it is left out, the role `bank` and the currency decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bank_account: Option<String>,
    /// Currency of its amounts.
    pub(crate) currency: Currency,
    /// How much.
    #[schema(value_type = String, example = "119.00")]
    pub(crate) amount: Decimal,
    /// Units of base currency for one of its currency: stated, or of its day; a draft may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) rate: Option<Decimal>,
    /// How much of it settles nothing yet, once it is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) unallocated: Option<Decimal>,
    /// What the bank or the party calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
    /// Where it stands.
    pub(crate) state: PaymentState,
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

/// What a payment settles of a document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::PaymentAllocation)]
pub(crate) struct PaymentAllocation {
    /// The document.
    pub(crate) invoice: InvoiceId,
    /// How much money for it.
    #[schema(value_type = String)]
    pub(crate) amount: Decimal,
    /// How much beside that is kept for paying early.
    #[schema(value_type = String)]
    pub(crate) discount: Decimal,
    /// How much beside that is written off.
    #[schema(value_type = String)]
    pub(crate) write_off: Decimal,
}

/// A payment with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::PaymentWithAllocations)]
pub(crate) struct PaymentWithAllocations {
    /// The payment.
    #[serde(flatten)]
    pub(crate) payment: Payment,
    /// What it said to settle when it was posted.
    pub(crate) allocations: Vec<PaymentAllocation>,
    /// The open item of what it did not settle.
    pub(crate) open_items: Vec<ItemLine>,
}
