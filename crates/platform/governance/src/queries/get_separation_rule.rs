//! Reads one rule of separation.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::separation::SeparationRule;
use crate::store::separation;

/// Get a rule of separation
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/governance/separation-rules/{id}",
    operation_id = "governance.get_separation_rule",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the rule", format = Uuid)),
    responses((status = 200, description = "The rule", body = SeparationRule, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Enter and post",
        "left": {"permission": "finance.create_journal"}, "right": {"permission": "finance.post_journal"}, "version": 1})), RecordProblems)
)]
pub(crate) async fn get_separation_rule(
    PathId(id): PathId<SeparationRule>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = separation::find_rule(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Rule))?;
    read.reply(found.version, &found)
}
