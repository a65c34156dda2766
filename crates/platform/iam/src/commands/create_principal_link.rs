//! Links a subject of an issuer to a principal.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::principal::{Authority, Link, Principal, Status};
use crate::queries::list_principal_links::LinkView;
use crate::store::{links, principals};
use crate::{Deps, told};

/// A subject to link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreatePrincipalLink)]
pub(crate) struct CreatePrincipalLink {
    /// Key of the realm whose issuer it is; the caller's own realm where it is left out.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub(crate) provider: Option<Name>,
    /// Claim `sub` of its tokens.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) subject: Name,
}

/// Link a subject to a principal
///
/// Whoever signs in as this subject is the principal from then on. So the caller has to hold all that the principal holds.
#[utoipa::path(
    post,
    path = "/v1/iam/principals/{id}/links",
    operation_id = "iam.create_principal_link",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid)),
    request_body(content = CreatePrincipalLink, example = json!({"subject": "248289761001"})),
    responses((status = 201, description = "The link", body = LinkView), ChangeProblems)
)]
pub(crate) async fn create_principal_link(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_types::Principal>,
    mut cmd: Command<Json<CreatePrincipalLink>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let realm = cmd.caller().context().realm_key().to_owned();
    let input = &cmd.body.0;
    let link = Link {
        provider: input.provider.as_ref().map_or(realm, |provider| provider.as_str().to_owned()),
        subject: input.subject.as_str().to_owned(),
        authority: Authority::Local,
    };
    let done = execute(&mut cmd.tx, &granter, &principal, link).await?;
    let view = LinkView::of(&principal, done.output);
    let reply = Reply::created(format!("/v1/iam/principals/{id}/links/{}", view.id), &view)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    principal: &Principal,
    link: Link,
) -> Result<Done<Link>, Error> {
    if principal.status == Status::Deprovisioned {
        return Err(Error::Deprovisioned);
    }
    granter.check_all_of(tx, principal.id).await?;
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    links::insert(tx, principal.id, &link).await?;
    guard.after(tx).await?;

    let event = told::about_link(AuditEvent::info("iam.create_principal_link"), principal, &link);
    Ok(Done::new(link, event))
}
