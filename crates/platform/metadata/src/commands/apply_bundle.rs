//! Publishes the entities of a bundle here.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_records::{EntityId, SystemEntities};
use athyper_kernel_types::OperationId;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::bundles::{Bundle, Candidate, candidates};
use crate::error::Error;
use crate::model::document::below;
use crate::publishing::{Asked, publish};
use crate::store::designs;

/// A bundle to apply.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::ApplyBundle)]
pub(crate) struct ApplyBundle {
    /// The bundle.
    bundle: Bundle,
    /// The tokens of its plan, by the key of the entity, where something is destroyed.
    #[serde(default)]
    confirm: BTreeMap<String, String>,
    /// Whether drafts that were not published may be lost.
    #[serde(default)]
    replace_drafts: bool,
}

/// What became of the entities of a bundle.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::AppliedBundle)]
pub(crate) struct AppliedBundle {
    /// The entities, in their order.
    entities: Vec<AppliedEntity>,
}

/// What became of an entity of a bundle.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::AppliedEntity)]
pub(crate) struct AppliedEntity {
    /// Its key.
    key: String,
    /// Its id here.
    #[schema(value_type = String, format = Uuid)]
    id: EntityId,
    /// Whether anything has changed.
    changed: bool,
    /// The version in force.
    version: Option<i64>,
    /// The operation that puts it in force, where many records are brought to it.
    #[schema(value_type = Option<String>, format = Uuid)]
    operation: Option<OperationId>,
}

/// Apply a bundle
///
/// Publishes all its entities, or none. Those that are the same here stay as they are.
#[utoipa::path(
    post,
    path = "/v1/metadata/bundles/apply",
    operation_id = "metadata.apply_bundle",
    tag = "metadata",
    request_body(content = ApplyBundle, example = json!({"bundle": {"format": "athyper.entities/1", "entities": [
        {"definition": {"key": "machine", "label": "Machine", "plural": "Machines",
            "fields": [{"key": "name", "label": "Name", "type": "text"}]}}
    ]}})),
    responses((status = 200, description = "What became of its entities", body = AppliedBundle), CreateProblems)
)]
pub(crate) async fn apply_bundle(
    State(deps): State<Deps>,
    mut cmd: Command<Json<ApplyBundle>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.system, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    input: &ApplyBundle,
) -> Result<Done<AppliedBundle>, Error> {
    let (found, coming) = candidates(tx, system, &input.bundle).await?;
    let mut entities = Vec::new();
    for (at, candidate) in found.into_iter().enumerate() {
        let key = candidate.design.key.clone();
        let asked = Asked {
            confirm: input.confirm.get(&key).cloned(),
            note: Some("from a bundle".to_owned()),
            coming: coming.clone(),
            only: None,
        };
        let pointer = format!("/bundle/entities/{at}/definition");
        let applied = apply(tx, system, candidate, asked, input.replace_drafts).await;
        entities.push(applied.map_err(|error| within(error, &pointer))?);
    }
    let told: Vec<_> = entities
        .iter()
        .map(|entity| json!({"key": entity.key, "changed": entity.changed, "version": entity.version}))
        .collect();
    let event = AuditEvent::info("metadata.apply_bundle").with("entities", told);
    Ok(Done::new(AppliedBundle { entities }, event))
}

async fn apply(
    tx: &mut TenantTx,
    system: &SystemEntities,
    candidate: Candidate,
    asked: Asked,
    replace_drafts: bool,
) -> Result<AppliedEntity, Error> {
    let (key, id) = (candidate.design.key.clone(), candidate.design.id);
    let before = candidate.design.published_version;
    if candidate.has_draft && !replace_drafts {
        let message = "the one here has a draft that was not published: publish it, or send replaceDrafts";
        return Err(Error::Blocked(vec![FieldError::new("", "draft", message)]));
    }
    if !candidate.is_known {
        designs::insert(tx, &candidate.design).await?;
    }
    match publish(tx, system, candidate.design, asked).await {
        Ok(published) => {
            let version = published.design.published_version;
            let operation = published.operation.map(|operation| operation.id);
            Ok(AppliedEntity { key, id, changed: true, version, operation })
        }
        Err(Error::NothingToPublish) => {
            Ok(AppliedEntity { key, id, changed: false, version: before, operation: None })
        }
        Err(error) => Err(error),
    }
}

/// The same, with pointers into the bundle.
fn within(error: Error, pointer: &str) -> Error {
    let moved = |fields: Vec<FieldError>| {
        fields
            .into_iter()
            .map(|field| FieldError { pointer: format!("{pointer}{}", field.pointer), ..field })
            .collect::<Vec<_>>()
    };
    match error {
        Error::Faulty(fields) => Error::Faulty(moved(fields)),
        Error::Blocked(fields) => Error::Blocked(moved(fields)),
        Error::Unconfirmed(fields) => Error::Unconfirmed(moved(fields)),
        Error::KeyTaken => {
            let at = below(pointer, "key");
            Error::Blocked(vec![FieldError::new(at, "taken", Error::KeyTaken.to_string())])
        }
        other => other,
    }
}
