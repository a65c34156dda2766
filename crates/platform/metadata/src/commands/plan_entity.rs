//! Says what publishing a draft would do.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_records::SystemEntities;
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::Design;
use crate::planning::{Plan, plan, sketch};
use crate::store::designs;

/// Plan the publication of an entity
///
/// Holds the draft against what is in force, and counts what each change means for the records that are there. Where
/// something is destroyed, it gives the token with which the draft can be published.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/plan",
    operation_id = "metadata.plan_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is planned")
    ),
    responses((status = 200, description = "The plan", body = Plan), ChangeProblems)
)]
pub(crate) async fn plan_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.check_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, &design).await?;
    let reply = Reply::ok(&done.output)?.version(design.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: &Design,
) -> Result<Done<Plan>, Error> {
    let sketch = sketch(tx, system, design, &[]).await?;
    let changes = sketch.count(tx).await?;
    let plan = plan(design, &sketch, changes);
    let event = event("metadata.plan_entity", design)
        .with("class", json!(plan.class))
        .with("changes", plan.changes.len());
    Ok(Done::new(plan, event))
}
