//! Enters an identity provider.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::Environment;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use athyper_kernel_vault::{Sealed, Vault};
use axum::extract::State;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::connection::PURPOSE;
use crate::error::Error;
use crate::model::provider::{
    ClaimMapping, JitProvisioning, Provider, ProviderId, ProviderSettings, ProviderStatus, check_issuer,
    check_key, usual_scopes,
};
use crate::queries::get_provider::ProviderView;
use crate::store::providers;

/// Most providers of one tenant.
const MOST: i64 = 500;

/// An identity provider to enter.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::CreateProvider)]
pub(crate) struct CreateProvider {
    /// Key, which addresses of sign-in name. Unique in the tenant; case does not count.
    #[schema(min_length = 1, max_length = 63)]
    pub(crate) key: String,
    /// The issuer, to the letter as its tokens name it. It never changes.
    #[schema(max_length = 500)]
    pub(crate) issuer: String,
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) display_name: Name,
    /// Id of the platform's client at the issuer.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) client_id: Name,
    /// Secret of that client; it is never shown. Without it the client is a public one.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000, write_only)]
    pub(crate) client_secret: Option<SecretString>,
    /// Scopes that are asked for besides `openid`.
    #[serde(default = "usual_scopes")]
    #[schema(max_items = 50)]
    pub(crate) scopes: Vec<String>,
    /// Which claim says what.
    #[serde(default)]
    pub(crate) claim_mapping: ClaimMapping,
    /// What becomes of somebody who comes for the first time.
    pub(crate) jit_provisioning: JitProvisioning,
    /// Domains of mail addresses that are believed.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(crate) allowed_domains: Vec<String>,
}

/// Enter an identity provider
///
/// It is disabled: register the addresses that are answered at the issuer, test it, and enable it. Where it may link people, the caller has to
/// hold all that people hold who are no administrators.
#[utoipa::path(
    post,
    path = "/v1/federation/providers",
    operation_id = "federation.create_provider",
    tag = "federation",
    request_body(
        content = CreateProvider,
        example = json!({"key": "okta", "issuer": "https://acme.okta.example", "displayName": "Acme",
            "clientId": "athyper", "clientSecret": "kept under seal", "jitProvisioning": "create",
            "allowedDomains": ["acme.example"]})
    ),
    responses((status = 201, description = "The identity provider", body = ProviderView), CreateProblems)
)]
pub(crate) async fn create_provider(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateProvider>>,
) -> Result<Reply, ProblemResponse> {
    let (caller, input) = (cmd.caller().clone(), cmd.body.0.clone());
    let done = execute(&mut cmd.tx, &deps, &caller, input).await?;
    let location = format!("/v1/federation/providers/{}", done.output.id);
    let view = ProviderView::of(&deps, caller.context(), done.output);
    let reply = Reply::created(location, &view)?.version(view.provider.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    input: CreateProvider,
) -> Result<Done<Provider>, Error> {
    let mut errors = Vec::new();
    let mut settings = ProviderSettings {
        display_name: input.display_name,
        client_id: input.client_id,
        client_secret: input.client_secret,
        scopes: input.scopes,
        claim_mapping: input.claim_mapping,
        jit_provisioning: input.jit_provisioning,
        allowed_domains: input.allowed_domains,
    };
    check_key(&input.key, &mut errors);
    check_issuer(&input.issuer, deps.environment == Environment::Local, &mut errors);
    settings.check(&mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    if providers::count(tx).await? >= MOST {
        return Err(Error::TooMany { most: MOST });
    }
    if settings.jit_provisioning != JitProvisioning::Off {
        deps.directory.check_may_vouch(tx, caller).await?;
    }
    let now = tx.now();
    let provider = Provider {
        id: ProviderId::new(tx.clock()),
        key: input.key,
        display_name: settings.display_name.as_str().to_owned(),
        issuer: input.issuer,
        client_id: settings.client_id.as_str().to_owned(),
        has_client_secret: settings.client_secret.is_some(),
        scopes: settings.scopes,
        claim_mapping: settings.claim_mapping,
        jit_provisioning: settings.jit_provisioning,
        allowed_domains: settings.allowed_domains,
        status: ProviderStatus::Disabled,
        version: 1,
        created_at: now,
        updated_at: now,
    };

    let sealed = seal(tx, &deps.vault, provider.id, settings.client_secret.as_ref()).await?;
    providers::insert(tx, &provider, sealed.as_ref().map(Sealed::as_bytes)).await?;

    let event = AuditEvent::info("federation.create_provider")
        .about("federation.provider", provider.id)
        .with("key", provider.key.as_str())
        .with("issuer", provider.issuer.as_str())
        .with("jitProvisioning", provider.jit_provisioning.as_str())
        .with("allowedDomains", provider.allowed_domains.clone());
    Ok(Done::new(provider, event))
}

/// Seals the secret of a provider's client.
pub(crate) async fn seal(
    tx: &mut TenantTx,
    vault: &Vault,
    provider: ProviderId,
    secret: Option<&SecretString>,
) -> Result<Option<Sealed>, Error> {
    let Some(secret) = secret else { return Ok(None) };
    let record = provider.to_string();
    Ok(Some(vault.seal(tx, PURPOSE, &record, secret.expose_secret().as_bytes()).await?))
}
