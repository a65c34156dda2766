//! Changes which addresses a name has.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Text;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::{locked_network, network_event};
use crate::error::Error;
use crate::live::changed;
use crate::model::network::{NamedNetwork, read_ranges};
use crate::store::networks;

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::UpdateNetwork)]
pub(crate) struct UpdateNetwork {
    /// What it is.
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Option<Text<0, 500>>,
    /// All its addresses.
    #[schema(min_items = 1, max_items = 100)]
    ranges: Option<Vec<String>>,
}

/// Change a network
///
/// It binds requests on all nodes within a second.
#[utoipa::path(
    patch,
    path = "/v1/policy/networks/{id}",
    operation_id = "policy.update_network",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the network", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateNetwork, example = json!({"ranges": ["198.51.100.0/24"]})),
    responses((status = 200, description = "The network as it is now", body = NamedNetwork), ChangeProblems)
)]
pub(crate) async fn update_network(
    PathId(id): PathId<NamedNetwork>,
    mut cmd: Command<Json<UpdateNetwork>>,
) -> Result<Reply, ProblemResponse> {
    let network = locked_network(&mut cmd.tx, id).await?;
    cmd.require_version(network.version)?;
    let done = execute(&mut cmd.tx, network, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    mut network: NamedNetwork,
    input: &UpdateNetwork,
) -> Result<Done<NamedNetwork>, Error> {
    let before = network.ranges.clone();
    if let Some(description) = &input.description {
        network.description = description.to_option().unwrap_or_default();
    }
    if let Some(ranges) = &input.ranges {
        network.ranges = read_ranges(ranges).map_err(Error::WrongNetwork)?;
    }
    let number = changed(tx).await?;
    let network = networks::update(tx, network).await?;
    let event =
        network_event("policy.update_network", &network).with("before", before).with("number", number);
    Ok(Done::new(network, event))
}
