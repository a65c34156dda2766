//! A request for approval: its states, who decides about it, and who takes it back.

use athyper_kernel_http::Rights;
use athyper_kernel_policy::SubjectKind;
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;

/// Id of a request.
pub(crate) type RequestId = Id<Request>;

/// Where a request is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = approvals::State)]
pub(crate) enum State {
    /// It waits for a decision.
    Pending,
    /// Somebody agreed; it may be used once.
    Approved,
    /// What was asked was done.
    Used,
    /// Somebody decided against it.
    Rejected,
    /// The one who asked took it back.
    Withdrawn,
    /// Nobody decided in time, nobody used it in time, or the one who agreed has lost the role.
    Expired,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Used, Self::Rejected, Self::Withdrawn, Self::Expired];

    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Used => "used",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The state of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether something can still become of it.
    pub(crate) const fn is_alive(self) -> bool {
        matches!(self, Self::Pending | Self::Approved)
    }
}

/// A request for approval.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = approvals::Request)]
pub(crate) struct Request {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) id: RequestId,
    /// The operation that is to be done.
    pub(crate) operation: String,
    /// Path and query of the request.
    pub(crate) path: String,
    /// All that the effect depends on, as it was sent: `method`, `path`, `query`, `org`, `ifMatch` and `body`, each where there
    /// is one. It never changes.
    #[schema(value_type = Object)]
    pub(crate) snapshot: Value,
    /// Role whose holders decide.
    pub(crate) role: String,
    /// Where it is in its life.
    pub(crate) state: State,
    /// Until when somebody may decide, and once approved until when it may be used (UTC).
    pub(crate) expires_at: DateTime<Utc>,
    /// When it was asked for (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// The actor who asks.
    pub(crate) created_by: String,
    /// When it was decided about (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decided_at: Option<DateTime<Utc>>,
    /// The actor who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decided_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// When it was used (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) used_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// The principal who asks.
    #[serde(skip)]
    pub(crate) requester: Option<PrincipalId>,
    /// Whether that is a service.
    #[serde(skip)]
    pub(crate) by_service: bool,
    /// The principal who decided.
    #[serde(skip)]
    pub(crate) decider: Option<PrincipalId>,
    /// Whether only the token named the decider's role.
    #[serde(skip)]
    pub(crate) by_token: bool,
}

impl Request {
    /// Where it is at this time (UTC), whether or not that was written down.
    pub(crate) fn state_at(&self, now: DateTime<Utc>) -> State {
        if self.state.is_alive() && self.expires_at <= now { State::Expired } else { self.state }
    }

    /// The same as it is at this time (UTC).
    pub(crate) fn at(self, now: DateTime<Utc>) -> Self {
        Self { state: self.state_at(now), ..self }
    }

    /// Whether somebody is the one who asks, by whatever name.
    pub(crate) fn is_of(&self, rights: &Rights) -> bool {
        let is_principal = self.requester.is_some() && self.requester == rights.principal();
        is_principal
            || rights.context().actor().id == self.created_by
            || rights.granted().subject.is(&self.created_by)
    }

    /// Whether somebody may decide. `makers` are the actors who can act as the one who asks.
    ///
    /// # Errors
    /// Why not: they ask for it themselves, have not the role, or are a service.
    pub(crate) fn check_decider(&self, rights: &Rights, makers: &[String]) -> Result<(), Error> {
        let subject = &rights.granted().subject;
        if self.is_of(rights) || makers.iter().any(|maker| subject.is(maker)) {
            return Err(Error::OwnRequest);
        }
        if subject.kind != SubjectKind::Person {
            return Err(Error::Service);
        }
        if !rights.has_role(&self.role) {
            return Err(Error::NotDecider(self.role.clone()));
        }
        Ok(())
    }
}
