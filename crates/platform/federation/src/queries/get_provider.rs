//! Reads one identity provider.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_tenant_context::TenantContext;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::provider::Provider;
use crate::store::providers;

/// An identity provider, with the addresses that are registered at its issuer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = federation::ProviderView)]
pub(crate) struct ProviderView {
    /// The provider.
    #[serde(flatten)]
    pub(crate) provider: Provider,
    /// Where the issuer sends browsers back to. No other provider has the same.
    pub(crate) redirect_uri: String,
    /// Where the issuer says that somebody has signed out.
    pub(crate) backchannel_logout_uri: String,
    /// Where a browser begins to sign in.
    pub(crate) login_url: String,
}

impl ProviderView {
    /// A provider of this tenant.
    pub(crate) fn of(deps: &Deps, context: &TenantContext, provider: Provider) -> Self {
        let (base, realm, tenant) = (&deps.base_url, context.realm_key(), context.tenant_key());
        let (id, key) = (provider.id, &provider.key);
        Self {
            redirect_uri: format!("{base}/auth/callback/{id}"),
            backchannel_logout_uri: format!("{base}/auth/backchannel-logout/{realm}/{tenant}/{key}"),
            login_url: format!("{base}/auth/login?realm={realm}&tenant={tenant}&provider={key}"),
            provider,
        }
    }
}

/// Get an identity provider
///
/// Its version is its `ETag`. The secret of its client is never shown.
#[utoipa::path(
    get,
    path = "/v1/federation/providers/{id}",
    operation_id = "federation.get_provider",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the provider", format = Uuid)),
    responses((status = 200, description = "The identity provider", body = ProviderView), RecordProblems)
)]
pub(crate) async fn get_provider(
    State(deps): State<Deps>,
    PathId(id): PathId<Provider>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = providers::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Provider))?;
    let view = ProviderView::of(&deps, read.caller().context(), found);
    read.reply(view.provider.version, &view)
}
