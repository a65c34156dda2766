//! Runs of payments: `draft` → `approved` by a second person → `exported` to the bank → `executed`, or `cancelled`.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bank_account::BankAccountId;
use athyper_kernel_bank_files::payments::{Bic, CreditorReference, Iban};

/// Most payments of a run.
pub(crate) const MOST_PAYMENTS: usize = 1000;

/// Id of a run.
pub(crate) type PaymentRunId = Id<PaymentRun>;

/// A run with its payments.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::PaymentRun)]
pub(crate) struct PaymentRun {
    /// Id.
    pub(crate) id: PaymentRunId,
    /// Number, also the name of the message to the bank.
    #[schema(example = "PAY-2024-000001")]
    pub(crate) number: String,
    /// The bank account that pays.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) account: BankAccountId,
    /// The day of execution.
    pub(crate) execution_on: NaiveDate,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// What all payments sum up to.
    #[schema(value_type = String, example = "1190.00")]
    pub(crate) total: Decimal,
    /// Where it stands.
    pub(crate) state: PaymentRunState,
    /// When it was approved (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved_at: Option<DateTime<Utc>>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved_by: Option<String>,
    /// When its file was made (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exported_at: Option<DateTime<Utc>>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exported_by: Option<String>,
    /// When it was drawn up (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who drew it up.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// Its payments.
    pub(crate) payments: Vec<Payment>,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::Payment)]
pub(crate) struct Payment {
    /// Its place, from 1.
    pub(crate) line_no: i32,
    /// Who is paid.
    pub(crate) name: String,
    /// Their account.
    #[schema(value_type = String)]
    pub(crate) iban: Iban,
    /// Its bank.
    #[schema(value_type = Option<String>)]
    pub(crate) bic: Option<Bic>,
    /// How much, positive.
    #[schema(value_type = String)]
    pub(crate) amount: Decimal,
    /// What comes back in statements.
    pub(crate) end_to_end: String,
    /// What it is for, in words.
    pub(crate) remittance: Option<String>,
    /// What it is for, as the creditor's reference.
    #[schema(value_type = Option<String>)]
    pub(crate) creditor_reference: Option<CreditorReference>,
    /// Whose it is.
    pub(crate) party: Option<Uuid>,
    /// The open item that it pays.
    pub(crate) item: Option<Uuid>,
    /// The line of a statement by which the bank booked it.
    pub(crate) settled_by: Option<Uuid>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::PaymentRunState)]
pub(crate) enum PaymentRunState {
    /// Drawn up.
    Draft,
    /// A second person has seen it.
    Approved,
    /// Its file was made.
    Exported,
    /// The bank has booked all of it.
    Executed,
    /// Nothing of it is paid.
    Cancelled,
}

impl PaymentRunState {
    /// All of them.
    const ALL: [Self; 5] = [Self::Draft, Self::Approved, Self::Exported, Self::Executed, Self::Cancelled];

    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Exported => "exported",
            Self::Executed => "executed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
