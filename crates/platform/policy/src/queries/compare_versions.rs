//! Says what is different between two versions of a policy, or a version and the draft.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_policy::PolicyDocument;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Thing};
use crate::model::diff::{RuleChange, diff};
use crate::model::policy::{PolicyId, StoredPolicy};
use crate::store::{policies, versions};

/// Which versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareVersions {
    /// The version to begin with; 0 for no rules at all.
    from: i64,
    /// The version to come to; the draft when left out.
    to: Option<i64>,
}

/// What is different between two versions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Comparison)]
pub(crate) struct Comparison {
    /// The version to begin with.
    from: i64,
    /// The version to come to; none for the draft.
    to: Option<i64>,
    /// What becomes of rules on the way, by key.
    changes: Vec<RuleChange>,
}

/// Compare two versions of a policy
///
/// Rule by rule, whichever is the older; or a version with the draft.
#[utoipa::path(
    get,
    path = "/v1/policy/policies/{id}/compare",
    operation_id = "policy.compare_versions",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid), CompareVersions),
    responses((status = 200, description = "What changes", body = Comparison), RecordProblems)
)]
pub(crate) async fn compare_versions(
    PathId(id): PathId<StoredPolicy>,
    mut read: Read<CompareVersions>,
) -> Result<Reply, ProblemResponse> {
    let (version, comparison) = execute(&mut read.tx, id, &read.query).await?;
    read.reply(version, &comparison)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: PolicyId,
    query: &CompareVersions,
) -> Result<(i64, Comparison), Error> {
    let policy = policies::find(tx, id).await?.ok_or(Error::NotFound(Thing::Policy))?;
    let before = match query.from {
        0 => PolicyDocument::default(),
        from => document(tx, id, from).await?,
    };
    let after = match query.to {
        Some(to) => document(tx, id, to).await?,
        None => policy.draft.ok_or(Error::NoDraft)?,
    };
    let comparison = Comparison { from: query.from, to: query.to, changes: diff(&before, &after) };
    Ok((policy.version, comparison))
}

async fn document(tx: &mut ReadTx, id: PolicyId, version: i64) -> Result<PolicyDocument, Error> {
    let found = versions::find(tx, id, version).await?;
    Ok(found.ok_or(Error::NotFound(Thing::Version))?.document)
}
