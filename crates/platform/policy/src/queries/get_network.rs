//! Reads one network.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::network::NamedNetwork;
use crate::store::networks;

/// Get a network
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/policy/networks/{id}",
    operation_id = "policy.get_network",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the network", format = Uuid)),
    responses((status = 200, description = "The network", body = NamedNetwork), RecordProblems)
)]
pub(crate) async fn get_network(
    PathId(id): PathId<NamedNetwork>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = networks::find(&mut read.tx, id).await.map_err(Error::from)?;
    let network = found.ok_or(Error::NotFound(Thing::Network))?;
    read.reply(network.version, &network)
}
