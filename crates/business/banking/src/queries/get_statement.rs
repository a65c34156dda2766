//! Reads one statement.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::STATEMENT;
use crate::error::Error;
use crate::model::statement_record::StatementRecord;
use crate::store::statements;

/// Get a statement
///
/// With its balances; its lines are in the list of lines, whose `statement` is its id.
#[utoipa::path(
    get,
    path = "/v1/banking/statements/{id}",
    operation_id = "banking.get_statement",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the statement", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The statement",
            body = StatementRecord,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "format": "mt940", "sha256": "", "currency": "EUR", "opening": "100.00", "closing": "119.00", "lines": 1, "knownLines": 0,
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_statement(
    State(deps): State<Deps>,
    PathId(id): PathId<StatementRecord>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (STATEMENT, id.uuid()), Error::StatementNotFound).await?;
    let found = statements::find(&mut read.tx, id).await?.ok_or(Error::StatementNotFound)?;
    read.reply(found.version, &found)
}
