//! Ends an entry before its time.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::change_state;
use crate::model::entry::{Entry, EntryState};

/// End a recurring entry
///
/// No more of it falls due. What is due already is still made, unless it is skipped, and what was posted is reversed on its day.
#[utoipa::path(
    post,
    path = "/v1/recurring/entries/{id}/end",
    operation_id = "recurring.end_entry",
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
                "rhythm": {"every": "month", "interval": 1, "dayOfMonth": 31, "firstDay": "2025-01-31"}, "state": "ended", "nextNumber": 3,
                "nextOn": "2025-03-31", "version": 2, "createdAt": "2025-01-03T09:00:00Z", "createdBy": "ada",
                "lines": [{"account": "6100", "amount": "1200.00"}, {"account": "1600", "amount": "-1200.00"}]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn end_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let change = ("recurring.end_entry", EntryState::Ended);
    change_state(cmd, &deps, id, change, |state| state != EntryState::Ended).await
}
