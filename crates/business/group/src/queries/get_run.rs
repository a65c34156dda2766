//! Reads a consolidation.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RUN;
use crate::error::Error;
use crate::model::report::Run;
use crate::model::run::RunMark;
use crate::store::runs;

/// Get a consolidation
///
/// The trial balance with a column for each member, for what was stated by hand and what is eliminated, and for the group; what each
/// column sums up to; and what does not fit.
#[utoipa::path(
    get,
    path = "/v1/group/runs/{id}",
    operation_id = "group.get_run",
    tag = "group",
    params(("id" = String, Path, description = "Id of the consolidation", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The consolidation",
            body = Run,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "groupCode": "alpha-group", "from": "2025-01-01", "date": "2025-12-31", "currency": "EUR", "state": "draft",
                "members": [{"entity": "alpha", "currency": "EUR", "from": "2025-01-01", "rates": {"closing": "1", "closingIsStated": false,
                    "average": "1", "averageIsStated": false}, "accounts": 2, "debit": "1000.00", "credit": "1000.00"}],
                "accounts": [{"account": "Cash", "name": "Cash", "type": "asset", "members": {"alpha": "1000.00"}, "adjustments": "0.00",
                    "eliminations": "0.00", "group": "1000.00"}],
                "totals": [{"column": "group", "assets": "1000.00", "liabilities": "0.00", "equity": "1000.00", "income": "0.00",
                    "expenses": "0.00", "result": "0.00", "resultOfNonControlling": "0.00", "resultOfOwners": "0.00", "difference": "0.00"}],
                "differences": [], "agreements": [],
                "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2",
                "createdAt": "2026-02-02T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_run(
    State(deps): State<Deps>,
    PathId(id): PathId<RunMark>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (RUN, id.uuid()), Error::RunNotFound).await?;
    let run = runs::find(&mut read.tx, id).await?.ok_or(Error::RunNotFound)?;
    read.reply(run.version, &run.shown())
}
