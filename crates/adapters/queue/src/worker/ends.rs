//! What becomes of a job at the end of a run, and the statement that records it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use athyper_kernel_db::{DbError, SystemReason, SystemTx};
use athyper_kernel_jobs::RowError;
use athyper_kernel_types::JobId;
use tokio::time::sleep;

use super::Shared;
use super::leases::Lease;
use crate::outage::Outage;
use crate::store::{self, Back, ClaimedRow, Held, Returned};

/// Code of an operation's error that is about the job as a whole.
const JOB_FAILED: &str = "platform.job_failed";
/// Longest message kept, in characters.
const LONGEST_MESSAGE: usize = 4_000;

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The handler succeeded; it may have completed the job itself.
    Succeeded,
    /// The handler failed, and another try may help.
    Retry(String),
    /// The handler failed for good.
    Abort { message: String, errors: Vec<RowError> },
    /// The handler asks to be called later.
    Snooze(Duration),
    /// Somebody else may have the job.
    LeaseLost,
    /// The job goes back because this process stops.
    Returned,
    /// Somebody asked that the job stop.
    Cancelled,
}

impl Outcome {
    /// What went wrong, for the log.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Retry(message) | Self::Abort { message, .. } => Some(message),
            _ => None,
        }
    }
}

/// What was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Succeeded,
    Retried,
    Dead,
    Snoozed,
    Returned,
    Cancelled,
    LeaseLost,
    /// The database refused the record: the lease runs out, and the job is rescued.
    Unrecorded,
}

impl Ending {
    /// The word for it in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::Snoozed => "snoozed",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
            Self::LeaseLost => "lease_lost",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// Records the end of a run. While the database does not answer it tries again, as long as the lease lasts.
pub(super) async fn record(
    shared: &Shared,
    row: &ClaimedRow,
    held: &Held,
    lease: &mut Lease,
    outcome: &Outcome,
) -> Ending {
    let mut outage = Outage::new("record the end of a job");
    let ending = loop {
        let recorded = tokio::select! {
            biased;
            () = lease.lost() => break Ending::LeaseLost,
            recorded = try_record(shared, row, held, outcome) => recorded,
        };
        match recorded {
            Ok(ending) => break ending,
            Err(error) if error.is_transient() => sleep(outage.failed(&error)).await,
            Err(error) => {
                tracing::error!(%error, "the end of a job cannot be recorded");
                break Ending::Unrecorded;
            }
        }
    };
    match ending {
        Ending::Succeeded => shared.stats.add_succeeded(),
        Ending::Retried => shared.stats.add_failed(),
        Ending::Dead => shared.stats.add_dead(),
        Ending::Snoozed | Ending::Returned | Ending::Cancelled | Ending::LeaseLost | Ending::Unrecorded => {}
    }
    ending
}

async fn try_record(
    shared: &Shared,
    row: &ClaimedRow,
    held: &Held,
    outcome: &Outcome,
) -> Result<Ending, DbError> {
    if *outcome == Outcome::LeaseLost {
        return Ok(Ending::LeaseLost);
    }
    // The end of a job behind a gate takes that gate's lock: one at a time, so that no two ends wait for each other.
    if *outcome == Outcome::Succeeded
        && !held.gated
        && let Some(recorded) = shared.acks.succeed(held).await
    {
        return Ok(if recorded { Ending::Succeeded } else { Ending::LeaseLost });
    }
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let backoff = shared.types.get(row.name.as_str()).map(|job_type| job_type.backoff).unwrap_or_default();
    // The run itself may have counted its attempts anew, by coming further than any before it.
    let attempt = store::stored_attempt(tx.conn(), held).await?.unwrap_or(row.attempt);
    let (ending, recorded) = match outcome {
        Outcome::Succeeded => {
            let kept = store::succeed(tx.conn(), &[held]).await?;
            (Ending::Succeeded, kept.contains(&held.token))
        }
        Outcome::Retry(message) if attempt < row.max_attempts => {
            let attempt = u32::try_from(attempt).unwrap_or(1);
            let delay = backoff.after(attempt);
            let message = storable(message);
            let back =
                Back { delay: delay + jitter(delay, held.id, attempt), counted: true, error: Some(&message) };
            return put_back(tx, held, &back, Ending::Retried).await;
        }
        // The message of a fault is for operators: it stays with the job.
        Outcome::Retry(message) => {
            let dead = store::bury(tx.conn(), held, &storable(message), &[], &[given_up()]).await?;
            (Ending::Dead, dead)
        }
        Outcome::Abort { message, errors } => {
            let message = storable(message);
            let rows: Vec<RowError> = errors.iter().map(storable_row).collect();
            let dead = if rows.is_empty() {
                let whole = RowError {
                    row: None,
                    column: None,
                    code: JOB_FAILED.to_owned(),
                    message: message.clone(),
                };
                store::bury(tx.conn(), held, &message, &[], &[whole]).await?
            } else {
                store::bury(tx.conn(), held, &message, &rows, &rows).await?
            };
            (Ending::Dead, dead)
        }
        Outcome::Snooze(delay) => {
            let back = Back { delay: *delay, counted: false, error: None };
            return put_back(tx, held, &back, Ending::Snoozed).await;
        }
        Outcome::Returned => {
            let back = Back { delay: Duration::ZERO, counted: false, error: None };
            return put_back(tx, held, &back, Ending::Returned).await;
        }
        Outcome::Cancelled => (Ending::Cancelled, store::cancel(tx.conn(), held).await?),
        Outcome::LeaseLost => (Ending::LeaseLost, false),
    };
    if !recorded {
        return Ok(Ending::LeaseLost);
    }
    tx.commit().await?;
    Ok(ending)
}

/// Puts the job back, unless somebody asked that it stop: then that is its end.
async fn put_back(mut tx: SystemTx, held: &Held, back: &Back<'_>, ending: Ending) -> Result<Ending, DbError> {
    let ending = match store::put_back(tx.conn(), held, back).await? {
        Returned::Waits => ending,
        Returned::Cancelled => Ending::Cancelled,
        Returned::LeaseLost => return Ok(Ending::LeaseLost),
    };
    tx.commit().await?;
    Ok(ending)
}

/// The error of an operation whose job was tried as often as it may be.
pub(super) fn given_up() -> RowError {
    RowError {
        row: None,
        column: None,
        code: JOB_FAILED.to_owned(),
        message: "the work failed every time it was tried and was given up; ask for it again later"
            .to_owned(),
    }
}

/// Up to a tenth of the delay, so that jobs that failed together do not come back together. It depends on job and
/// attempt alone, which spreads as well as chance does.
pub(crate) fn jitter(delay: Duration, job: JobId, attempt: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (job.uuid(), attempt).hash(&mut hasher);
    let per_mille = u32::try_from(hasher.finish() % 101).unwrap_or(0);
    delay.saturating_mul(per_mille) / 1_000
}

/// A text as PostgreSQL takes it: without NUL, and of bounded length.
pub(crate) fn storable(text: &str) -> String {
    text.chars()
        .take(LONGEST_MESSAGE)
        .map(|letter| if letter == '\0' { '\u{fffd}' } else { letter })
        .collect()
}

fn storable_row(error: &RowError) -> RowError {
    RowError {
        row: error.row,
        column: error.column.as_deref().map(storable),
        code: storable(&error.code),
        message: storable(&error.message),
    }
}
