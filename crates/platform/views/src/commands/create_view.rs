//! Keeps a view.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::body::ViewBody;
use crate::checking::faults;
use crate::error::Error;
use crate::model::view::{View, ViewId, ViewSettings, check_name};
use crate::store::views;

/// A view to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = views::CreateView)]
pub(crate) struct CreateView {
    /// The key of the entity whose records it shows.
    entity: String,
    /// What people call it, of 1 to 120 characters.
    name: String,
    /// Whether everybody in the tenant sees it; otherwise its owner alone does.
    #[serde(default)]
    is_shared: bool,
    /// What it shows.
    #[serde(default)]
    settings: ViewSettings,
}

/// Keep a view
///
/// It is the caller's own. What it shows is checked against the entity in force.
#[utoipa::path(
    post,
    path = "/v1/records/views",
    operation_id = "views.create_view",
    tag = "views",
    request_body(content = CreateView, example = json!({"entity": "machine", "name": "Idle ones", "settings": {
        "filter": "axes > 3", "columns": [{"field": "name", "width": 240}]
    }})),
    responses((status = 201, description = "The view", body = ViewBody), CreateProblems)
)]
pub(crate) async fn create_view(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateView>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let view = done.output;
    let (location, version) = (format!("/v1/records/views/{}", view.id), view.version);
    let reply = Reply::created(location, &ViewBody::of(view, &cmd.tx.context().actor().id))?.version(version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, input: &CreateView) -> Result<Done<View>, Error> {
    let key = EntityKey::parse(&input.entity).map_err(|_| Error::UnknownEntity)?;
    let entity = deps.records.entities().find(tx, &key).await?.ok_or(Error::UnknownEntity)?;
    let name = check_name(&input.name)?;
    let faults = faults(&deps.records, tx.context(), &entity, &input.settings);
    if !faults.is_empty() {
        return Err(Error::Form(faults));
    }

    let (now, owner) = (tx.now(), tx.context().actor().id.clone());
    let view = View {
        id: ViewId::new(tx.clock()),
        entity_id: entity.id,
        entity: key.to_string(),
        name,
        owner: owner.clone(),
        is_shared: input.is_shared,
        settings: input.settings.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
        updated_by: owner,
    };
    views::put(tx, &view).await?;
    Ok(Done::new(view.clone(), event("views.create_view", &view)))
}

/// The event of what was done to a view.
pub(crate) fn event(operation: &str, view: &View) -> AuditEvent {
    AuditEvent::info(operation)
        .about("views.view", view.id)
        .with("entity", view.entity.as_str())
        .with("name", view.name.as_str())
        .with("isShared", view.is_shared)
        .with("version", view.version)
}
