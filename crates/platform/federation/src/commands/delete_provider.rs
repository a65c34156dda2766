//! Removes an identity provider.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::mapping_rounds;
use crate::model::provider::Provider;
use crate::store::providers;

/// Delete an identity provider
///
/// What its mappings gave is taken back, they go with it, and the sessions that it began end. People stay; another provider of the same issuer
/// does not know their subjects. It is refused while mail domains lead to it.
#[utoipa::path(
    delete,
    path = "/v1/federation/providers/{id}",
    operation_id = "federation.delete_provider",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the provider", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is deleted")),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_provider(
    State(deps): State<Deps>,
    PathId(id): PathId<Provider>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let provider = providers::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Provider))?;
    cmd.require_version(provider.version)?;
    let done = execute(&mut cmd.tx, &deps, provider).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, provider: Provider) -> Result<Done<()>, Error> {
    let taken_back = mapping_rounds::remove_all(tx, &*deps.directory, provider.id).await?;
    deps.sessions.end_of_provider(tx, provider.id.uuid(), "provider_deleted").await?;
    providers::delete(tx, provider.id).await?;

    let event = AuditEvent::info("federation.delete_provider")
        .about("federation.provider", provider.id)
        .with("key", provider.key.as_str())
        .with("issuer", provider.issuer.as_str())
        .with("takenBack", taken_back);
    Ok(Done::new((), event))
}
