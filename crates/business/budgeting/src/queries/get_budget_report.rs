//! Budget against actual and committed, by line and month.

use std::collections::BTreeSet;

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::Currency;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::model::budget::{Budget, BudgetId};
use crate::model::figures::{Figures, Sheet, sum};
use crate::model::line::{Accounts, Line, LineId};
use crate::model::money;
use crate::model::plan::{Plan, months_of_year};
use crate::queries::{Format, csv_file};
use crate::spending;
use crate::store::budgets;

/// Most accounts of a line that are linked to.
const MOST_LINKS: usize = 50;

/// Of which budget, and in which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetBudgetReport {
    /// Id of the budget.
    #[param(value_type = String, format = Uuid)]
    budget: BudgetId,
    /// `json` or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// A budget against what was spent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::BudgetReport)]
pub(crate) struct BudgetReport {
    /// Id of the budget.
    budget: uuid::Uuid,
    /// Code of the legal entity.
    entity: String,
    /// First day of the fiscal year.
    first_day: NaiveDate,
    /// Last day of the fiscal year.
    last_day: NaiveDate,
    /// Currency of the amounts.
    currency: Currency,
    /// The lines, in their order. A line that holds others has what these have and use.
    lines: Vec<ReportLine>,
}

/// A line over the year and by month.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::ReportLine)]
pub(crate) struct ReportLine {
    /// Key.
    key: String,
    /// What it is called.
    label: String,
    /// Key of the line above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// The year.
    year: ReportFigures,
    /// The months of the year.
    months: Vec<ReportMonth>,
    /// The ledgers of its accounts, where what was spent can be read line by line: at most 50 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ledgers: Vec<String>,
}

/// A month of a line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::ReportMonth)]
pub(crate) struct ReportMonth {
    /// First day of the month.
    month: NaiveDate,
    /// Its figures.
    #[serde(flatten)]
    figures: ReportFigures,
}

/// What a line has, and what is set aside and spent of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::ReportFigures)]
pub(crate) struct ReportFigures {
    /// What was approved, with all transfers.
    #[schema(value_type = String, example = "1000.00")]
    budget: Decimal,
    /// What was posted.
    #[schema(value_type = String, example = "450.00")]
    actual: Decimal,
    /// What is reserved.
    #[schema(value_type = String, example = "0.00")]
    reserved: Decimal,
    /// What is committed.
    #[schema(value_type = String, example = "300.00")]
    committed: Decimal,
    /// What was consumed and the ledger does not show.
    #[schema(value_type = String, example = "0.00")]
    consumed: Decimal,
    /// What is left.
    #[schema(value_type = String, example = "250.00")]
    available: Decimal,
}

/// Get a budget against actual and committed
///
/// By line, for the year and each month, with what transfers made of the budget. `ledgers` are the addresses where the postings
/// are. Journals that close the year do not count.
#[utoipa::path(
    get,
    path = "/v1/budgeting/reports/budget",
    operation_id = "budgeting.get_budget_report",
    tag = "budgeting",
    params(GetBudgetReport),
    responses(
        (
            status = 200,
            description = "The report",
            content(
                (BudgetReport = "application/json", example = json!({"budget": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                    "firstDay": "2026-01-01", "lastDay": "2026-12-31", "currency": "EUR", "lines": [
                        {"key": "advertising", "label": "Advertising", "year": {"budget": "1000.00", "actual": "450.00",
                            "reserved": "0.00", "committed": "300.00", "consumed": "0.00", "available": "250.00"}, "months": [],
                            "ledgers": ["/v1/finance/reports/account-ledger?entity=main&account=6100&from=2026-01-01&to=2026-12-31"]}]})),
                (String = "text/csv", example = "line,label,parent,month,budget,actual,reserved,committed,consumed,available\r\n")
            )
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_budget_report(
    State(deps): State<Deps>,
    Report(mut read): Report<GetBudgetReport>,
) -> Result<Response, ProblemResponse> {
    let (caller, id) = (read.caller().clone(), read.query.budget);
    deps.records.check_on(&mut read.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    let budget = budgets::find(&mut read.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let report = execute(&mut read.tx, &deps, &budget).await.map_err(problem)?;
    match read.query.format {
        Format::Json => Ok(Reply::ok(&report)?.into_response()),
        Format::Csv => Ok(csv_file("attachment; filename=\"budget.csv\"", &rows(&report))),
    }
}

pub(crate) async fn execute(tx: &mut ReadTx, deps: &Deps, budget: &Budget) -> Result<BudgetReport, Error> {
    let plan = budget.plan();
    let entity = deps.office.ledger.entity(tx, Some(&budget.entity)).await?;
    let all: BTreeSet<LineId> = plan.lines.iter().map(|line| line.id).collect();
    let sheet = spending::sheet(tx, &*deps.office.turnovers, &entity, &plan, &all).await?;
    let selecting: Vec<&Line> = plan.lines.iter().filter(|line| line.accounts.is_some()).collect();
    let sets: Vec<_> =
        selecting.iter().filter_map(|line| line.accounts.as_ref().map(Accounts::set)).collect();
    let members = deps.office.turnovers.members(tx, &sets.iter().collect::<Vec<_>>()).await?;
    let links = |line: &Line| {
        let found = selecting.iter().zip(&members).find(|(of, _)| of.id == line.id);
        found.map(|(_, codes)| links(budget, codes)).unwrap_or_default()
    };
    let lines = plan.lines.iter().map(|line| report_line(&plan, &sheet, line, links(line))).collect();
    Ok(BudgetReport {
        budget: budget.id.uuid(),
        entity: budget.entity.clone(),
        first_day: budget.first_day,
        last_day: budget.last_day,
        currency: budget.currency,
        lines,
    })
}

fn report_line(plan: &Plan, sheet: &Sheet, line: &Line, ledgers: Vec<String>) -> ReportLine {
    let below = plan.subtree(line.id);
    let months = months_of_year(plan.first_day);
    let of_month = |month: &NaiveDate| ReportMonth {
        month: *month,
        figures: figures(plan, &sum(sheet, &below, Some(*month))),
    };
    ReportLine {
        key: line.key.clone(),
        label: line.label.clone(),
        parent: line.parent.clone(),
        year: figures(plan, &sum(sheet, &below, None)),
        months: months.iter().map(of_month).collect(),
        ledgers,
    }
}

fn figures(plan: &Plan, of: &Figures) -> ReportFigures {
    let stored = |amount| money::stored(amount, plan.currency);
    ReportFigures {
        budget: stored(of.budget),
        actual: stored(of.actual),
        reserved: stored(of.reserved),
        committed: stored(of.committed),
        consumed: stored(of.consumed),
        available: stored(of.available()),
    }
}

/// The addresses of the ledgers of accounts over the year.
fn links(budget: &Budget, codes: &[String]) -> Vec<String> {
    let link = |code: &String| {
        format!(
            "/v1/finance/reports/account-ledger?entity={}&account={}&from={}&to={}",
            encoded(&budget.entity),
            encoded(code),
            budget.first_day,
            budget.last_day
        )
    };
    codes.iter().take(MOST_LINKS).map(link).collect()
}

/// A text in a query (RFC 3986, section 2): all but unreserved characters in their percent form.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            written.push(char::from(byte));
        } else {
            written.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    written
}

/// A digit from 0 to 15.
fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The report as rows of a file: one for each line and month, and one for each line and the year, whose month is empty.
fn rows(report: &BudgetReport) -> Vec<Vec<String>> {
    let names = [
        "line",
        "label",
        "parent",
        "month",
        "budget",
        "actual",
        "reserved",
        "committed",
        "consumed",
        "available",
    ];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    let row = |line: &ReportLine, month: String, of: &ReportFigures| {
        let named = [line.key.clone(), line.label.clone(), line.parent.clone().unwrap_or_default(), month];
        let amounts = [of.budget, of.actual, of.reserved, of.committed, of.consumed, of.available];
        named.into_iter().chain(amounts.iter().map(ToString::to_string)).collect::<Vec<_>>()
    };
    for line in &report.lines {
        for month in &line.months {
            rows.push(row(line, month.month.format("%Y-%m").to_string(), &month.figures));
        }
        rows.push(row(line, String::new(), &line.year));
    }
    rows
}
