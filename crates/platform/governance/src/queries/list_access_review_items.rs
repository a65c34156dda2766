//! Lists the bindings in an access review, with what was decided.

use std::collections::HashMap;

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::BindingId;
use crate::model::review::{AccessReview, ReviewId, ReviewItem};
use crate::ports::Access;
use crate::store::reviews;

/// List the bindings in an access review
///
/// By their ids, with what was decided and what became of them.
#[utoipa::path(
    get,
    path = "/v1/governance/access-reviews/{id}/items",
    operation_id = "governance.list_access_review_items",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the review", format = Uuid), PageRequest),
    responses((status = 200, description = "A page", body = Page<ReviewItem>, example = json!({"items": [{"binding": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "subject": {"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"},
        "role": "6f1b4c1e-6f2b-5d0a-9b8e-0c6a2f6f7d11", "scope": {"kind": "tenant"}, "decision": "keep",
        "decidedBy": "ada"}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_access_review_items(
    State(deps): State<Deps>,
    PathId(id): PathId<AccessReview>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &*deps.access, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    access: &dyn Access,
    id: ReviewId,
    query: &PageRequest,
) -> Result<Page<ReviewItem>, Error> {
    reviews::find(tx, id).await?.ok_or(Error::NotFound(Thing::Review))?;
    let sort = format!("access review items binding {id}");
    let after: Option<Uuid> = query.keys(&sort)?;
    let rows = reviews::items(tx, id, after, query.fetch_limit()).await?;
    let ids: Vec<BindingId> = rows.iter().map(|row| row.binding).collect();
    let found = access.bindings(tx, &ids).await?;
    let known: HashMap<BindingId, _> = found.into_iter().map(|binding| (binding.id, binding)).collect();
    let item = |row: reviews::Item| {
        let binding = known.get(&row.binding)?;
        Some(ReviewItem {
            binding: binding.id,
            subject: binding.subject,
            role: binding.role,
            scope: binding.scope.clone(),
            decision: row.decision,
            note: row.note,
            decided_by: row.decided_by,
            outcome: row.outcome,
        })
    };
    let items = rows.into_iter().filter_map(item).collect();
    Ok(Page::from_rows(items, query, &sort, |item: &ReviewItem| item.binding)?)
}
