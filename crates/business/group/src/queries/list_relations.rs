//! Lists relations.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::RELATION;

/// List relations
///
/// The newest first. `a` is the one whose code comes first.
#[utoipa::path(
    get,
    path = "/v1/group/relations",
    operation_id = "group.list_relations",
    tag = "group",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2025-01-02T09:00:00.000000Z", "createdBy": "ada", "aEntity": "alpha", "aDueFrom": "1400 Due from Beta",
                "aDueTo": "2400 Due to Beta", "bEntity": "beta", "bDueFrom": "1410 Due from Alpha", "bDueTo": "2410 Due to Alpha",
                "validFrom": "2025-01-01"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_relations(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, RELATION).await
}
