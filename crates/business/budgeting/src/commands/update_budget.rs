//! Rewrites a budget that is a draft.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_budget::read;
use crate::entities::{BUDGET, FUND};
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetState, Window};
use crate::model::drafting::NewLine;
use crate::model::fund::FundId;
use crate::store::{budgets, lines};

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::BudgetChange)]
pub(crate) struct BudgetChange {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Name>,
    /// Over which time controls look.
    control_window: Option<Window>,
    /// Id of the fund that pays for it, in the same currency; null for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>, format = Uuid)]
    fund: Option<Named>,
    /// All its lines anew.
    lines: Option<Vec<NewLine>>,
}

/// What is said of the fund: which one, or that there is none.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Named(Option<FundId>);

/// Tells null, which says that there is none, from what is left out.
fn said<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Named>, D::Error> {
    Named::deserialize(input).map(Some)
}

/// Rewrite a draft
///
/// Lines are replaced as a whole. Whoever does it cannot approve it any more.
#[utoipa::path(
    patch,
    path = "/v1/budgeting/budgets/{id}",
    operation_id = "budgeting.update_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the budget", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = BudgetChange, example = json!({"name": "Budget 2026, second reading"})),
    responses((status = 200, description = "The draft as it is now", body = Budget), ChangeProblems)
)]
pub(crate) async fn update_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<Json<BudgetChange>>,
) -> Result<Reply, ProblemResponse> {
    let budget = budgets::lock(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.require_version(budget.version)?;
    if let Some(Named(Some(fund))) = cmd.body.0.fund {
        deps.records.check_on(&mut cmd.tx, &caller, (FUND, fund.uuid()), Error::UnknownFund(fund)).await?;
    }
    let done = execute(&mut cmd.tx, &deps, budget, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    before: Budget,
    input: &BudgetChange,
) -> Result<Done<Budget>, Error> {
    if before.state != BudgetState::Draft {
        return Err(Error::BudgetState(before.state));
    }
    let mut after = before.clone();
    if let Some(name) = &input.name {
        name.as_str().clone_into(&mut after.name);
    }
    after.control_window = input.control_window.unwrap_or(after.control_window);
    if let Some(Named(fund)) = input.fund {
        after.fund = funding::named(tx, fund, after.currency).await?;
    }
    if let Some(rewritten) = &input.lines {
        after.lines = read(tx, deps, after.currency, rewritten).await?;
        lines::delete(tx, after.id).await?;
        lines::insert(tx, &after).await?;
    }
    after.written_by = tx.context().actor().id.clone();
    budgets::update(tx, &after).await?;

    after.version += 1;
    let event = AuditEvent::info("budgeting.update_budget")
        .about(BUDGET, after.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(after, event))
}
