//! Reads one line of a statement.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::LINE;
use crate::error::Error;
use crate::model::line::Line;
use crate::store::lines;

/// Get a line of a statement
///
/// With what it might be, best first, and why.
#[utoipa::path(
    get,
    path = "/v1/banking/lines/{id}",
    operation_id = "banking.get_line",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the line of a statement", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The line of a statement",
            body = Line,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "statement": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "lineNo": 1, "bookedOn": "2024-05-02", "amount": "119.00",
                "currency": "EUR", "isReversal": false, "state": "suggested", "version": 2, "suggestions": [{"score": 85, "reasons": [
                    {"code": "reference_found", "points": 50, "text": "the text has the reference RE 7"},
                    {"code": "amount_equal", "points": 35, "text": "119.00 is open"}], "match": {"items": [
                        {"item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "amount": "119.00", "account": "1400",
                            "party": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075", "reference": "RE 7"}]}}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_line(
    State(deps): State<Deps>,
    PathId(id): PathId<Line>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (LINE, id.uuid()), Error::LineNotFound).await?;
    let found = lines::find(&mut read.tx, id).await?.ok_or(Error::LineNotFound)?;
    read.reply(found.version, &found)
}
