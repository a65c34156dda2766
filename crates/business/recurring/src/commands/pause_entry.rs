//! Keeps an entry from being made for a time.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::change_state;
use crate::model::entry::{Entry, EntryState};

/// Pause a recurring entry
///
/// Nothing of it is posted until it is resumed; what was posted is still reversed on its day. What falls due meanwhile is made after that,
/// unless it is skipped.
#[utoipa::path(
    post,
    path = "/v1/recurring/entries/{id}/pause",
    operation_id = "recurring.pause_entry",
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
                "rhythm": {"every": "month", "interval": 1, "dayOfMonth": 31, "firstDay": "2025-01-31"}, "state": "paused", "nextNumber": 3,
                "nextOn": "2025-03-31", "version": 2, "createdAt": "2025-01-03T09:00:00Z", "createdBy": "ada",
                "lines": [{"account": "6100", "amount": "1200.00"}, {"account": "1600", "amount": "-1200.00"}]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn pause_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let change = ("recurring.pause_entry", EntryState::Paused);
    change_state(cmd, &deps, id, change, |state| state == EntryState::Active).await
}
