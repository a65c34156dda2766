//! Two budgets, line by line.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::Currency;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::model::budget::{Budget, BudgetId};
use crate::model::figures::sum;
use crate::model::money;
use crate::queries::{Format, csv_file};
use crate::store::{budgets, figures};

/// Which two, and in which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareBudgets {
    /// Id of the budget.
    #[param(value_type = String, format = Uuid)]
    budget: BudgetId,
    /// Id of the other budget: another revision, or another year.
    #[param(value_type = String, format = Uuid)]
    with: BudgetId,
    /// `json` or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Two budgets side by side.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Comparison)]
pub(crate) struct Comparison {
    /// Id of the budget.
    budget: uuid::Uuid,
    /// Id of the other one.
    with: uuid::Uuid,
    /// Currency of the amounts.
    currency: Currency,
    /// Their lines, by key.
    lines: Vec<ComparedLine>,
}

/// A line in both, as it is with all transfers; nothing where there is none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::ComparedLine)]
pub(crate) struct ComparedLine {
    /// Key.
    key: String,
    /// What it is called.
    label: String,
    /// Its amount of the year.
    #[schema(value_type = String, example = "12000.00")]
    amount: Decimal,
    /// Its amount of the year in the other.
    #[schema(value_type = String, example = "10000.00")]
    other: Decimal,
    /// By how much the first is above the other.
    #[schema(value_type = String, example = "2000.00")]
    difference: Decimal,
}

/// Compare two budgets
///
/// Revisions of a year, or years, by the keys of their lines: each line by itself, without those below it.
#[utoipa::path(
    get,
    path = "/v1/budgeting/reports/comparison",
    operation_id = "budgeting.compare_budgets",
    tag = "budgeting",
    params(CompareBudgets),
    responses(
        (
            status = 200,
            description = "The comparison",
            content(
                (Comparison = "application/json", example = json!({"budget": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                    "with": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "currency": "EUR", "lines": [{"key": "advertising",
                        "label": "Advertising", "amount": "12000.00", "other": "10000.00", "difference": "2000.00"}]})),
                (String = "text/csv", example = "line,label,amount,other,difference\r\n")
            )
        ),
        (status = 422, description = "They are in different currencies", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn compare_budgets(
    State(deps): State<Deps>,
    Report(mut read): Report<CompareBudgets>,
) -> Result<Response, ProblemResponse> {
    let (caller, id, with) = (read.caller().clone(), read.query.budget, read.query.with);
    for id in [id, with] {
        deps.records.check_on(&mut read.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    }
    let one = budgets::find(&mut read.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let other = budgets::find(&mut read.tx, with).await?.ok_or(Error::BudgetNotFound)?;
    let comparison = execute(&mut read.tx, &one, &other).await.map_err(problem)?;
    match read.query.format {
        Format::Json => Ok(Reply::ok(&comparison)?.into_response()),
        Format::Csv => Ok(csv_file("attachment; filename=\"comparison.csv\"", &rows(&comparison))),
    }
}

pub(crate) async fn execute(tx: &mut ReadTx, one: &Budget, other: &Budget) -> Result<Comparison, Error> {
    if one.currency != other.currency {
        return Err(Error::OtherCurrency);
    }
    let mut lines: BTreeMap<String, ComparedLine> = BTreeMap::new();
    for (budget, is_first) in [(one, true), (other, false)] {
        let ids: Vec<_> = budget.lines.iter().map(|line| line.line.id).collect();
        let sheet = figures::of_lines(tx, &ids).await?;
        for line in &budget.lines {
            let amount = sum(&sheet, &BTreeSet::from([line.line.id]), None).budget;
            let amount = money::stored(amount, one.currency);
            let zero = money::stored(Decimal::ZERO, one.currency);
            let found = lines.entry(line.line.key.clone()).or_insert_with(|| ComparedLine {
                key: line.line.key.clone(),
                label: line.line.label.clone(),
                amount: zero,
                other: zero,
                difference: zero,
            });
            if is_first {
                found.amount = amount;
            } else {
                found.other = amount;
            }
            found.difference = found.amount - found.other;
        }
    }
    Ok(Comparison {
        budget: one.id.uuid(),
        with: other.id.uuid(),
        currency: one.currency,
        lines: lines.into_values().collect(),
    })
}

fn rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let names = ["line", "label", "amount", "other", "difference"];
    let row = |line: &ComparedLine| {
        let amounts = [line.amount, line.other, line.difference].map(|amount| amount.to_string());
        [line.key.clone(), line.label.clone()].into_iter().chain(amounts).collect()
    };
    std::iter::once(names.map(str::to_owned).to_vec()).chain(comparison.lines.iter().map(row)).collect()
}
