//! Reads what the books said when a period was signed off.

use athyper_kernel_db::ReadTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{CloseState, PeriodClose, PeriodCloseId};
use crate::model::snapshot::Snapshot;
use crate::store::{closes, snapshots};

/// A snapshot with its digest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::PeriodSnapshot)]
pub(crate) struct PeriodSnapshot {
    /// Id of the close.
    #[schema(value_type = String, format = Uuid)]
    close: PeriodCloseId,
    /// SHA-256 over the canonical form, in hexadecimal, as it was when the close was signed off.
    digest: String,
    /// What the books said.
    snapshot: Snapshot,
}

/// Get the snapshot of a signed-off close
///
/// Trial balance by account and currency and in base currency, open items, and how far numbers were given, as they were when the
/// close was signed off: the same for ever, also after the period was reopened.
#[utoipa::path(
    get,
    path = "/v1/closing/period-closes/{id}/snapshot",
    operation_id = "closing.get_period_snapshot",
    tag = "closing",
    params(("id" = String, Path, description = "Id of the close", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The snapshot",
            body = PeriodSnapshot,
            example = json!({"close": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2",
                "snapshot": {"entity": "main", "startsOn": "2025-03-01", "endsOn": "2025-03-31", "baseCurrency": "EUR",
                    "balances": [{"account": "1000 Bank EUR", "name": "1000 Bank EUR", "type": "asset", "use": "bank",
                        "currency": "EUR", "amount": "1000.00", "base": "1000.00"}],
                    "openItems": [], "series": [{"book": "general", "fiscalYear": "2025-01-01", "journals": 1,
                        "number": "JE-2025-000001", "sequence": 1}]}})
        ),
        (status = 409, description = "It is not signed off", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn get_period_snapshot(
    State(deps): State<Deps>,
    PathId(id): PathId<PeriodClose>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let (close, digest) = signed(&mut read.tx, &deps, &caller, id).await?;
    let snapshot = snapshots::of_close(&mut read.tx, &close).await?;
    read.reply(close.version, &PeriodSnapshot { close: close.id, digest, snapshot })
}

/// A close that was signed off, and its digest.
pub(crate) async fn signed(
    tx: &mut ReadTx,
    deps: &Deps,
    caller: &Caller,
    id: PeriodCloseId,
) -> Result<(PeriodClose, String), Problem> {
    deps.records.check_on(tx, caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    let found = closes::find(tx, id).await.map_err(Error::from)?;
    let close = found.ok_or(Error::CloseNotFound)?;
    match (close.state, close.digest.clone()) {
        (CloseState::SignedOff | CloseState::Reopened, Some(digest)) => Ok((close, digest)),
        _ => Err(Error::NotSignedOff.into()),
    }
}
