//! State changes, one file each.

pub(crate) mod allocate_items;
pub(crate) mod close_period;
pub(crate) mod create_account;
pub(crate) mod create_account_rule;
pub(crate) mod create_journal;
pub(crate) mod create_legal_entity;
pub(crate) mod create_period;
pub(crate) mod delete_account_rule;
pub(crate) mod delete_journal;
pub(crate) mod lock_period_area;
pub(crate) mod post_journal;
pub(crate) mod rebuild_balances;
pub(crate) mod reopen_period;
pub(crate) mod reverse_journal;
pub(crate) mod soft_close_period;
pub(crate) mod undo_allocation;
pub(crate) mod unlock_period_area;
pub(crate) mod update_account;
pub(crate) mod update_journal;
pub(crate) mod update_legal_entity;

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_http::{Command, ProblemResponse, Reply};

use crate::Deps;
use crate::entities::PERIOD;
use crate::error::Error;
use crate::model::period::{Period, PeriodId};
use crate::store::periods;

/// Locks the period that a command changes.
///
/// # Errors
/// When there is no such period for the caller, or it has another version than is meant.
async fn locked_period<B>(
    cmd: &mut Command<B>,
    deps: &Deps,
    id: PeriodId,
) -> Result<Period, ProblemResponse> {
    let period = periods::lock(&mut cmd.tx, id).await?.ok_or(Error::PeriodNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PERIOD, id.uuid()), Error::PeriodNotFound).await?;
    cmd.check_version(period.version)?;
    Ok(period)
}

/// Ends a command that has changed a period: the event says what changed, the answer is the period as it is now.
async fn finish_period<B>(
    cmd: Command<B>,
    event: AuditEvent,
    before: &Period,
    after: &Period,
) -> Result<Reply, ProblemResponse> {
    let event = event
        .about(PERIOD, after.id)
        .with("name", after.name.as_str())
        .with("changes", changes(before, after));
    let reply = Reply::ok(after)?.version(after.version);
    cmd.finish(event, reply).await
}
