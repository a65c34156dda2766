//! Looks for the proof of a mail domain.

use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::SystemReason;
use athyper_kernel_jobs::{Backoff, JobError, JobPayload, JobRun, succeed_operation};
use athyper_kernel_types::Id;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::domain::{DomainStatus, MailDomain};
use crate::store::{domain_owners, domains};

/// Waits between two looks: a minute at first, an hour at last.
pub(crate) const BACKOFF: Backoff = Backoff { first: Duration::from_mins(1), most: Duration::from_hours(1) };

/// Which domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VerifyDomain {
    /// Id of the domain.
    pub(crate) domain: Uuid,
}

impl JobPayload for VerifyDomain {
    const NAME: &'static str = "federation.verify_domain";
    const MAX_ATTEMPTS: i16 = 10;
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: VerifyDomain) -> Result<(), JobError> {
    let id = Id::from_uuid(payload.domain);
    let mut read = run.read_tx().await?;
    let domain = domains::find(&mut read, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    drop(read);

    let seen = if domain.status == DomainStatus::Verified { Ok(()) } else { look(&deps, &domain).await };

    let mut tx = run.tx().await?;
    let domain = domains::lock(&mut tx, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    let event = |kind: &str| {
        AuditEvent::info(kind).about("federation.domain", domain.id).with("name", domain.name.as_str())
    };
    if let Err(problem) = seen {
        domains::note_check(&mut tx, id, Some(&problem)).await?;
        run.commit(tx, event("federation.domain_not_proved").with("problem", problem.as_str())).await?;
        return Err(JobError::retry(Error::NoProof(problem)));
    }
    let (tenant, realm_key) = (tx.tenant_id(), tx.context().realm_key().to_owned());
    let mut crossing = tx.cross(SystemReason::KeepSessions).await?;
    let is_own = domain_owners::claim(&mut crossing, (&realm_key, &domain.name), tenant, id).await?;
    crossing.end().await?;
    if !is_own {
        let problem = Error::DomainOfOthers.to_string();
        domains::note_check(&mut tx, id, Some(&problem)).await?;
        run.commit(tx, event("federation.domain_not_proved").with("problem", problem.as_str())).await?;
        return Err(Error::DomainOfOthers.into());
    }
    domains::note_check(&mut tx, id, None).await?;
    succeed_operation(&mut tx, run.id(), json!({ "domain": domain.name })).await?;
    run.complete(tx, event("federation.domain_verified")).await
}

/// Looks for the proof: the file holds it and, at most, space around it.
async fn look(deps: &Deps, domain: &MailDomain) -> Result<(), String> {
    let url = Url::parse(&domain.proof_url).map_err(|_| "the address of the proof is none".to_owned())?;
    let text = deps.outside.text(&url).await?;
    verify_slices_are_equal(text.trim().as_bytes(), domain.proof.as_bytes())
        .map_err(|_| "the file is there and holds something else than the proof".to_owned())
}
