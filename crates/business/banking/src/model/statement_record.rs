//! Statements as they are kept.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::bank_account::BankAccountId;

/// Id of a statement.
pub(crate) type StatementId = Id<StatementRecord>;

/// A statement that was imported.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::Statement)]
pub(crate) struct StatementRecord {
    /// Id.
    pub(crate) id: StatementId,
    /// The bank account.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) account: BankAccountId,
    /// The bank's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// The format of the file.
    pub(crate) format: String,
    /// SHA-256 digest of the file, in hexadecimal.
    pub(crate) sha256: String,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// First day on which something was booked.
    pub(crate) first_day: Option<NaiveDate>,
    /// Last such day.
    pub(crate) last_day: Option<NaiveDate>,
    /// Balance before the first line.
    #[schema(value_type = Option<String>)]
    pub(crate) opening: Option<Decimal>,
    /// The day of that balance.
    pub(crate) opening_on: Option<NaiveDate>,
    /// Balance after the last line.
    #[schema(value_type = Option<String>)]
    pub(crate) closing: Option<Decimal>,
    /// The day of that balance.
    pub(crate) closing_on: Option<NaiveDate>,
    /// How many lines it has.
    pub(crate) lines: i32,
    /// How many of them were there already.
    pub(crate) known_lines: i32,
    /// What is missing between the statement before it and this one: positive for money that came in unseen.
    #[schema(value_type = Option<String>)]
    pub(crate) gap: Option<Decimal>,
    /// When it was imported (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who imported it.
    pub(crate) created_by: String,
    /// Version.
    pub(crate) version: i64,
}
