//! How a row of `banking.statement_line` becomes a line.

use athyper_kernel_db::DbError;
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::model::line::{Line, LineState};
use crate::model::money;

/// A row with all that a line says.
#[derive(sqlx::FromRow)]
pub(super) struct LineRow {
    id: Uuid,
    account_id: Uuid,
    statement_id: Uuid,
    line_no: i32,
    booked_on: NaiveDate,
    value_on: Option<NaiveDate>,
    amount: Decimal,
    currency: String,
    is_reversal: bool,
    name: Option<String>,
    account: Option<String>,
    bank: Option<String>,
    purpose: Option<String>,
    end_to_end: Option<String>,
    creditor_reference: Option<String>,
    mandate: Option<String>,
    bank_reference: Option<String>,
    customer_reference: Option<String>,
    code: Option<String>,
    state: String,
    matched: Option<Value>,
    suggestions: Value,
    posting_no: i32,
    journal_id: Option<Uuid>,
    journal_number: Option<String>,
    posted_at: Option<DateTime<Utc>>,
    posted_by: Option<String>,
    ignored_because: Option<String>,
    version: i64,
}

impl TryFrom<LineRow> for Line {
    type Error = DbError;

    fn try_from(row: LineRow) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of statement line {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            account: Id::from_uuid(row.account_id),
            statement: Id::from_uuid(row.statement_id),
            position: row.line_no,
            booked_on: row.booked_on,
            value_on: row.value_on,
            amount: money::stored(row.amount, currency),
            currency,
            is_reversal: row.is_reversal,
            name: row.name,
            counterparty: row.account,
            bank: row.bank,
            purpose: row.purpose,
            end_to_end: row.end_to_end,
            creditor_reference: row.creditor_reference,
            mandate: row.mandate,
            bank_reference: row.bank_reference,
            customer_reference: row.customer_reference,
            code: row.code,
            state: LineState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            matched: row.matched.map(serde_json::from_value).transpose().map_err(|_| corrupt("match"))?,
            suggestions: serde_json::from_value(row.suggestions).map_err(|_| corrupt("suggestions"))?,
            posting_no: row.posting_no,
            journal: row.journal_id,
            journal_number: row.journal_number,
            posted_at: row.posted_at,
            posted_by: row.posted_by,
            ignored_because: row.ignored_because,
            version: row.version,
        })
    }
}
