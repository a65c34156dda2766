//! Looks what the unmatched lines of an account might be.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::held::{check_not_signed_off, hold_account};
use crate::knowledge::gather;
use crate::model::bank_account::{BankAccount, BankAccountId};
use crate::model::line::{Line, LineState};
use crate::model::matching::suggest;
use crate::store::lines;

/// Most lines that are looked at in one request.
const MOST_LINES: i64 = 500;

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::Suggested)]
pub(crate) struct Suggested {
    /// Lines that were looked at, oldest first, at most 500.
    lines: usize,
    /// Those for which there are suggestions.
    suggested: usize,
}

/// Suggest matches
///
/// Looks at the lines of the account that nobody has matched, and writes down for each what it might be: open items by amount,
/// reference and payer, sums of several, several lines for one item, orders that were given to the bank, and rules.
#[utoipa::path(
    post,
    path = "/v1/banking/accounts/{id}/suggest-matches",
    operation_id = "banking.suggest_matches",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the account", format = Uuid)),
    responses(
        (status = 200, description = "How many", body = Suggested, example = json!({"lines": 12, "suggested": 9})),
        ChangeProblems
    )
)]
pub(crate) async fn suggest_matches(
    State(deps): State<Deps>,
    PathId(id): PathId<BankAccount>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    let done = execute(&mut cmd.tx, &deps, id).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    id: BankAccountId,
) -> Result<Done<Suggested>, Error> {
    let account = hold_account(tx, id).await?;
    let found = lines::unmatched(tx, id, MOST_LINES).await?;
    let found: Vec<Line> =
        found.into_iter().filter(|line| check_not_signed_off(&account, line).is_ok()).collect();
    let knowledge = gather(tx, deps, &account, &found).await?;
    let all: Vec<&Line> = found.iter().collect();
    let mut suggested = 0;
    for line in &found {
        let suggestions = suggest(line, &all, &knowledge);
        suggested += usize::from(!suggestions.is_empty());
        if suggestions != line.suggestions {
            let state = if suggestions.is_empty() { LineState::New } else { LineState::Suggested };
            lines::update(tx, &Line { state, suggestions, ..line.clone() }).await?;
        }
    }

    let event = AuditEvent::info("banking.suggest_matches")
        .about("banking.account", id)
        .with("lines", found.len())
        .with("suggested", suggested);
    Ok(Done::new(Suggested { lines: found.len(), suggested }, event))
}
