//! The tax report of a period, from posted documents.

use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_types::Currency;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::store::invoices::in_units;
use crate::store::reports;
use athyper_kernel_ledger::Day;

/// Which tax report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetTaxReport {
    /// The first day.
    #[param(value_type = String, format = Date)]
    from: Day,
    /// The last day.
    #[param(value_type = String, format = Date)]
    to: Day,
    /// Code of the legal entity; may be left out where there is one.
    entity: Option<String>,
}

/// The taxes of a period, in the currency of the books.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::TaxReport)]
pub(crate) struct TaxReport {
    /// Code of the legal entity.
    entity: String,
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// The currency of the books.
    currency: Currency,
    /// The codes, those of sales before those of purchases.
    lines: Vec<TaxReportLine>,
}

/// A tax code over a period. What notes take back counts negative.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::TaxReportLine)]
pub(crate) struct TaxReportLine {
    /// `sales` or `purchases`.
    of: &'static str,
    /// Code.
    code: String,
    /// What becomes of it.
    part: String,
    /// What it is of.
    #[schema(value_type = String, example = "732597.79")]
    base: Decimal,
    /// The tax.
    #[schema(value_type = String, example = "73259.91")]
    tax: Decimal,
    /// How many documents have it.
    documents: i64,
}

/// Get the tax report of a period
///
/// Base and tax of each code in the currency of the books, as posted: the tax is what the ledger has on the accounts of the
/// taxes.
#[utoipa::path(
    get,
    path = "/v1/invoicing/reports/tax",
    operation_id = "invoicing.get_tax_report",
    tag = "invoicing",
    params(GetTaxReport),
    responses(
        (
            status = 200,
            description = "The report",
            body = TaxReport,
            example = json!({"entity": "MAIN", "from": "2025-03-01", "to": "2025-03-31", "currency": "EUR", "lines": [
                {"of": "sales", "code": "S10", "part": "added", "base": "732597.79", "tax": "73259.91", "documents": 88}]})
        ),
        ReportProblems
    )
)]
pub(crate) async fn get_tax_report(
    State(deps): State<Deps>,
    Report(mut read): Report<GetTaxReport>,
) -> Result<Reply, ProblemResponse> {
    let (from, to) = (read.query.from.date(), read.query.to.date());
    check_period(from, to)?;
    let code = read.query.entity.clone();
    let entity = deps.ledger.entity(&mut read.tx, code.as_deref()).await?;
    let sums = reports::taxes(&mut read.tx, &entity.code, (from, to)).await.map_err(Error::from)?;
    let currency = entity.base_currency;
    let line = |sum: reports::TaxSum| TaxReportLine {
        of: if sum.side == "receivable" { "sales" } else { "purchases" },
        code: sum.code,
        part: sum.part,
        base: in_units(sum.base, currency),
        tax: in_units(sum.tax, currency),
        documents: sum.documents,
    };
    let mut lines: Vec<TaxReportLine> = sums.into_iter().map(line).collect();
    lines.sort_by_key(|line| line.of != "sales");
    Ok(Reply::ok(&TaxReport { entity: entity.code, from, to, currency, lines })?)
}

/// A period ends after it begins.
///
/// # Errors
/// 400 where it does not.
pub(crate) fn check_period(from: NaiveDate, to: NaiveDate) -> Result<(), Problem> {
    if from <= to {
        return Ok(());
    }
    let field = FieldError::new("?to", "before_from", "the last day is before the first");
    Err(Problem::new(ProblemKind::Malformed, "request.invalid_query", "a query parameter is wrong")
        .with_fields(vec![field]))
}
