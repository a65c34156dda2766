//! Enables an identity provider.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::provider::{Provider, ProviderStatus};
use crate::provider_status;
use crate::queries::get_provider::ProviderView;
use crate::store::providers;

/// Enable an identity provider
///
/// People sign in by it from now on.
#[utoipa::path(
    post,
    path = "/v1/federation/providers/{id}/enable",
    operation_id = "federation.enable_provider",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the provider", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 200, description = "The identity provider, enabled", body = ProviderView), ChangeProblems)
)]
pub(crate) async fn enable_provider(
    State(deps): State<Deps>,
    PathId(id): PathId<Provider>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let provider = providers::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Provider))?;
    cmd.check_version(provider.version)?;
    let caller = cmd.caller().clone();
    let done =
        provider_status::execute(&mut cmd.tx, &deps, &caller, provider, ProviderStatus::Enabled).await?;
    let view = ProviderView::of(&deps, caller.context(), done.output);
    let reply = Reply::ok(&view)?.version(view.provider.version);
    cmd.finish(done.event, reply).await
}
