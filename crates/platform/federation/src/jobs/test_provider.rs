//! Fetches discovery document and keys of an identity provider, and says what is wrong with them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, succeed_operation};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::error::{Error, Thing};
use crate::store::providers;
use crate::{Deps, connection};

/// Which provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TestProvider {
    /// Id of the provider.
    pub(crate) provider: Uuid,
}

impl JobPayload for TestProvider {
    const NAME: &'static str = "federation.test_provider";
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: TestProvider) -> Result<(), JobError> {
    let mut read = run.read_tx().await?;
    let found = providers::find(&mut read, Id::from_uuid(payload.provider)).await?;
    let provider = found.ok_or(Error::NotFound(Thing::Provider))?;
    let connection = connection::of(&mut read, &deps.vault, &provider).await?;
    drop(read);

    let problems = deps.outside.probe(&connection).await;

    let mut tx = run.tx().await?;
    let is_usable = problems.is_empty();
    let event = AuditEvent::info("federation.provider_tested")
        .about("federation.provider", provider.id)
        .with("isUsable", is_usable)
        .with("problems", problems.clone());
    succeed_operation(&mut tx, run.id(), json!({ "isUsable": is_usable, "problems": problems })).await?;
    run.complete(tx, event).await
}
