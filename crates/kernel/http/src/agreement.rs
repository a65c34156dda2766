//! Where a request stands with those who have to agree to it: what was given, what is needed, and what was used.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{Problem, ProblemKind};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::access::canonical_role;
use crate::approvals::{Approvals, Given, Proposal};
use crate::problem::ProblemCode;
use crate::proposal::{Unfit, propose};
use crate::rights::{Rights, access_denied};
use crate::{Caller, Edge, ProblemResponse, idempotency};

/// Code of a request that waits for somebody.
pub(crate) const REQUIRED: &str = "policy.approval_required";

/// A request to which somebody may have to agree.
pub(crate) struct Agreement {
    approvals: Arc<dyn Approvals>,
    proposal: Result<Proposal, Unfit>,
    given: Vec<Given>,
    /// It was answered before, and is answered so again.
    is_repeated: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Roles for which it went on because one of them agreed.
    used: BTreeSet<String>,
    /// Roles of which none has agreed.
    missing: BTreeSet<String>,
    /// It was let in to be answered as before, and for nothing else.
    is_only_repeated: bool,
    /// Approvals were used in a transaction of the request.
    is_taken: bool,
}

impl std::fmt::Debug for Agreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agreement")
            .field("given", &self.given)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Agreement {
    /// Looks up what was agreed to, where policies may ask for that; none where they do not, or nobody keeps approvals.
    ///
    /// # Errors
    /// When the body cannot be read, or the database does not answer.
    pub(crate) async fn begin(
        edge: &Edge,
        rights: &Rights,
        operation: &Arc<str>,
        request: &mut Request,
    ) -> Result<Option<Self>, Problem> {
        let Some(approvals) = &edge.approvals else { return Ok(None) };
        if rights.is_looking() || !rights.may_need_approval(operation) {
            return Ok(None);
        }
        let approvals = Arc::clone(approvals);
        let with = |proposal, given, is_repeated| {
            Some(Self {
                approvals: Arc::clone(&approvals),
                proposal,
                given,
                is_repeated,
                state: Mutex::default(),
            })
        };
        if approvals.is_own(operation) {
            return Ok(with(Err(Unfit::Own), Vec::new(), false));
        }
        let (operations, limit) = (&edge.access.operations, edge.limits.body_bytes);
        let read = propose(operations, (rights.context(), operation), limit, request).await?;
        let Ok(proposal) = read.proposal else { return Ok(with(read.proposal, Vec::new(), false)) };
        let mut tx = edge.database.read_tx(rights.context()).await?;
        let given = approvals.given(&mut tx, rights, &proposal).await?;
        let is_repeated = match &read.key {
            Some(key) => idempotency::is_answered(&mut tx, key, &rights.context().actor().id).await?,
            None => false,
        };
        Ok(with(Ok(proposal), given, is_repeated))
    }

    /// Notes that a holder of this role has to agree.
    ///
    /// # Errors
    /// 403 where none has, 403 or 428 where none can.
    pub(crate) fn need(&self, role: &str) -> Result<(), Problem> {
        match self.proposal {
            Err(Unfit::Own) => return Ok(()),
            Err(unfit) => return Err(unfit.refusal(role)),
            Ok(_) => {}
        }
        let role = canonical_role(role);
        let mut state = self.state();
        if self.given.iter().any(|given| given.role == role) {
            state.used.insert(role.to_owned());
            return Ok(());
        }
        state.missing.insert(role.to_owned());
        Err(required(role))
    }

    /// Lets a request in that was answered before, by its idempotency key, so that it is answered so again: nothing is done then,
    /// and nothing is needed. Whether it is one.
    pub(crate) fn lets_repeat(&self) -> bool {
        self.state().is_only_repeated |= self.is_repeated;
        self.is_repeated
    }

    /// Asks for the approvals that are missing, writes that down, and gives the problem that names them; none where none is
    /// missing.
    ///
    /// # Errors
    /// When too much waits already, or the database does not answer.
    pub(crate) async fn ask(
        &self,
        edge: &Edge,
        rights: &Rights,
        trace: impl FnOnce(AuditEvent) -> AuditEvent,
    ) -> Result<Option<Problem>, Problem> {
        let Ok(proposal) = &self.proposal else { return Ok(None) };
        let missing: Vec<String> = self.state().missing.iter().cloned().collect();
        let Some(role) = missing.first() else { return Ok(None) };
        let mut tx = edge.database.tenant_tx(rights.context()).await?;
        let asked = self.approvals.ask(&mut tx, rights, proposal, &missing).await?;
        let ids: Vec<&str> = asked.iter().map(|one| one.id.as_str()).collect();
        let event = access_denied(&proposal.operation, "somebody has to agree first").with("approvals", ids);
        tx.commit(trace(event)).await?;
        Ok(Some(required(role).waiting_for(asked)))
    }

    /// Uses up what the request needed, and gives the event with who agreed.
    ///
    /// # Errors
    /// 403 where something is missing, 409 where an approval was used or does not hold any more.
    pub(crate) async fn take(&self, tx: &mut TenantTx, mut event: AuditEvent) -> Result<AuditEvent, Problem> {
        let Ok(proposal) = &self.proposal else { return Ok(event) };
        let used: Vec<String> = {
            let state = self.state();
            if state.is_only_repeated {
                return Err(required(state.missing.first().map_or("", String::as_str)));
            }
            state.used.iter().cloned().collect()
        };
        let mut agreed = Vec::new();
        for role in &used {
            let given = self.given.iter().find(|given| given.role == *role).ok_or_else(|| required(role))?;
            let one = self.approvals.take(tx, proposal, given).await?.ok_or_else(gone)?;
            agreed.push(json!({"id": one.id, "role": one.role, "approvedBy": one.decided_by}));
        }
        if !agreed.is_empty() {
            event = event.with("approvals", agreed);
            self.state().is_taken = true;
        }
        Ok(event)
    }

    /// Whether it went on because somebody agreed, and that is not used up.
    fn is_open(&self) -> bool {
        let state = self.state();
        !state.used.is_empty() && !state.is_taken && !state.is_only_repeated
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what remains when the handler has answered: asks for the agreement that was found missing on a record, and uses up what
/// a request needed that changes nothing itself.
pub(crate) async fn settle(edge: &Edge, caller: &Caller, response: Response) -> Response {
    let Some(agreement) = caller.agreement() else { return response };
    let settled = if has_code(&response, REQUIRED) {
        match agreement.ask(edge, caller.rights(), |event| caller.trace(event)).await {
            Ok(None) => return response,
            Ok(Some(problem)) | Err(problem) => Err(problem),
        }
    } else if answers(&response) && agreement.is_open() {
        use_up(edge, caller, agreement).await
    } else {
        return response;
    };
    match settled {
        Ok(()) => response,
        Err(problem) => ProblemResponse(problem).into_response(),
    }
}

async fn use_up(edge: &Edge, caller: &Caller, agreement: &Agreement) -> Result<(), Problem> {
    let mut tx = edge.database.tenant_tx(caller.context()).await?;
    let event = AuditEvent::info("approvals.use_request").with("operation", caller.operation());
    let event = agreement.take(&mut tx, event).await?;
    Ok(tx.commit(caller.trace(event)).await?)
}

fn has_code(response: &Response, code: &str) -> bool {
    response.extensions().get::<ProblemCode>().is_some_and(|told| told.0 == code)
}

/// Whether something was told or done.
fn answers(response: &Response) -> bool {
    let status = response.status();
    status.is_success() || status.is_redirection()
}

/// The refusal of what nobody with this role has agreed to.
pub(crate) fn required(role: &str) -> Problem {
    let detail = format!(
        "a policy asks that a holder of the role {role} agrees first: send the same request again when they have approved it"
    );
    Problem::new(ProblemKind::Forbidden, REQUIRED, detail)
}

fn gone() -> Problem {
    let detail = "the approval of this request was used, or does not hold any more: send the request again to ask for another";
    Problem::new(ProblemKind::Conflict, "policy.approval_gone", detail)
}
