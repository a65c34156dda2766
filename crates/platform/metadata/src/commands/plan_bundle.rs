//! Says what applying a bundle would do here.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_records::SystemEntities;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::bundles::{Bundle, BundlePlanEntry, Drift, candidates, look_at};
use crate::error::Error;

/// A bundle to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::PlanBundle)]
pub(crate) struct PlanBundle {
    /// The bundle.
    bundle: Bundle,
}

/// What a bundle would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::BundlePlan)]
pub(crate) struct BundlePlan {
    /// Its entities, in their order.
    entities: Vec<BundlePlanEntry>,
}

/// Plan a bundle
///
/// Entities are matched by their keys, and fields by theirs. Each shows how the one here differs, and what taking the other one
/// would do to its records.
#[utoipa::path(
    post,
    path = "/v1/metadata/bundles/plan",
    operation_id = "metadata.plan_bundle",
    tag = "metadata",
    request_body(content = PlanBundle, example = json!({"bundle": {"format": "athyper.entities/1", "entities": [
        {"definition": {"key": "machine", "label": "Machine", "plural": "Machines",
            "fields": [{"key": "name", "label": "Name", "type": "text"}]}}
    ]}})),
    responses((status = 200, description = "The plan", body = BundlePlan), CreateProblems)
)]
pub(crate) async fn plan_bundle(
    State(deps): State<Deps>,
    mut cmd: Command<Json<PlanBundle>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.system, &cmd.body.0.bundle).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    bundle: &Bundle,
) -> Result<Done<BundlePlan>, Error> {
    let (found, coming) = candidates(tx, system, bundle).await?;
    let mut entities = Vec::new();
    for candidate in &found {
        entities.push(look_at(tx, system, candidate, &coming).await?);
    }
    let differing = entities.iter().filter(|entry| entry.drift != Drift::Same).count();
    let event = AuditEvent::info("metadata.plan_bundle")
        .with("entities", entities.len())
        .with("differing", differing);
    Ok(Done::new(BundlePlan { entities }, event))
}
