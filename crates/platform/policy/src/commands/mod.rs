//! State changes, one file each.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_http::Caller;
use athyper_kernel_policy::{PolicyDocument, PolicySet};

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::network::{NamedNetwork, NetworkId};
use crate::model::policy::{PolicyId, StoredPolicy};
use crate::store::{networks, policies};
use crate::trial::candidate;

pub(crate) mod archive_policy;
pub(crate) mod create_network;
pub(crate) mod create_policy;
pub(crate) mod create_test;
pub(crate) mod delete_network;
pub(crate) mod delete_test;
pub(crate) mod install_pack;
pub(crate) mod measure_impact;
pub(crate) mod publish_policy;
pub(crate) mod reject_policy;
pub(crate) mod replay_decisions;
pub(crate) mod rollback_policy;
pub(crate) mod run_tests;
pub(crate) mod simulate_decision;
pub(crate) mod start_shadow;
pub(crate) mod stop_shadow;
pub(crate) mod submit_policy;
pub(crate) mod update_network;
pub(crate) mod update_policy;
pub(crate) mod validate_policy;

/// An event about a policy.
pub(crate) fn event(name: &'static str, policy: &StoredPolicy) -> AuditEvent {
    AuditEvent::info(name).about("policy.policy", policy.id).with("key", policy.key.as_str())
}

/// An event about a network.
pub(crate) fn network_event(name: &'static str, network: &NamedNetwork) -> AuditEvent {
    AuditEvent::info(name)
        .about("policy.network", network.id)
        .with("key", network.key.as_str())
        .with("ranges", network.ranges.clone())
}

/// The network with this id, locked.
///
/// # Errors
/// 404 where there is none.
pub(crate) async fn locked_network(tx: &mut TenantTx, id: NetworkId) -> Result<NamedNetwork, Error> {
    networks::lock(tx, id).await?.ok_or(Error::NotFound(Thing::Network))
}

/// The policy with this id, locked.
///
/// # Errors
/// 404 where there is none.
pub(crate) async fn locked(tx: &mut TenantTx, id: PolicyId) -> Result<StoredPolicy, Error> {
    policies::lock(tx, id).await?.ok_or(Error::NotFound(Thing::Policy))
}

/// The policy with this id, as it is read.
///
/// # Errors
/// 404 where there is none.
pub(crate) async fn found(tx: &mut TenantTx, id: PolicyId) -> Result<StoredPolicy, Error> {
    policies::find(tx, id).await?.ok_or(Error::NotFound(Thing::Policy))
}

/// What is in force, and what would be with the draft of a policy.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn with_draft(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    (policy, draft): (&StoredPolicy, &PolicyDocument),
) -> Result<[Arc<PolicySet>; 2], DbError> {
    Ok([deps.live.get(tx).await?, deps.live.with(tx, &candidate(policy, draft)).await?])
}

/// By which word somebody is held against others: the principal, however they signed in, where the tenant knows one.
pub(crate) fn who(caller: &Caller) -> String {
    caller.principal().map_or_else(|| caller.context().actor().id.clone(), |id| id.to_string())
}

/// The policy with one more author of its draft.
pub(crate) fn written_by(policy: StoredPolicy, who: &str) -> StoredPolicy {
    let mut policy = policy;
    if !policy.draft_authors.iter().any(|author| author == who) {
        policy.draft_authors.push(who.to_owned());
    }
    policy
}
