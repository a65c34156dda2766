//! What a budget has left for something.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_ledger::{Day, Spending};
use athyper_kernel_types::{Currency, Text};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_commitment::spending;
use crate::error::{Error, problem};
use crate::model::money;
use crate::port::availability;

/// For what. Either an account or a line.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetAvailability {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// The day that it would be spent on.
    #[param(value_type = String, format = Date, example = "2026-03-15")]
    date: Day,
    /// Code of the account.
    #[param(value_type = Option<String>, max_length = 255, example = "6100")]
    account: Option<Text<1, 255>>,
    /// A value of a dimension: `key:value`.
    #[param(example = "costCentre:CC-100")]
    dimension: Option<String>,
    /// Key of the line.
    #[param(value_type = Option<String>, max_length = 64)]
    line: Option<Text<1, 64>>,
    /// How much, in base currency; nothing where it is left out.
    #[param(value_type = Option<String>, max_length = 31, example = "500.00")]
    amount: Option<Text<1, 31>>,
}

/// What is left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Availability)]
pub(crate) struct AvailabilityBody {
    /// Currency of the amounts.
    currency: Currency,
    /// What may still be spent, with what is tolerated: below zero where too much was; left out where nothing limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "750.00")]
    available: Option<Decimal>,
    /// Whether the amount would be refused.
    is_refused: bool,
    /// What a line that warns would say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Get what is left
///
/// For an account or a line, on a day, over the line of the active budget and all above it. It holds nothing: set an amount aside to
/// be sure of it.
#[utoipa::path(
    get,
    path = "/v1/budgeting/availability",
    operation_id = "budgeting.get_availability",
    tag = "budgeting",
    params(GetAvailability),
    responses(
        (
            status = 200,
            description = "What is left",
            body = AvailabilityBody,
            example = json!({"currency": "EUR", "available": "750.00", "isRefused": false})
        ),
        (status = 404, description = "No such legal entity", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "Neither or both of account and line are named, or it is not clear what is meant",
            body = athyper_kernel_http::ProblemBody, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn get_availability(
    State(deps): State<Deps>,
    Report(mut read): Report<GetAvailability>,
) -> Result<Reply, ProblemResponse> {
    let query = &read.query;
    let mut dimensions = BTreeMap::new();
    if let Some(named) = &query.dimension {
        let (key, value) = named.split_once(':').ok_or_else(|| {
            let message = "write a value of a dimension as key:value";
            Error::InvalidLines(vec![FieldError::new("?dimension", "invalid_dimension", message)])
        })?;
        dimensions.insert(key.to_owned(), value.to_owned());
    }
    let wanted: Spending = spending(query.account.as_ref(), &dimensions, query.line.as_ref())?;
    let entity = deps.office.ledger.entity(&mut read.tx, query.entity.as_deref()).await?;
    let currency = entity.base_currency;
    let amount = match &query.amount {
        Some(amount) => money::parse_positive(amount.as_str(), currency).map_err(Error::InvalidAmount)?,
        None => Decimal::ZERO,
    };
    let date = query.date.date();
    let found = availability(&mut read.tx, &deps.office, Some(&entity.code), date, &wanted, amount).await;
    let found = found.map_err(problem)?;
    Ok(Reply::ok(&AvailabilityBody {
        currency,
        available: found.available.map(|amount| money::stored(amount, currency)),
        is_refused: found.is_refused,
        warnings: found.warnings,
    })?)
}
