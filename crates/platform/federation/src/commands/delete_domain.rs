//! Gives a mail domain up.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use crate::error::{Error, Thing};
use crate::model::domain::MailDomain;
use crate::store::domains;

/// Delete a mail domain
///
/// Its people are sent to the issuer of the realm from now on, and another tenant may prove that it is its own.
#[utoipa::path(
    delete,
    path = "/v1/federation/domains/{id}",
    operation_id = "federation.delete_domain",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the domain", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is deleted")),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_domain(
    PathId(id): PathId<MailDomain>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let domain = domains::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    cmd.require_version(domain.version)?;
    let done = execute(&mut cmd.tx, domain).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, domain: MailDomain) -> Result<Done<()>, Error> {
    domains::delete(tx, domain.id).await?;

    let event = AuditEvent::info("federation.delete_domain")
        .about("federation.domain", domain.id)
        .with("name", domain.name.as_str())
        .with("status", domain.status.as_str());
    Ok(Done::new((), event))
}
