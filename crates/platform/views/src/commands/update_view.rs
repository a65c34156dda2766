//! Changes a view.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_records::look_up;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::ADMINISTER;
use crate::body::ViewBody;
use crate::checking::faults;
use crate::commands::create_view::event;
use crate::error::Error;
use crate::model::view::{View, ViewMarker, ViewSettings, check_name};
use crate::store::views;

/// The view as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = views::UpdateView)]
pub(crate) struct UpdateView {
    /// What people call it.
    name: String,
    /// Whether everybody in the tenant sees it.
    #[serde(default)]
    is_shared: bool,
    /// What it shows.
    #[serde(default)]
    settings: ViewSettings,
}

/// Change a view
///
/// All that it says is replaced. Its owner may, and for a view that is shared whoever administers views; only its owner says
/// whether it is shared.
#[utoipa::path(
    put,
    path = "/v1/records/views/{id}",
    operation_id = "views.update_view",
    tag = "views",
    params(
        ("id" = String, Path, description = "Id of the view", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateView, example = json!({"name": "Large ones", "isShared": true, "settings": {"sort": "-axes"}})),
    responses((status = 200, description = "The view as it is now", body = ViewBody), ChangeProblems)
)]
pub(crate) async fn update_view(
    State(deps): State<Deps>,
    PathId(id): PathId<ViewMarker>,
    mut cmd: Command<Json<UpdateView>>,
) -> Result<Reply, ProblemResponse> {
    let person = cmd.tx.context().actor().id.clone();
    let view = views::lock(&mut cmd.tx, id, &person).await?.ok_or(Error::ViewNotFound)?;
    check_owner(cmd.caller(), &view)?;
    cmd.require_version(view.version)?;
    let done = execute(&mut cmd.tx, &deps, view, &cmd.body.0).await?;
    let version = done.output.version;
    let reply = Reply::ok(&ViewBody::of(done.output, &person))?.version(version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    view: View,
    input: &UpdateView,
) -> Result<Done<View>, Error> {
    let system = deps.records.entities().system();
    // A domain's entity that the tenant never touched has no row.
    let untouched = system.by_id(view.entity_id).map(|entity| entity.as_ref().clone());
    let entity = look_up(tx, system, view.entity_id).await?.or(untouched);
    let entity = entity.ok_or(Error::UnknownEntity)?;
    let name = check_name(&input.name)?;
    let faults = faults(&deps.records, tx.context(), &entity, &input.settings);
    if !faults.is_empty() {
        return Err(Error::Form(faults));
    }
    let person = tx.context().actor().id.clone();
    if view.owner != person && !input.is_shared {
        return Err(Error::NotOwner);
    }

    let view = View {
        entity: entity.def.key.to_string(),
        name,
        is_shared: input.is_shared,
        settings: input.settings.clone(),
        version: view.version + 1,
        updated_at: tx.now(),
        updated_by: person,
        ..view
    };
    views::put(tx, &view).await?;
    Ok(Done::new(view.clone(), event("views.update_view", &view)))
}

/// Whether the caller may change a view that is shown to them.
pub(crate) fn check_owner(caller: &Caller, view: &View) -> Result<(), Error> {
    if view.owner == caller.context().actor().id || caller.may(ADMINISTER) {
        Ok(())
    } else {
        Err(Error::NotOwner)
    }
}
