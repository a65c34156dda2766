//! Changes an identity provider.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_vault::Sealed;
use axum::extract::State;

use crate::Deps;
use crate::commands::create_provider::seal;
use crate::error::{Error, Thing};
use crate::model::provider::{JitProvisioning, Provider, ProviderSettings};
use crate::queries::get_provider::ProviderView;
use crate::store::providers;

/// Change an identity provider
///
/// All but key and issuer. A secret that is left out stays. With another client the sessions that it began end, since their tokens are of the
/// former one. Every process knows within a second.
#[utoipa::path(
    put,
    path = "/v1/federation/providers/{id}",
    operation_id = "federation.update_provider",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the provider", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(
        content = ProviderSettings,
        example = json!({"displayName": "Acme", "clientId": "athyper", "jitProvisioning": "link",
            "allowedDomains": ["acme.example"]})
    ),
    responses((status = 200, description = "The identity provider as it is now", body = ProviderView), ChangeProblems)
)]
pub(crate) async fn update_provider(
    State(deps): State<Deps>,
    PathId(id): PathId<Provider>,
    mut cmd: Command<Json<ProviderSettings>>,
) -> Result<Reply, ProblemResponse> {
    let provider = providers::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Provider))?;
    cmd.require_version(provider.version)?;
    let (caller, input) = (cmd.caller().clone(), cmd.body.0.clone());
    let done = execute(&mut cmd.tx, &deps, &caller, provider, input).await?;
    let view = ProviderView::of(&deps, caller.context(), done.output);
    let reply = Reply::ok(&view)?.version(view.provider.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    provider: Provider,
    mut input: ProviderSettings,
) -> Result<Done<Provider>, Error> {
    let mut errors = Vec::new();
    input.check(&mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    if input.jit_provisioning != JitProvisioning::Off {
        deps.directory.check_may_vouch(tx, caller).await?;
    }
    let is_new_secret = input.client_secret.is_some();
    let changed = Provider {
        display_name: input.display_name.as_str().to_owned(),
        client_id: input.client_id.as_str().to_owned(),
        has_client_secret: provider.has_client_secret || is_new_secret,
        scopes: input.scopes,
        claim_mapping: input.claim_mapping,
        jit_provisioning: input.jit_provisioning,
        allowed_domains: input.allowed_domains,
        version: provider.version + 1,
        updated_at: tx.now(),
        ..provider.clone()
    };

    let sealed = seal(tx, &deps.vault, provider.id, input.client_secret.as_ref()).await?;
    providers::update(tx, &changed, sealed.as_ref().map(Sealed::as_bytes)).await?;
    if changed.client_id != provider.client_id {
        deps.sessions.end_of_provider(tx, provider.id.uuid(), "provider_changed").await?;
    }

    let event = AuditEvent::info("federation.update_provider")
        .about("federation.provider", provider.id)
        .with("key", provider.key.as_str())
        .with("isNewSecret", is_new_secret)
        .with("changes", changes(&provider, &changed));
    Ok(Done::new(changed, event))
}
