//! What the edge asks: whether somebody has agreed to a request, and that somebody is asked.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_config::ApprovalsConfig;
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::{NeededApproval, Problem};
use athyper_kernel_http::{Agreed, Approvals, Given, Proposal, Rights};
use athyper_kernel_policy::SubjectKind;
use athyper_kernel_types::{Clock, Id};
use chrono::TimeDelta;

use crate::error::Error;
use crate::model::request::{Request, State};
use crate::ports::People;
use crate::store::requests;

/// What operations of approvals begin with.
const OWN: &str = "approvals.";

/// Keeps who asked for agreement to what, and who agreed.
#[derive(Clone, Debug)]
pub struct Desk {
    people: Arc<dyn People>,
    settings: ApprovalsConfig,
    clock: Clock,
}

impl Desk {
    /// With who knows who is who.
    pub fn new(people: Arc<dyn People>, settings: ApprovalsConfig, clock: Clock) -> Self {
        Self { people, settings, clock }
    }

    /// Whether whoever agreed could do so now: they are active, and have the role. Of a role that only their token named nothing is
    /// known until they come again.
    async fn stands(&self, tx: &mut dyn TenantConnection, request: &Request) -> Result<bool, DbError> {
        let Some(decider) = request.decider else { return Ok(true) };
        let rights = self.people.rights(tx, decider).await?;
        let has = |role: &String| *role == request.role;
        Ok(rights.is_some_and(|rights| request.by_token || rights.subject.roles.iter().any(has)))
    }

    /// Makes sure that holders of a role are asked.
    async fn ask_one(
        &self,
        tx: &mut TenantTx,
        rights: &Rights,
        (proposal, role): (&Proposal, &str),
        known: Option<Request>,
    ) -> Result<Request, Error> {
        let now = tx.now();
        if let Some(request) = known {
            let is_good = match request.state_at(now) {
                State::Pending => true,
                State::Approved => self.stands(tx, &request).await?,
                _ => false,
            };
            if is_good {
                return Ok(request);
            }
            requests::update(tx, Request { state: State::Expired, ..request }).await?;
        }
        let most = self.settings.max_pending;
        if requests::count_pending(tx).await? >= i64::from(most) {
            return Err(Error::TooManyPending(most));
        }
        let request = Request {
            id: Id::new(tx.clock()),
            operation: proposal.operation.to_string(),
            path: proposal.path.clone(),
            snapshot: proposal.snapshot.clone(),
            role: role.to_owned(),
            state: State::Pending,
            expires_at: now + TimeDelta::hours(self.settings.pending_hours.into()),
            created_at: now,
            created_by: tx.context().actor().id.clone(),
            decided_at: None,
            decided_by: None,
            reason: None,
            used_at: None,
            version: 1,
            requester: rights.principal(),
            by_service: rights.granted().subject.kind == SubjectKind::Service,
            decider: None,
            by_token: false,
        };
        requests::insert(tx, &request, &proposal.digest).await?;
        Ok(request)
    }
}

#[async_trait]
impl Approvals for Desk {
    fn is_own(&self, operation: &str) -> bool {
        operation.starts_with(OWN)
    }

    async fn given(
        &self,
        tx: &mut dyn TenantConnection,
        rights: &Rights,
        proposal: &Proposal,
    ) -> Result<Vec<Given>, Problem> {
        let now = self.clock.now();
        let mut given = Vec::new();
        for request in requests::alive(tx, &rights.context().actor().id, proposal).await? {
            if request.state_at(now) == State::Approved && self.stands(tx, &request).await? {
                given.push(Given { id: request.id.uuid(), role: request.role });
            }
        }
        Ok(given)
    }

    async fn ask(
        &self,
        tx: &mut TenantTx,
        rights: &Rights,
        proposal: &Proposal,
        roles: &[String],
    ) -> Result<Vec<NeededApproval>, Problem> {
        requests::lock_asker(tx).await?;
        let mut alive = requests::alive(tx, &rights.context().actor().id, proposal).await?;
        let mut needed = Vec::new();
        for role in roles {
            let known =
                alive.iter().position(|request| request.role == *role).map(|at| alive.swap_remove(at));
            let request = self.ask_one(tx, rights, (proposal, role), known).await?;
            let href = format!("/v1/approvals/requests/{}", request.id);
            needed.push(NeededApproval { id: request.id.to_string(), role: request.role, href });
        }
        Ok(needed)
    }

    async fn take(
        &self,
        tx: &mut TenantTx,
        _proposal: &Proposal,
        given: &Given,
    ) -> Result<Option<Agreed>, Problem> {
        // Who comes second waits here until the first is done, and then finds it used.
        let Some(request) = requests::lock(tx, Id::from_uuid(given.id)).await? else { return Ok(None) };
        let now = tx.now();
        if request.state_at(now) != State::Approved || !self.stands(tx, &request).await? {
            return Ok(None);
        }
        let used = Request { state: State::Used, used_at: Some(now), ..request };
        let used = requests::update(tx, used).await?;
        let decided_by = used.decided_by.unwrap_or_default();
        Ok(Some(Agreed { id: given.id, role: used.role, decided_by }))
    }
}
