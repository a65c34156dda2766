//! Starts a test of the connection to an identity provider.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};

use crate::error::{Error, Thing};
use crate::jobs::test_provider::TestProvider;
use crate::model::provider::Provider;
use crate::store::providers;

/// Test an identity provider
///
/// Its discovery document and its keys are fetched by a job, enabled or not. Follow the operation that is answered: its result has
/// `isUsable`, and `problems` for people. Whether the issuer knows the client is seen at the first sign-in only.
#[utoipa::path(
    post,
    path = "/v1/federation/providers/{id}/test",
    operation_id = "federation.test_provider",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the provider", format = Uuid)),
    responses((status = 202, description = "The operation to follow", body = Operation), ChangeProblems)
)]
pub(crate) async fn test_provider(
    PathId(id): PathId<Provider>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let provider = providers::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Provider))?;
    let done = execute(&mut cmd.tx, &provider).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, provider: &Provider) -> Result<Done<Operation>, Error> {
    // One at a time in a tenant: it asks a machine that somebody named.
    let job =
        NewJob::new(&TestProvider { provider: provider.id.uuid() })?.serial_key("federation.test_provider");
    let operation = start_operation(tx, "federation.test_provider", job).await?;

    let event = AuditEvent::info("federation.test_provider")
        .about("federation.provider", provider.id)
        .with("key", provider.key.as_str())
        .with("operation", operation.id.to_string());
    Ok(Done::new(operation, event))
}
