//! Reads the close of a period with its checklist.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::problem;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::PeriodClose;
use crate::proving::checklist;
use crate::store::closes;

/// Get the close of a period
///
/// With its checklist: while it is open, each step is proven anew whenever it is looked at, with its figures, and where it does not hold
/// with what to do and where. Once it is signed off they are what was proven then.
#[utoipa::path(
    get,
    path = "/v1/closing/period-closes/{id}",
    operation_id = "closing.get_period_close",
    tag = "closing",
    params(("id" = String, Path, description = "Id of the close", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The close",
            body = PeriodClose,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "period": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "2025-03", "startsOn": "2025-03-01",
                "endsOn": "2025-03-31", "baseCurrency": "EUR", "state": "open", "createdAt": "2025-04-02T09:00:00Z",
                "createdBy": "ada", "version": 1, "checklist": {"isComplete": false,
                    "proven": [{"step": "invoicing.invoices_posted", "title": "No invoice or note of the period is a draft",
                        "isProven": false, "count": 1, "figures": [{"subject": "Ada Ltd",
                            "text": "draft of 2025-03-31 over 1190 EUR, id 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073"}],
                        "remedy": "post the drafts, date them later, or delete them",
                        "link": "/v1/invoicing/invoices?filter=state+%3D%3D+%22draft%22"}],
                    "manual": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "text": "Count the stock", "who": "Warehouse"}]}})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_period_close(
    State(deps): State<Deps>,
    PathId(id): PathId<PeriodClose>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    let mut close = closes::find(&mut read.tx, id).await?.ok_or(Error::CloseNotFound)?;
    close.checklist = Some(checklist(&mut read.tx, &deps, &close).await.map_err(problem)?);
    // What is proven changes without it: an open one is never "not modified".
    Ok(Reply::ok(&close)?.version(close.version))
}
