//! Changes where a mail domain leads to.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{Error, Thing};
use crate::model::domain::MailDomain;
use crate::model::provider::ProviderId;
use crate::store::{domains, providers};

/// Where a mail domain leads to from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::UpdateDomain)]
pub(crate) struct UpdateDomain {
    /// Provider that its people sign in by; by local accounts where there is none.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) provider: Option<ProviderId>,
}

/// Change a mail domain
///
/// Its people sign in elsewhere from now on.
#[utoipa::path(
    put,
    path = "/v1/federation/domains/{id}",
    operation_id = "federation.update_domain",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the domain", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = UpdateDomain, example = json!({"provider": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"})),
    responses((status = 200, description = "The domain as it is now", body = MailDomain), ChangeProblems)
)]
pub(crate) async fn update_domain(
    PathId(id): PathId<MailDomain>,
    mut cmd: Command<Json<UpdateDomain>>,
) -> Result<Reply, ProblemResponse> {
    let domain = domains::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    cmd.require_version(domain.version)?;
    let done = execute(&mut cmd.tx, domain, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    domain: MailDomain,
    input: &UpdateDomain,
) -> Result<Done<MailDomain>, Error> {
    if let Some(provider) = input.provider {
        providers::hold(tx, provider).await?.ok_or(Error::UnknownProvider)?;
    }
    let changed = MailDomain {
        provider: input.provider,
        version: domain.version + 1,
        updated_at: tx.now(),
        ..domain.clone()
    };

    domains::update(tx, &changed).await?;

    let event = AuditEvent::info("federation.update_domain")
        .about("federation.domain", domain.id)
        .with("name", domain.name.as_str())
        .with("changes", changes(&domain, &changed));
    Ok(Done::new(changed, event))
}
