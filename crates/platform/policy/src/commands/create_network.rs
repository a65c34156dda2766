//! Gives addresses a name.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Text;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::network_event;
use crate::error::Error;
use crate::live::changed;
use crate::model::network::{MAX_NETWORKS, NamedNetwork, NetworkId, read_ranges};
use crate::model::policy::is_key;
use crate::store::networks;

/// A network.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::CreateNetwork)]
pub(crate) struct CreateNetwork {
    /// The name that conditions use; it stays.
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,62}$")]
    key: String,
    /// What it is.
    #[serde(default)]
    #[schema(value_type = String, max_length = 500)]
    description: Text<0, 500>,
    /// Its addresses: one, or a range by its prefix (RFC 4632, RFC 4291).
    #[schema(min_items = 1, max_items = 100)]
    ranges: Vec<String>,
}

/// Name a network
///
/// Conditions of policies find the name in `context.networks` of whoever calls from one of its addresses, on all nodes within a
/// second. The address is the one that the edge believes, by the proxies that the operator trusts.
#[utoipa::path(
    post,
    path = "/v1/policy/networks",
    operation_id = "policy.create_network",
    tag = "policy",
    request_body(content = CreateNetwork, example = json!({"key": "office", "description": "Head office",
        "ranges": ["198.51.100.0/24", "2001:db8::/32"]})),
    responses((status = 201, description = "The network", body = NamedNetwork), CreateProblems)
)]
pub(crate) async fn create_network(mut cmd: Command<Json<CreateNetwork>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/policy/networks/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateNetwork) -> Result<Done<NamedNetwork>, Error> {
    if !is_key(&input.key) {
        return Err(Error::WrongKey);
    }
    let ranges = read_ranges(&input.ranges).map_err(Error::WrongNetwork)?;
    let number = changed(tx).await?;
    if networks::count(tx).await? >= MAX_NETWORKS {
        return Err(Error::TooManyNetworks);
    }
    let now = tx.now();
    let network = NamedNetwork {
        id: NetworkId::new(tx.clock()),
        key: input.key.clone(),
        description: input.description.to_option().unwrap_or_default(),
        ranges,
        version: 1,
        created_at: now,
        updated_at: now,
        updated_by: tx.context().actor().id.clone(),
    };
    networks::insert(tx, &network).await?;
    let event = network_event("policy.create_network", &network).with("number", number);
    Ok(Done::new(network, event))
}
