//! Puts the draft of an entity in force.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::Operation;
use athyper_kernel_records::SystemEntities;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::change::Change;
use crate::model::design::{Design, DesignBody};
use crate::publishing::{Asked, Published, publish};
use crate::store::designs;

/// What whoever publishes says.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::PublishEntity)]
pub(crate) struct PublishEntity {
    /// The token of the plan, where something is destroyed.
    confirm: Option<String>,
    /// Why.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Publish an entity
///
/// Puts the draft in force. Where many records are to be brought to it, a job does that first, and the answer is its
/// operation: until that has ended, what was in force is.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/publish",
    operation_id = "metadata.publish_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is published")
    ),
    request_body(content = PublishEntity, example = json!({"note": "Serial numbers are found fast"})),
    responses(
        (status = 200, description = "It is in force", body = DesignBody),
        (status = 202, description = "The operation to follow", body = Operation),
        ChangeProblems
    )
)]
pub(crate) async fn publish_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<Json<PublishEntity>>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.check_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, design, &cmd.body.0).await?;
    let Published { design, operation, .. } = done.output;
    let reply = match &operation {
        Some(operation) => accepted(operation)?,
        None => Reply::ok(&DesignBody::new(&design, Vec::new()))?.version(design.version),
    };
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: Design,
    input: &PublishEntity,
) -> Result<Done<Published>, Error> {
    let note = note(input.note.as_deref())?;
    let asked = Asked { confirm: input.confirm.clone(), note, ..Asked::default() };
    let published = publish(tx, system, design, asked).await?;
    let event = event("metadata.publish_entity", &published.design)
        .with("changes", told(&published.changes))
        .with("operation", json!(published.operation.as_ref().map(|operation| operation.id)));
    Ok(Done::new(published, event))
}

/// What somebody says about a publication.
fn note(text: Option<&str>) -> Result<Option<String>, Error> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let is_fit = text.is_none_or(|text| text.chars().count() <= 500 && !text.contains('\0'));
    let field = || {
        athyper_kernel_error::FieldError::new(
            "/note",
            "invalid",
            "a note has at most 500 characters, and no NUL",
        )
    };
    if is_fit { Ok(text.map(str::to_owned)) } else { Err(Error::Unkeepable(vec![field()])) }
}

/// Changes as the trail has them.
pub(crate) fn told(changes: &[Change]) -> Value {
    let told =
        |change: &Change| json!({"code": change.code, "field": change.field, "affected": change.affected});
    // A definition can change in a thousand places; the version has them all.
    changes.iter().take(50).map(told).collect()
}
