//! Reads an entry between two legal entities.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::ENTRY;
use crate::error::Error;
use crate::model::entry::{Entry, EntryMark};
use crate::store::entries;

/// Get an entry between two legal entities
///
/// With the lines in the books of both, and what they are worth there.
#[utoipa::path(
    get,
    path = "/v1/group/entries/{id}",
    operation_id = "group.get_entry",
    tag = "group",
    params(("id" = String, Path, description = "Id of the entry", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The entry",
            body = Entry,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "relation": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074",
                "date": "2025-03-31", "currency": "EUR", "amount": "500.00", "reference": "IC-7", "state": "posted",
                "from": {"entity": "alpha", "baseCurrency": "EUR", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                    "number": "JE-2025-000001", "lines": [
                        {"account": "6100 Rent", "amount": "-500.00", "base": "-500.00", "isDue": false},
                        {"account": "1400 Due from Beta", "amount": "500.00", "base": "500.00", "isDue": true}]},
                "to": {"entity": "beta", "baseCurrency": "USD", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                    "number": "JE-2025-000001", "lines": [
                        {"account": "6100 Rent", "amount": "500.00", "base": "540.80", "isDue": false},
                        {"account": "2410 Due to Alpha", "amount": "-500.00", "base": "-540.80", "isDue": true}]},
                "createdAt": "2025-04-02T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<EntryMark>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    let entry = entries::find(&mut read.tx, id).await?.ok_or(Error::EntryNotFound)?;
    read.reply(entry.version, &entry)
}
