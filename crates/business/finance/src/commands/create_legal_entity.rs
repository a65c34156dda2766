//! Adds a legal entity.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::Book;
use athyper_kernel_types::{Currency, Id, Money, Name, SeriesPattern};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::legal_entity::LegalEntity;
use crate::model::text::EntityCode;
use crate::store::legal_entities;
use crate::whose_books::ROUNDING_LIMIT;

/// A legal entity to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::CreateLegalEntity)]
pub(crate) struct CreateLegalEntity {
    /// Code: letters, digits, `-` and `_`, unique in the tenant.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", example = "trading")]
    code: EntityCode,
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// The currency that its books are kept in. It never changes.
    base_currency: Currency,
    /// The month in which its fiscal years start. It never changes.
    #[serde(default = "january")]
    #[schema(minimum = 1, maximum = 12, default = 1)]
    fiscal_year_start: u8,
    /// How much may go to the rounding account when a journal is posted, in base currency; one unit where it is left out.
    #[schema(example = "1.00")]
    rounding_limit: Option<String>,
    /// How the numbers of books are written, such as `INV-{YYYY}-{SEQ:5}`; they start again with each fiscal year, whose first year
    /// is `{YYYY}`.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"sales": "S-{YYYY}-{SEQ:5}"}))]
    books: BTreeMap<Book, SeriesPattern>,
}

/// Add a legal entity
///
/// A company, or another body with books of its own: its own currency, fiscal years, periods and numbers. The chart of accounts
/// is the tenant's.
#[utoipa::path(
    post,
    path = "/v1/finance/legal-entities",
    operation_id = "finance.create_legal_entity",
    tag = "finance",
    request_body(
        content = CreateLegalEntity,
        example = json!({"code": "trading", "name": "Trading GmbH", "baseCurrency": "EUR"})
    ),
    responses((status = 201, description = "The legal entity", body = LegalEntity), CreateProblems)
)]
pub(crate) async fn create_legal_entity(
    mut cmd: Command<Json<CreateLegalEntity>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/finance/legal-entities/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &CreateLegalEntity,
) -> Result<Done<LegalEntity>, Error> {
    let entity = LegalEntity {
        id: Id::new(tx.clock()),
        code: input.code.as_str().to_owned(),
        name: input.name.as_str().to_owned(),
        base_currency: input.base_currency,
        fiscal_year_start: check_month(input.fiscal_year_start)?,
        rounding_limit: rounding_limit(input.rounding_limit.as_deref(), input.base_currency)?,
        version: 1,
    };
    input.books.values().try_for_each(check_pattern)?;

    if !legal_entities::insert(tx, &entity).await? {
        return Err(Error::EntityCodeTaken { code: entity.code });
    }
    for (book, pattern) in &input.books {
        legal_entities::set_pattern(tx, entity.id, *book, &pattern.to_string()).await?;
    }

    let event = AuditEvent::info("finance.create_legal_entity")
        .about("finance.legal_entity", entity.id)
        .with("code", entity.code.as_str())
        .with("baseCurrency", entity.base_currency.code())
        .with("fiscalYearStart", entity.fiscal_year_start);
    Ok(Done::new(entity, event))
}

fn january() -> u8 {
    1
}

fn check_month(month: u8) -> Result<u8, Error> {
    if (1..=12).contains(&month) { Ok(month) } else { Err(Error::MonthUnknown) }
}

/// What may go to rounding, as it is written.
pub(crate) fn rounding_limit(text: Option<&str>, currency: Currency) -> Result<Decimal, Error> {
    let Some(text) = text else { return Ok(ROUNDING_LIMIT) };
    match Money::parse_amount(text, currency) {
        Ok(limit) if limit.amount() >= Decimal::ZERO => Ok(limit.amount()),
        Ok(_) => Err(Error::RoundingLimit { message: "the limit is not below zero".to_owned() }),
        Err(error) => Err(Error::RoundingLimit { message: error.to_string() }),
    }
}

/// Numbers start again with each fiscal year: a pattern names the year, and nothing finer.
pub(crate) fn check_pattern(pattern: &SeriesPattern) -> Result<(), Error> {
    let text = pattern.to_string();
    if !text.contains("{YYYY}") && !text.contains("{YY}") {
        let message = format!("{text}: numbers start again with each fiscal year, so write {{YYYY}} in it");
        return Err(Error::PatternUnusable { message });
    }
    if text.contains("{MM}") || text.contains("{DD}") {
        let message = format!("{text}: numbers count within the fiscal year, so leave {{MM}} and {{DD}} out");
        return Err(Error::PatternUnusable { message });
    }
    Ok(())
}
