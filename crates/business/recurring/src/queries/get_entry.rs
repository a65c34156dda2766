//! Reads one entry.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::ENTRY;
use crate::error::Error;
use crate::model::entry::Entry;
use crate::store::entries;

/// Get a recurring entry
#[utoipa::path(
    get,
    path = "/v1/recurring/entries/{id}",
    operation_id = "recurring.get_entry",
    tag = "recurring",
    params(("id" = String, Path, description = "Id of the entry", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The entry",
            body = Entry,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "name": "Office rent", "currency": "EUR",
                "rhythm": {"every": "month", "interval": 1, "dayOfMonth": 31, "firstDay": "2025-01-31"}, "state": "active", "nextNumber": 3,
                "nextOn": "2025-03-31", "version": 2, "createdAt": "2025-01-03T09:00:00Z", "createdBy": "ada",
                "lines": [{"account": "6100", "amount": "1200.00"}, {"account": "1600", "amount": "-1200.00"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    let found = entries::find(&mut read.tx, id).await?.ok_or(Error::EntryNotFound)?;
    read.reply(found.version, &found)
}
