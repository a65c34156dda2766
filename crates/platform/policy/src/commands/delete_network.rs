//! Takes a name from addresses.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::{locked_network, network_event};
use crate::error::Error;
use crate::live::changed;
use crate::model::network::NamedNetwork;
use crate::store::networks;

/// Delete a network
///
/// Not while a rule in force names it.
#[utoipa::path(
    delete,
    path = "/v1/policy/networks/{id}",
    operation_id = "policy.delete_network",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the network", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is removed")
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_network(
    State(deps): State<Deps>,
    PathId(id): PathId<NamedNetwork>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let network = locked_network(&mut cmd.tx, id).await?;
    cmd.require_version(network.version)?;
    let event = execute(&mut cmd.tx, &deps, &network).await?;
    cmd.finish(event, Reply::no_content()).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    network: &NamedNetwork,
) -> Result<AuditEvent, Error> {
    // Before the rules are looked at: nobody puts another one in force meanwhile.
    let number = changed(tx).await?;
    let rules = deps.live.rules_in_network(tx, &network.key).await?;
    if !rules.is_empty() {
        return Err(Error::NetworkInUse(rules));
    }
    networks::delete(tx, network.id).await?;
    Ok(network_event("policy.delete_network", network).with("number", number))
}
