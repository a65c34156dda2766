//! Lets an entry go on.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::change_state;
use crate::model::entry::{Entry, EntryState};

/// Resume a recurring entry
///
/// What fell due while it was paused is made by the next run.
#[utoipa::path(
    post,
    path = "/v1/recurring/entries/{id}/resume",
    operation_id = "recurring.resume_entry",
    tag = "recurring",
    params(
        ("id" = String, Path, description = "Id of the entry", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    responses(
        (
            status = 200,
            description = "The entry as it is now",
            body = Entry,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "name": "Office rent", "currency": "EUR",
                "rhythm": {"every": "month", "interval": 1, "dayOfMonth": 31, "firstDay": "2025-01-31"}, "state": "active", "nextNumber": 3,
                "nextOn": "2025-03-31", "version": 2, "createdAt": "2025-01-03T09:00:00Z", "createdBy": "ada",
                "lines": [{"account": "6100", "amount": "1200.00"}, {"account": "1600", "amount": "-1200.00"}]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn resume_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let change = ("recurring.resume_entry", EntryState::Active);
    change_state(cmd, &deps, id, change, |state| state == EntryState::Paused).await
}
