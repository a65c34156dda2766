//! Writes a budget.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::{BUDGET, FUND};
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetId, BudgetLine, BudgetState, Window};
use crate::model::drafting::{NewLine, overlaps, read_lines};
use crate::model::fund::FundId;
use crate::model::line::{Accounts, Line};
use crate::store::budgets;

/// A budget as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewBudget)]
pub(crate) struct NewBudget {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "main")]
    entity: Option<Text<1, 32>>,
    /// A day of the fiscal year, such as its first.
    date: NaiveDate,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255, example = "Budget 2026")]
    name: Name,
    /// Over which time controls look.
    #[serde(default)]
    control_window: Window,
    /// Id of the fund that pays for it, in the same currency: what it plans to spend must be free there when it is activated.
    #[schema(value_type = Option<String>, format = Uuid)]
    fund: Option<FundId>,
    /// Its lines, at most 500.
    lines: Vec<NewLine>,
}

/// Write a budget
///
/// Of a legal entity and a fiscal year, in its base currency. Each line names accounts, by code, range or all below one, and
/// values of dimensions if it likes; a line without accounts holds others below it, or is a pot of its own. No posting may use two
/// lines. A year's amount is spread over the months to the minor unit. It may name a fund that has to cover what it plans to spend.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets",
    operation_id = "budgeting.create_budget",
    tag = "budgeting",
    request_body(
        content = NewBudget,
        example = json!({"date": "2026-01-01", "name": "Budget 2026", "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "lines": [
            {"key": "marketing", "label": "Marketing", "control": "stop"},
            {"key": "advertising", "parent": "marketing", "accounts": {"code": "6100"}, "amount": "12000.00", "control": "warn",
                "tolerancePercent": "5"},
            {"key": "fairs", "parent": "marketing", "accounts": {"under": "6200"}, "amount": "8000.00",
                "weights": [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]}]})
    ),
    responses((status = 201, description = "The draft", body = Budget), CreateProblems)
)]
pub(crate) async fn create_budget(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewBudget>>,
) -> Result<Reply, ProblemResponse> {
    if let Some(fund) = cmd.body.0.fund {
        let caller = cmd.caller().clone();
        deps.records.check_on(&mut cmd.tx, &caller, (FUND, fund.uuid()), Error::UnknownFund(fund)).await?;
    }
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/budgeting/budgets/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewBudget,
) -> Result<Done<Budget>, Error> {
    let entity = deps.office.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    let (first_day, last_day) = entity.fiscal_year(input.date).ok_or(Error::DayUnknown)?;
    let fund = funding::named(tx, input.fund, entity.base_currency).await?;
    let lines = read(tx, deps, entity.base_currency, &input.lines).await?;

    budgets::take_turn(tx, &entity.code).await?;
    let actor = tx.context().actor().id.clone();
    let budget = Budget {
        id: BudgetId::new(tx.clock()),
        revision: budgets::next_revision(tx, &entity.code, first_day).await?,
        entity: entity.code,
        first_day,
        last_day,
        name: input.name.as_str().to_owned(),
        currency: entity.base_currency,
        control_window: input.control_window,
        fund,
        state: BudgetState::Draft,
        base: None,
        base_version: None,
        written_by: actor.clone(),
        approved_at: None,
        approved_by: None,
        created_at: tx.now(),
        created_by: actor,
        version: 1,
        lines,
    };
    budgets::insert(tx, &budget).await?;

    let event = AuditEvent::info("budgeting.create_budget")
        .about(BUDGET, budget.id)
        .with("entity", budget.entity.as_str())
        .with("firstDay", first_day.to_string())
        .with("revision", budget.revision)
        .with("fund", budget.fund.map(|fund| fund.to_string()))
        .with("lines", budget.lines.len())
        .with("total", budget.total().to_string());
    Ok(Done::new(budget, event))
}

/// Reads lines, and holds them against the chart of accounts, the dimensions and each other.
pub(crate) async fn read(
    tx: &mut TenantTx,
    deps: &Deps,
    currency: athyper_kernel_types::Currency,
    input: &[NewLine],
) -> Result<Vec<BudgetLine>, Error> {
    let lines = read_lines(tx.clock(), currency, input).map_err(Error::InvalidLines)?;
    let selecting: Vec<(usize, &Line)> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| (place, &line.line))
        .filter(|(_, line)| line.accounts.is_some())
        .collect();
    let sets: Vec<_> =
        selecting.iter().filter_map(|(_, line)| line.accounts.as_ref().map(Accounts::set)).collect();
    let members = deps.office.turnovers.members(tx, &sets.iter().collect::<Vec<_>>()).await?;
    let mut errors = Vec::new();
    for ((place, line), codes) in selecting.iter().zip(&members) {
        if codes.is_empty() {
            let named =
                line.accounts.as_ref().map(|accounts| accounts.codes().join(" to ")).unwrap_or_default();
            let message = format!("there is no account {named}");
            errors.push(FieldError::new(format!("/lines/{place}/accounts"), "unknown_account", message));
        }
    }
    let only_lines: Vec<&Line> = selecting.iter().map(|(_, line)| *line).collect();
    for (index, message) in overlaps(&only_lines, &members) {
        let place = selecting.get(index).map_or(0, |(place, _)| *place);
        errors.push(FieldError::new(format!("/lines/{place}/accounts"), "overlapping", message));
    }
    let named: BTreeSet<(&str, &str)> = selecting
        .iter()
        .flat_map(|(_, line)| line.dimensions.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        .collect();
    let named: Vec<_> = named.into_iter().collect();
    for (key, value) in deps.office.turnovers.unknown_values(tx, &named).await? {
        let names = |line: &Line| line.dimensions.get(key).is_some_and(|named| named == value);
        for (place, _) in selecting.iter().filter(|(_, line)| names(line)) {
            let message = format!("there is no value {value} of a dimension {key} that lines may name");
            errors.push(FieldError::new(format!("/lines/{place}/dimensions"), "unknown_value", message));
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(Error::InvalidLines(errors)) }
}
