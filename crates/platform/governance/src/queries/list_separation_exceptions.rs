//! Lists the exceptions of a rule of separation.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::{Error, Thing};
use crate::model::separation::{SeparationException, SeparationRule};
use crate::store::separation;

/// List the exceptions of a rule
///
/// Oldest first, also those that have run out.
#[utoipa::path(
    get,
    path = "/v1/governance/separation-rules/{id}/exceptions",
    operation_id = "governance.list_separation_exceptions",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the rule", format = Uuid), PageRequest),
    responses((status = 200, description = "A page", body = Page<SeparationException>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "rule": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
        "reason": "one bookkeeper in August", "expiresAt": "2025-08-31T00:00:00Z", "createdBy": "ada"}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_separation_exceptions(
    PathId(id): PathId<SeparationRule>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: athyper_kernel_types::Id<SeparationRule>,
    query: &PageRequest,
) -> Result<Page<SeparationException>, Error> {
    separation::find_rule(tx, id).await?.ok_or(Error::NotFound(Thing::Rule))?;
    let sort = format!("separation exceptions id {id}");
    let after: Option<uuid::Uuid> = query.keys(&sort)?;
    let rows = separation::list_exceptions(tx, id, after, query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}
