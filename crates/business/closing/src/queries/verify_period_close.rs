//! Holds the books of this moment against what they said when a period was signed off.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::problem;
use crate::model::close::{PeriodClose, PeriodCloseId};
use crate::model::snapshot::{Difference, differences};
use crate::proving::take_snapshot;
use crate::queries::get_period_snapshot::signed;
use crate::store::snapshots;

/// Most differences that are shown.
const MOST_DIFFERENCES: usize = 1_000;

/// How a snapshot and the books of the moment compare.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::Verification)]
pub(crate) struct Verification {
    /// Id of the close.
    #[schema(value_type = String, format = Uuid)]
    close: PeriodCloseId,
    /// Whether the snapshot is what was signed off: its content has the digest of then.
    is_intact: bool,
    /// Whether the books of the moment say the same of the period's end.
    agrees: bool,
    /// In how many places they do not.
    count: usize,
    /// Where, the first 1,000.
    differences: Vec<Difference>,
}

/// Verify a signed-off close
///
/// Whether the snapshot still has the digest that was signed, and where the books of this moment say something else of the end of
/// the period, as after a reopening.
#[utoipa::path(
    get,
    path = "/v1/closing/period-closes/{id}/verification",
    operation_id = "closing.verify_period_close",
    tag = "closing",
    params(("id" = String, Path, description = "Id of the close", format = Uuid)),
    responses(
        (
            status = 200,
            description = "What was found",
            body = Verification,
            example = json!({"close": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "isIntact": true, "agrees": false, "count": 1,
                "differences": [{"of": "balance", "subject": "6100 Rent EUR", "kept": "900 at 900", "present": "1200 at 1200"}]})
        ),
        (status = 409, description = "It is not signed off", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn verify_period_close(
    State(deps): State<Deps>,
    PathId(id): PathId<PeriodClose>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let (close, digest) = signed(&mut read.tx, &deps, &caller, id).await?;
    let kept = snapshots::of_close(&mut read.tx, &close).await?;
    let period = deps.periods.find(&mut read.tx, close.period).await?;
    let present = take_snapshot(&mut read.tx, &deps, &period).await.map_err(problem)?;
    let mut found = differences(&kept, &present);
    let count = found.len();
    found.truncate(MOST_DIFFERENCES);
    let verification = Verification {
        close: close.id,
        is_intact: kept.digest() == digest,
        agrees: count == 0,
        count,
        differences: found,
    };
    // The books change without the close: what was found is never "not modified".
    Ok(Reply::ok(&verification)?.version(close.version))
}
