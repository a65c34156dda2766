//! Undoes an allocation: what it settled is open again, and the difference that it posted is taken back.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Allocated, Day, PostingControl};
use athyper_kernel_types::Reason;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::allocate_items::{AllocationBody, scaled};
use crate::commands::reverse_journal::{default_date, reverse};
use crate::entities::ALLOCATION;
use crate::error::Error;
use crate::posting::{PostingRights, enter_periods};
use crate::store::allocations::{self, StoredAllocation};
use crate::store::items::{NewSettlement, SettledBy};
use crate::store::{items, journals, legal_entities};

/// From when on, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::UndoAllocation)]
pub(crate) struct UndoAllocation {
    /// The day from which it no longer counts, not before its own. Left out: its own day if that still takes postings, else the
    /// first later day that does.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// Why it is undone; it is kept with the allocation and in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Undo an allocation
///
/// Both items are open again by what it took off them, and the realised difference that it posted is reversed. The allocation
/// itself stays as it was written, marked as undone; it is undone once.
#[utoipa::path(
    post,
    path = "/v1/finance/allocations/{id}/undo",
    operation_id = "finance.undo_allocation",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the allocation", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is undone")
    ),
    request_body(content = UndoAllocation, example = json!({"date": "2025-03-31", "reason": "Another invoice was meant"})),
    responses((status = 200, description = "What is open of both items now", body = AllocationBody), ChangeProblems)
)]
pub(crate) async fn undo_allocation(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredAllocation>,
    mut cmd: Command<Json<UndoAllocation>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let found = allocations::lock(&mut cmd.tx, id).await?.ok_or(Error::AllocationNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ALLOCATION, id.uuid()), Error::AllocationNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, &found, &cmd.body.0, rights).await?;
    let reply = Reply::ok(&done.output)?.version(found.version + 1);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: &StoredAllocation,
    input: &UndoAllocation,
    rights: PostingRights,
) -> Result<Done<AllocationBody>, Error> {
    let reason = input.reason.as_str();
    let (date, undone) = undo(tx, &*deps.control, found, (input.date.map(Day::date), reason), rights).await?;
    let body = AllocationBody::from(undone);
    let event = AuditEvent::info("finance.undo_allocation")
        .about(ALLOCATION, found.id)
        .with("debit", found.debit.to_string())
        .with("credit", found.credit.to_string())
        .with("amount", found.amount.normalize().to_string())
        .with("difference", body.difference.as_str())
        .with("date", date.to_string())
        .with("reason", reason);
    Ok(Done::new(body, event))
}

/// Opens both items of a locked allocation again, and reverses the journal of its difference. Gives the day and what is open then;
/// the difference is the one that is posted now, of the other sign.
///
/// # Errors
/// When it is undone already, the day lies before its own, or takes no postings.
pub(crate) async fn undo(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    found: &StoredAllocation,
    (date, reason): (Option<NaiveDate>, &str),
    rights: PostingRights,
) -> Result<(NaiveDate, Allocated), Error> {
    if found.undone_on.is_some() {
        return Err(Error::AllocationUndone);
    }
    let entity = legal_entities::find(tx, found.entity).await?.ok_or(Error::EntityNotFound)?;
    let date = match date {
        Some(date) if date < found.date => return Err(Error::UndoneBeforeAllocation { date: found.date }),
        Some(date) => date,
        None => default_date(tx, &entity, found.date).await?,
    };
    enter_periods(tx, &entity, None, [(date, None)], rights).await?;
    let mut items = items::lock(tx, entity.id, &[found.debit, found.credit]).await?;
    let (Some(mut debit), Some(mut credit)) = (items.remove(&found.debit), items.remove(&found.credit))
    else {
        return Err(Error::ItemNotFound);
    };
    debit.open += found.amount;
    debit.open_base += found.debit_base;
    credit.open -= found.amount;
    credit.open_base -= found.credit_base;

    let reversal = match found.journal {
        None => None,
        Some(journal) => {
            let journal = journals::lock(tx, journal).await?.ok_or(Error::JournalNotFound)?;
            let how = (Some(date), Some(reason.to_owned()));
            Some(reverse(tx, control, &journal, how, rights).await?.journal.id)
        }
    };
    allocations::mark_undone(tx, found.id, (date, reason), reversal).await?;
    let settlement = |item, amount, base| NewSettlement {
        item,
        date,
        amount,
        base,
        by: SettledBy::Allocation(found.id.uuid()),
    };
    let settlements = [
        settlement(found.debit, found.amount, found.debit_base),
        settlement(found.credit, -found.amount, -found.credit_base),
    ];
    let undone = Allocated {
        id: found.id.uuid(),
        debit_open: scaled(debit.open, debit.currency),
        credit_open: scaled(-credit.open, credit.currency),
        difference: scaled(found.credit_base - found.debit_base, entity.base_currency),
    };
    items::settle(tx, &settlements, &BTreeMap::from([(found.debit, debit), (found.credit, credit)])).await?;
    Ok((date, undone))
}
