//! Claims a mail domain.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::domain::{DomainId, DomainStatus, MailDomain, parse_domain, proof_url};
use crate::model::provider::ProviderId;
use crate::store::{domains, providers};

/// Most domains of one tenant.
const MOST: i64 = 1_000;

/// A mail domain to claim.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::CreateDomain)]
pub(crate) struct CreateDomain {
    /// The domain.
    #[schema(min_length = 3, max_length = 253)]
    pub(crate) name: String,
    /// Provider that its people sign in by; by local accounts where there is none.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) provider: Option<ProviderId>,
}

/// Claim a mail domain
///
/// It counts once a file with the `proof` was seen at `proofUrl`: put it there and call `verify`.
#[utoipa::path(
    post,
    path = "/v1/federation/domains",
    operation_id = "federation.create_domain",
    tag = "federation",
    request_body(content = CreateDomain, example = json!({"name": "acme.example"})),
    responses((status = 201, description = "The domain", body = MailDomain), CreateProblems)
)]
pub(crate) async fn create_domain(mut cmd: Command<Json<CreateDomain>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/federation/domains/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateDomain) -> Result<Done<MailDomain>, Error> {
    let name = parse_domain(&input.name).ok_or_else(|| {
        Error::Invalid(vec![FieldError::new("/name", "invalid", "send a domain, such as example.com")])
    })?;
    if domains::count(tx).await? >= MOST {
        return Err(Error::TooMany { most: MOST });
    }
    if let Some(provider) = input.provider {
        providers::hold(tx, provider).await?.ok_or(Error::UnknownProvider)?;
    }
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::NoRandomness)?;
    let now = tx.now();
    let domain = MailDomain {
        id: DomainId::new(tx.clock()),
        proof_url: proof_url(&name),
        name,
        provider: input.provider,
        proof: format!("athyper-domain-verification={}", URL_SAFE_NO_PAD.encode(random)),
        status: DomainStatus::Pending,
        problem: None,
        checked_at: None,
        verified_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };

    domains::insert(tx, &domain).await?;

    let event = AuditEvent::info("federation.create_domain")
        .about("federation.domain", domain.id)
        .with("name", domain.name.as_str());
    Ok(Done::new(domain, event))
}
