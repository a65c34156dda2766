//! Undoes an allocation: what it settled is open again, in the ledger and in the documents.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Allocation, Day, tenant_defaults};
use athyper_kernel_types::{Currency, Id, Reason};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::drafting::invalid;
use crate::error::Error;
use crate::posting::PostingRights;
use crate::settling;
use crate::store::invoices::in_units;
use crate::store::items::{self, Settled};

/// From when on, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::UndoAllocation)]
pub(crate) struct UndoAllocation {
    /// The day from which it no longer counts, not before its own; today, where the tenant keeps its books, if it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// Why it is undone; it is kept with the allocation and in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// An allocation that was undone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::UndoneAllocation)]
pub(crate) struct UndoneAllocation {
    /// Id of the allocation.
    id: Uuid,
    /// The day from which it no longer counts.
    date: NaiveDate,
    /// The items that it settled, as they are open now.
    reopened: Vec<ReopenedItem>,
}

/// An item that an allocation had settled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::ReopenedItem)]
pub(crate) struct ReopenedItem {
    /// Id of the open item.
    id: Uuid,
    /// Currency.
    currency: Currency,
    /// What is open of it: above zero for what is owed to us, below for what we owe.
    #[schema(value_type = String, example = "50.00")]
    open: Decimal,
}

/// Undo an allocation
///
/// Both items are open again by what it took off them, their documents and payments follow, and the realised difference is
/// reversed. An allocation is undone once. One that was made in the ledger is undone there.
#[utoipa::path(
    post,
    path = "/v1/invoicing/allocations/{id}/undo",
    operation_id = "invoicing.undo_allocation",
    tag = "invoicing",
    params(("id" = String, Path, description = "Id of the allocation", format = Uuid)),
    request_body(content = UndoAllocation, example = json!({"date": "2025-03-31", "reason": "Another invoice was meant"})),
    responses((status = 200, description = "What is open again", body = UndoneAllocation), ChangeProblems)
)]
pub(crate) async fn undo_allocation(
    State(deps): State<Deps>,
    PathId(id): PathId<Allocation>,
    mut cmd: Command<Json<UndoAllocation>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let done = execute(&mut cmd.tx, &deps, id, &cmd.body.0, rights).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    id: Id<Allocation>,
    input: &UndoAllocation,
    rights: PostingRights,
) -> Result<Done<UndoneAllocation>, Error> {
    let allocated = items::allocated_by(tx, id.uuid()).await?;
    let made_on = allocated.iter().map(|(_, date)| *date).max().ok_or(Error::AllocationNotFound)?;
    let today = tenant_defaults::today(tx.context(), &deps.clock);
    let date = input.date.map_or_else(|| today.max(made_on), Day::date);
    if date < made_on {
        return Err(invalid("/date", "before_allocation", "an allocation is not undone before its own day"));
    }
    let ids: Vec<Uuid> = allocated.into_iter().map(|(item, _)| item).collect();
    let (documents, of_payments) = settling::lock_behind(tx, deps, &ids).await?;

    let before = settling::carried(tx, deps, &ids).await?;
    let reason = input.reason.as_str();
    deps.ledger
        .undo_allocation(tx, id.uuid(), Some(date), reason, rights.into_soft_closed)
        .await
        .map_err(Error::ledger)?;
    settling::record(tx, deps, &ids, &before, (date, Settled::Undo(id.uuid()))).await?;
    settling::refresh(tx, &documents, &of_payments).await?;

    let mut reopened = Vec::with_capacity(ids.len());
    for row in items::find(tx, &ids).await? {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of item {}", row.id)))?;
        reopened.push(ReopenedItem { id: row.id, currency, open: in_units(row.open, currency) });
    }
    let event = AuditEvent::info("invoicing.undo_allocation")
        .about("invoicing.allocation", id)
        .with("items", ids.iter().map(Uuid::to_string).collect::<Vec<_>>())
        .with("date", date.to_string())
        .with("reason", reason);
    Ok(Done::new(UndoneAllocation { id: id.uuid(), date, reopened }, event))
}
