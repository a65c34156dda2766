//! Takes a subject of an issuer from a principal.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};
use axum::extract::State;

use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::principal::{Link, Principal, Status};
use crate::queries::list_principal_links::LinkView;
use crate::store::{links, principals};
use crate::{Deps, told};

/// Take a subject from a principal
///
/// Its sessions end. Where the tenant trusts the roles of tokens, the subject still has those. The answer is the link as it
/// was.
#[utoipa::path(
    delete,
    path = "/v1/iam/principals/{id}/links/{link}",
    operation_id = "iam.delete_principal_link",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid), ("link" = String, Path, description = "Id of the link", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The link as it was", body = LinkView, example = json!({"id": "5f0f8a4b-53a5-5c0c-8a24-8df2bd4b8c2f", "provider": "athyper", "subject": "248289761001",
        "authority": "local"})), ChangeProblems)
)]
pub(crate) async fn delete_principal_link(
    State(deps): State<Deps>,
    PathIds(id, link): PathIds<athyper_kernel_types::Principal, Link>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let found = links::of(&mut cmd.tx, id).await?;
    let link_found = found.into_iter().find(|one| LinkView::id_of(&principal, one) == link.uuid());
    let link = link_found.ok_or(Error::NotFound(Thing::Link))?;
    // A link never changes: its one version is 1.
    cmd.require_version(1)?;
    let done = execute(&mut cmd.tx, &deps, &granter, &principal, link).await?;
    let reply = Reply::ok(&LinkView::of(&principal, done.output))?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: &Principal,
    link: Link,
) -> Result<Done<Link>, Error> {
    if principal.status != Status::Active {
        return Err(Error::LinkKeepsOut);
    }
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    links::delete(tx, principal.id, &link.provider, &link.subject).await?;
    deps.sessions.end_sessions(tx, &link.provider, &link.subject).await?;
    guard.after(tx).await?;

    let event = told::about_link(AuditEvent::info("iam.delete_principal_link"), principal, &link);
    Ok(Done::new(link, event))
}
