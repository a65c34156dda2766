//! A session as it is stored, and how it stands at one moment.

use athyper_kernel_http::Identity;
use athyper_kernel_tenant_context::{Actor, ActorKind};
use athyper_kernel_types::{PrincipalId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ports::{IssuerRef, ProviderRef};

/// A session is not served longer than this on an access token that has ended while the issuer is away.
const LONGEST_STALE: TimeDelta = TimeDelta::hours(1);

/// How much earlier than it ends an access token is renewed.
const RENEW_BEFORE: TimeDelta = TimeDelta::seconds(5);

/// How often it is written down that a session was seen.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Generations that a session was born with, or that hold now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Generations {
    pub(crate) realm: i64,
    pub(crate) tenant: i64,
    pub(crate) subject: i64,
    /// Of the provider that began the session; nought where none did.
    pub(crate) provider: i64,
}

/// An id that the session has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRow {
    pub(crate) hash: Vec<u8>,
    pub(crate) number: i32,
    /// When it first came back from the browser.
    pub(crate) seen_at: Option<DateTime<Utc>>,
    /// When it stops being taken: a while after a later one was first seen.
    pub(crate) retires_at: Option<DateTime<Utc>>,
}

/// A session.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "the session at the issuer is another one")]
pub(crate) struct Session {
    pub(crate) tenant_id: TenantId,
    pub(crate) id: Uuid,
    pub(crate) realm_key: String,
    pub(crate) subject: String,
    pub(crate) actor_kind: ActorKind,
    /// The principal, for a person of the platform's own accounts or of a provider.
    pub(crate) principal: Option<PrincipalId>,
    /// The provider of the tenant that began it.
    pub(crate) provider: Option<Uuid>,
    /// The subject at the issuer, where the session's own is the principal.
    pub(crate) issuer_subject: Option<String>,
    pub(crate) issuer_session: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) csrf_key: Vec<u8>,
    pub(crate) born: Generations,
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) last_seen_at: DateTime<Utc>,
    pub(crate) idle: TimeDelta,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) access_expires_at: DateTime<Utc>,
    pub(crate) has_refresh: bool,
    pub(crate) key_number: i32,
    pub(crate) rotation_due: bool,
    pub(crate) refresh_retry_at: Option<DateTime<Utc>>,
    pub(crate) ended: Option<String>,
    pub(crate) version: i64,
    pub(crate) keys: Vec<KeyRow>,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It lets requests in.
    Live,
    /// It was ended.
    Ended,
    /// All sessions of its person, tenant or realm were ended.
    Revoked,
    /// Nothing came for too long.
    Idle,
    /// It has lived its time.
    Expired,
}

/// Whether an id is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStanding {
    /// It is the present one.
    Present,
    /// A later one has not been seen, or was a moment ago: the browser is told the present one.
    Former,
    /// It was retired: somebody kept a copy.
    Retired,
    /// The session never had it.
    Unknown,
}

impl Session {
    /// Whose issuer began it.
    pub(crate) fn issuer(&self) -> IssuerRef {
        let provider = self.provider.map(|id| ProviderRef { tenant: self.tenant_id, id });
        IssuerRef { realm_key: self.realm_key.clone(), provider }
    }

    /// The subject as its issuer knows it.
    pub(crate) fn subject_at_issuer(&self) -> &str {
        self.issuer_subject.as_deref().unwrap_or(&self.subject)
    }

    /// How it stands, where these generations hold.
    pub(crate) fn standing(&self, now: DateTime<Utc>, present: Generations) -> Standing {
        if self.ended.is_some() {
            Standing::Ended
        } else if self.born != present {
            Standing::Revoked
        } else if now >= self.expires_at {
            Standing::Expired
        } else if now >= self.idle_until() {
            Standing::Idle
        } else {
            Standing::Live
        }
    }

    /// When it ends unless something comes.
    pub(crate) fn idle_until(&self) -> DateTime<Utc> {
        let until = self.last_seen_at.checked_add_signed(self.idle).unwrap_or(self.expires_at);
        until.min(self.expires_at)
    }

    /// Whether an id is taken, by its digest. What is compared are digests of random bits, so nothing can be learned from the time.
    pub(crate) fn key_standing(&self, hash: &[u8], now: DateTime<Utc>) -> KeyStanding {
        match self.keys.iter().find(|key| key.hash == hash) {
            None => KeyStanding::Unknown,
            Some(key) if key.number == self.key_number => KeyStanding::Present,
            Some(key) if key.retires_at.is_some_and(|at| now >= at) => KeyStanding::Retired,
            Some(_) => KeyStanding::Former,
        }
    }

    /// Whether a key comes back for the first time.
    pub(crate) fn is_first_sight(&self, hash: &[u8]) -> bool {
        self.keys.iter().any(|key| key.hash == hash && key.seen_at.is_none())
    }

    /// Whether it is time to write down that it was seen.
    pub(crate) fn is_sight_due(&self, now: DateTime<Utc>) -> bool {
        now - self.last_seen_at >= SEEN_EVERY.min(self.idle / 4)
    }

    /// Whether its access token has ended, or is about to.
    pub(crate) fn is_access_over(&self, now: DateTime<Utc>) -> bool {
        now >= self.access_expires_at - RENEW_BEFORE
    }

    /// Whether it may be served on its former access token while the issuer is away.
    pub(crate) fn may_be_stale(&self, now: DateTime<Utc>) -> bool {
        now < self.access_expires_at + LONGEST_STALE
    }

    /// Who it is, as a bearer token would say it.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            realm_key: self.realm_key.clone(),
            actor: self.actor(),
            roles: self.roles.as_slice().into(),
            claims: self.claims.clone(),
            principal: self.principal,
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor { kind: self.actor_kind, id: self.subject.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn session() -> Session {
        let key = |number: i32, retires_at| KeyRow {
            hash: vec![u8::try_from(number).unwrap()],
            number,
            seen_at: Some(at(0)),
            retires_at,
        };
        Session {
            tenant_id: TenantId::nil(),
            id: Uuid::nil(),
            realm_key: "r".to_owned(),
            subject: "u".to_owned(),
            actor_kind: ActorKind::User,
            principal: None,
            provider: None,
            issuer_subject: None,
            issuer_session: None,
            roles: Vec::new(),
            claims: Map::new(),
            sealed: Vec::new(),
            csrf_key: Vec::new(),
            born: Generations { realm: 1, tenant: 2, subject: 3, provider: 0 },
            authenticated_at: at(0),
            last_seen_at: at(0),
            idle: TimeDelta::minutes(15),
            expires_at: at(480),
            access_expires_at: at(5),
            has_refresh: true,
            key_number: 3,
            rotation_due: false,
            refresh_retry_at: None,
            ended: None,
            version: 1,
            keys: vec![key(1, Some(at(10))), key(2, None), key(3, None)],
        }
    }

    #[test]
    fn a_session_has_two_lifetimes_and_three_generations() {
        let session = session();
        let born = session.born;
        assert_eq!(session.standing(at(14), born), Standing::Live);
        assert_eq!(session.standing(at(15), born), Standing::Idle);
        let busy = Session { last_seen_at: at(479), ..session.clone() };
        assert_eq!(busy.standing(at(479), born), Standing::Live);
        assert_eq!(busy.standing(at(480), born), Standing::Expired, "no request lengthens the whole");
        assert_eq!(busy.idle_until(), at(480));
        for moved in [
            Generations { realm: 2, ..born },
            Generations { tenant: 3, ..born },
            Generations { subject: 4, ..born },
            Generations { provider: 1, ..born },
        ] {
            assert_eq!(session.standing(at(1), moved), Standing::Revoked);
        }
        let ended = Session { ended: Some("x".to_owned()), ..session };
        assert_eq!(ended.standing(at(1), born), Standing::Ended);
    }

    #[test]
    fn former_ids_are_taken_until_they_retire() {
        let session = session();
        let standing = |hash: u8, minute| session.key_standing(&[hash], at(minute));
        assert_eq!(standing(3, 100), KeyStanding::Present);
        assert_eq!(standing(2, 100), KeyStanding::Former, "a later one was never seen");
        assert_eq!(standing(1, 9), KeyStanding::Former);
        assert_eq!(standing(1, 10), KeyStanding::Retired);
        assert_eq!(standing(9, 0), KeyStanding::Unknown);
    }

    #[test]
    fn seeing_is_written_down_once_a_minute_at_most() {
        let session = session();
        assert!(!session.is_sight_due(at(0) + TimeDelta::seconds(59)));
        assert!(session.is_sight_due(at(1)));
    }
}
