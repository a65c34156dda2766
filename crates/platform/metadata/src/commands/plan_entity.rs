//! Says what publishing a draft would do.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, OperationState, find_operation, start_operation};
use athyper_kernel_records::SystemEntities;
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::jobs;
use crate::model::design::Design;
use crate::planning::{Plan, plan, sketch};
use crate::store::{designs, plans};

/// Plan the publication of an entity
///
/// Holds the draft against what is in force, and counts what each change means for the records that are there. Where
/// something is destroyed, it gives the token with which the draft can be published. Where many records are to be looked at,
/// a job counts, and the answer is its operation: the plan is its result, and publishing goes by it.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/plan",
    operation_id = "metadata.plan_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is planned")
    ),
    responses(
        (status = 200, description = "The plan", body = Plan),
        (status = 202, description = "The operation to follow; its result is the plan", body = Operation),
        ChangeProblems
    )
)]
pub(crate) async fn plan_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.check_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, &design).await?;
    let reply = match &done.output {
        Planned::Plan(plan) => Reply::ok(plan)?.version(design.version),
        Planned::Operation(operation) => accepted(operation)?,
    };
    cmd.finish(done.event, reply).await
}

/// What comes of asking for a plan.
#[derive(Debug)]
pub(crate) enum Planned {
    /// The plan.
    Plan(Plan),
    /// The operation that makes it.
    Operation(Operation),
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: &Design,
) -> Result<Done<Planned>, Error> {
    let sketch = sketch(tx, system, design, &[]).await?;
    if let Some((base, total)) = sketch.asks_for_a_job(tx).await? {
        let operation = count_later(tx, design, base.version).await?;
        let event = event("metadata.plan_entity", design)
            .with("operation", operation.id.to_string())
            .with("records", total.all);
        return Ok(Done::new(Planned::Operation(operation), event));
    }
    let changes = sketch.count(tx).await?;
    let plan = plan(design, &sketch, changes);
    let event = event("metadata.plan_entity", design)
        .with("class", json!(plan.class))
        .with("changes", plan.changes.len());
    Ok(Done::new(Planned::Plan(plan), event))
}

/// Starts the job that counts; the one that does it for this draft already goes on.
async fn count_later(tx: &mut TenantTx, design: &Design, base_version: i64) -> Result<Operation, Error> {
    let begun = plans::find(tx, design, base_version).await?;
    if let Some(id) = begun.operation
        && let Some(operation) = find_operation(tx, id).await?
        && matches!(operation.state, OperationState::Queued | OperationState::Running)
    {
        return Ok(operation);
    }
    let payload = jobs::plan_entity::PlanEntity { entity: design.id, draft_version: design.version };
    let operation = start_operation(tx, "metadata.plan_entity", NewJob::new(&payload)?).await?;
    plans::begin(tx, design, base_version, operation.id).await?;
    Ok(operation)
}
