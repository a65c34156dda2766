//! Begins a session, whoever it was that signed the person in.

use std::net::IpAddr;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::Identity;
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Id, PrincipalId};
use aws_lc_rs::rand;
use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Sessions;
use crate::error::Error;
use crate::model::claims;
use crate::model::cookie::CookieKind;
use crate::model::key::SessionKey;
use crate::model::session::Generations;
use crate::model::tokens::SealedPart;
use crate::open_session::SessionMarker;
use crate::service::PURPOSE;
use crate::sign_in::{LONGEST_AGENT, later};
use crate::store::generations;
use crate::store::sessions::{self, NewSession};

/// What a session begins with.
#[derive(Debug)]
pub(crate) struct Beginning<'r> {
    pub(crate) id: Uuid,
    pub(crate) realm_key: &'r str,
    pub(crate) identity: &'r Identity,
    /// The provider of the tenant that signed the person in, with the subject there.
    pub(crate) provider: Option<(Uuid, &'r str)>,
    pub(crate) issuer_session: Option<&'r str>,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) born: Generations,
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) access_expires_at: DateTime<Utc>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) headers: &'r HeaderMap,
}

/// A session that was started for a person of the platform's own accounts.
#[derive(Debug)]
pub struct StartedSession {
    /// Its id, as [`Caller::session`](athyper_kernel_http::Caller::session) has it.
    pub id: Uuid,
    /// The cookie that the answer sets.
    pub cookie: HeaderValue,
}

impl Sessions {
    /// Starts a session for a principal of the transaction's tenant, who has proved who they are. It has no tokens and lasts as
    /// long as the realm's sessions do. `headers` are those of the request.
    ///
    /// # Errors
    /// `NotFound` in a realm without sessions of browsers, and when the database does not answer.
    pub async fn start_local(
        &self,
        tx: &mut TenantTx,
        principal: PrincipalId,
        (headers, address): (&HeaderMap, Option<IpAddr>),
    ) -> Result<StartedSession, Problem> {
        let realm_key = tx.context().realm_key().to_owned();
        let realm = self.realm(&realm_key)?;
        let subject = principal.to_string();
        let expires_at = later(self.now(), realm.sessions.absolute(self.0.parts.environment));
        let identity = identity_of(tx.context(), principal);
        let mut crossing = self.system_tx().await?;
        // Whoever revokes after this moment revokes this session too.
        let born = generations::all(&mut crossing, tx.tenant_id(), &realm_key, &subject, None).await?;
        crossing.commit().await.map_err(Error::from)?;
        let id = Id::<SessionMarker>::new(self.clock()).uuid();
        let beginning = Beginning {
            id,
            realm_key: &realm_key,
            identity: &identity,
            provider: None,
            issuer_session: None,
            refresh_token: None,
            born,
            authenticated_at: tx.now(),
            expires_at,
            // Nobody renews it.
            access_expires_at: expires_at,
            address,
            headers,
        };
        let text = self.enter(tx, beginning).await?;
        let cookie = self.0.cookies.set(CookieKind::Session, &realm_key, &text, None)?;
        Ok(StartedSession { id, cookie })
    }

    /// Enters a session with its first id, and gives the text of that.
    pub(crate) async fn enter(
        &self,
        tx: &mut TenantTx,
        beginning: Beginning<'_>,
    ) -> Result<SecretString, Error> {
        let (env, id) = (self.0.parts.environment, beginning.id);
        let realm = self.realm(beginning.realm_key)?;
        let key = SessionKey::random(tx.tenant_id(), id)?;
        let (text, key_hash) = (key.text(), key.hash());
        let has_refresh = beginning.refresh_token.is_some();
        let part = SealedPart { refresh_token: beginning.refresh_token, key };
        let mut csrf_key = [0; 32];
        rand::fill(&mut csrf_key).map_err(|_| Error::NoRandomness)?;
        let sealed = self.0.parts.vault.seal(tx, PURPOSE, &id.to_string(), &part.bytes()?).await?;
        let agent = beginning.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect::<String>());
        let identity = beginning.identity;
        let new = NewSession {
            id,
            realm_key: beginning.realm_key,
            subject: &identity.actor.id,
            actor_kind: identity.actor.kind,
            principal: identity.principal,
            provider: beginning.provider,
            issuer_session: beginning.issuer_session,
            roles: &identity.roles,
            claims: &claims::kept(&identity.claims),
            sealed: sealed.as_bytes(),
            csrf_key: &csrf_key,
            born: beginning.born,
            authenticated_at: beginning.authenticated_at,
            idle: TimeDelta::from_std(realm.sessions.idle(env)).unwrap_or(TimeDelta::MAX),
            expires_at: beginning.expires_at,
            access_expires_at: beginning.access_expires_at,
            has_refresh,
            key_hash,
            client_address: beginning.address.map(|address| address.to_string()),
            user_agent: agent.as_deref(),
        };
        sessions::insert(tx, &new).await?;
        Ok(text)
    }
}

/// The identity of a principal whom the platform knows itself: its tenant is the context's, whatever anybody else says, and its roles are its
/// bindings alone.
pub(crate) fn identity_of(context: &TenantContext, principal: PrincipalId) -> Identity {
    let subject = principal.to_string();
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), Value::from(&*subject));
    claims.insert("tenantKey".to_owned(), Value::from(context.tenant_key()));
    Identity {
        realm_key: context.realm_key().to_owned(),
        actor: Actor::user(subject),
        roles: [].into(),
        claims,
        principal: Some(principal),
    }
}
