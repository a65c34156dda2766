//! The sessions of browsers in one process: what it stands on, and what all of its flows share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use athyper_kernel_audit::{AuditEvent, AuditWriter};
use athyper_kernel_config::{Environment, IamConfig, RealmConfig};
use athyper_kernel_db::{Database, FreshCache, SystemReason, SystemTx, TenantDirectory};
use athyper_kernel_http::{RateLimits, RequestInfo};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_tenant_context::{Actor, Resolved, Source, TenantContext};
use athyper_kernel_types::{Clock, TenantId};
use athyper_kernel_vault::{Sealed, Vault};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use tokio::sync::OwnedMutexGuard;
use url::Url;
use uuid::Uuid;

use crate::error::Error;
use crate::events;
use crate::model::cookie::Cookies;
use crate::model::session::{Generations, Session, Standing};
use crate::model::tokens::SealedPart;
use crate::ports::{Issuers, Providers};
use crate::store::generations::{self, Scope};
use crate::store::sessions;

/// What values under seal are for.
pub(crate) const PURPOSE: &str = "security.session";

/// Sessions that a process keeps in memory.
const KEPT: u64 = 100_000;

/// Gates that are kept although nobody stands at them.
const IDLE_GATES: usize = 1_000;

/// What sessions stand on.
pub struct SessionParts {
    /// Where they are stored.
    pub database: Database,
    /// Which tenant has which id.
    pub tenants: TenantDirectory,
    /// Realms and their rules.
    pub iam: Arc<IamConfig>,
    /// Environment of the process.
    pub environment: Environment,
    /// The address under which browsers reach the platform.
    pub base_url: String,
    /// Who signs people in.
    pub issuers: Arc<dyn Issuers>,
    /// Who knows the providers of tenants.
    pub providers: Arc<dyn Providers>,
    /// Where tokens are sealed.
    pub vault: Vault,
    /// The platform's own trail, for what belongs to no tenant.
    pub audit: Arc<dyn AuditWriter>,
    /// Runs what must not end with its request.
    pub lifecycle: Lifecycle,
    /// How often an address may try; none when that is not limited.
    pub rates: Option<RateLimits>,
}

/// The sessions of browsers. Cheap to clone.
#[derive(Clone)]
pub struct Sessions(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) parts: SessionParts,
    pub(crate) cookies: Cookies,
    /// Scheme, host and port of the platform, as a browser writes it.
    pub(crate) own_origin: String,
    known: FreshCache<Option<Arc<Session>>>,
    moved: FreshCache<i64>,
    /// Who refreshes or rotates a session in this process, one at a time.
    gates: Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>>,
}

impl Sessions {
    /// The sessions of this process.
    pub fn new(parts: SessionParts) -> Self {
        let is_tls = parts.base_url.starts_with("https://");
        let cookies = Cookies { is_secure: is_tls || parts.environment != Environment::Local };
        let own_origin = Url::parse(&parts.base_url).map(|url| url.origin().ascii_serialization());
        Self(Arc::new(Inner {
            cookies,
            own_origin: own_origin.unwrap_or_default(),
            known: FreshCache::new(&parts.database, sessions::TOPIC, KEPT),
            moved: FreshCache::new(&parts.database, generations::TOPIC, KEPT),
            gates: Mutex::default(),
            parts,
        }))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.parts.database.clock()
    }

    /// A realm that browsers sign in to.
    pub(crate) fn realm(&self, realm_key: &str) -> Result<&RealmConfig, Error> {
        let realm = self.0.parts.iam.realms.get(realm_key);
        realm.filter(|realm| realm.feature_flags.bff_sessions).ok_or(Error::NoSessions)
    }

    pub(crate) fn grace(&self, realm_key: &str) -> TimeDelta {
        let grace = self.realm(realm_key).map(|realm| realm.sessions.grace()).unwrap_or_default();
        TimeDelta::from_std(grace).unwrap_or_default()
    }

    pub(crate) async fn system_tx(&self) -> Result<SystemTx, Error> {
        Ok(self.0.parts.database.system_tx(SystemReason::KeepSessions).await?)
    }

    /// A session, as it was at most a second ago.
    pub(crate) async fn find(&self, tenant: TenantId, id: Uuid) -> Result<Option<Arc<Session>>, Error> {
        self.0.known.get(tenant, &id.to_string(), || self.find_now(tenant, id)).await
    }

    /// A session as it is.
    pub(crate) async fn find_now(&self, tenant: TenantId, id: Uuid) -> Result<Option<Arc<Session>>, Error> {
        let span = tracing::debug_span!("auth.session.load", tenant.id = %tenant);
        let load = async {
            let mut tx = self.system_tx().await?;
            let session = sessions::find(&mut tx, tenant, id).await?;
            tx.commit().await?;
            Ok(session.map(Arc::new))
        };
        tracing::Instrument::instrument(load, span).await
    }

    /// How a session stands now.
    pub(crate) async fn standing(&self, session: &Session) -> Result<Standing, Error> {
        let (tenant, realm, subject) = (session.tenant_id, &*session.realm_key, &*session.subject);
        let present = Generations {
            realm: self.generation(tenant, Scope::Realm(realm)).await?,
            tenant: self.generation(tenant, Scope::Tenant).await?,
            subject: self.generation(tenant, Scope::Subject(subject)).await?,
            provider: match session.provider {
                Some(id) => self.generation(tenant, Scope::Provider(id)).await?,
                None => 0,
            },
        };
        Ok(session.standing(self.now(), present))
    }

    async fn generation(&self, tenant: TenantId, scope: Scope<'_>) -> Result<i64, Error> {
        let load = || async {
            let mut tx = self.system_tx().await?;
            let value = generations::find(&mut tx, tenant, scope).await?;
            tx.commit().await?;
            Ok(value)
        };
        self.0.moved.get(scope.owner(tenant), &scope.key(), load).await
    }

    /// Waits for its turn to refresh or rotate a session in this process.
    pub(crate) async fn gate(&self, session: Uuid) -> OwnedMutexGuard<()> {
        let gate = {
            let mut gates = self.0.gates.lock().unwrap_or_else(PoisonError::into_inner);
            if gates.len() > IDLE_GATES {
                gates.retain(|_, gate| Arc::strong_count(gate) > 1);
            }
            Arc::clone(gates.entry(session).or_default())
        };
        gate.lock_owned().await
    }

    /// The context of a person's work on the own session.
    pub(crate) async fn context_of(
        &self,
        session: &Session,
        info: Option<&RequestInfo>,
    ) -> Result<TenantContext, Error> {
        self.context(session.tenant_id, session.actor(), info).await
    }

    /// The context of somebody's work in a tenant.
    pub(crate) async fn context(
        &self,
        tenant: TenantId,
        actor: Actor,
        info: Option<&RequestInfo>,
    ) -> Result<TenantContext, Error> {
        let tenant = self.0.parts.tenants.by_id(tenant).await?.ok_or(Error::NoTenant)?;
        let resolved = Resolved {
            realm_key: tenant.realm_key.clone(),
            tenant_key: Some(tenant.tenant_key.clone()),
            org_key: None,
            realm_source: Source::Claim,
            tenant_source: Some(Source::Claim),
            org_source: None,
            defaults: Arc::default(),
        };
        let request_id = info.map(|info| info.request_id.clone()).unwrap_or_default();
        let context =
            TenantContext::new(tenant.id, resolved, actor, request_id).map_err(|_| Error::NoTenant)?;
        Ok(context.with_trace(info.map(|info| info.trace.trace_id())))
    }

    /// What is sealed of a session.
    pub(crate) async fn open(&self, context: &TenantContext, session: &Session) -> Result<SealedPart, Error> {
        let mut tx = self.0.parts.database.tenant_tx(context).await?;
        let sealed = Sealed::from_bytes(session.sealed.clone());
        let plain = self.0.parts.vault.open(&mut tx, PURPOSE, &session.id.to_string(), &sealed).await;
        tx.rollback().await?;
        SealedPart::read(plain?.expose_secret())
    }

    /// Ends a session, with the event that says why.
    pub(crate) async fn end(
        &self,
        session: &Session,
        reason: &str,
        event: AuditEvent,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        let context = self.context_of(session, info).await?;
        let mut tx = self.0.parts.database.tenant_tx(&context).await?;
        if sessions::end(&mut tx, session.id, reason).await? {
            Ok(tx.commit(events::of_session(event, session, reason, info)).await?)
        } else {
            Ok(tx.rollback().await?)
        }
    }

    /// Writes down something about a session that changes nothing.
    pub(crate) async fn note(
        &self,
        session: &Session,
        event: AuditEvent,
        reason: &str,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        if let Some(rates) = &self.0.parts.rates
            && !rates.may_note(session.tenant_id, &event.kind).await
        {
            // The trail is not for anybody to fill.
            return Ok(());
        }
        let context = self.context_of(session, info).await?;
        let tx = self.0.parts.database.tenant_tx(&context).await?;
        Ok(tx.commit(events::of_session(event, session, reason, info)).await?)
    }

    /// Writes down something in the trail of a tenant, by whoever is not known yet.
    pub(crate) async fn note_tenant(
        &self,
        tenant: TenantId,
        event: AuditEvent,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        if let Some(rates) = &self.0.parts.rates
            && !rates.may_note(tenant, &event.kind).await
        {
            return Ok(());
        }
        let context = self.context(tenant, Actor::system("security"), info).await?;
        let tx = self.0.parts.database.tenant_tx(&context).await?;
        Ok(tx.commit(events::from_request(event, info)).await?)
    }

    /// Writes down something that belongs to no tenant.
    pub(crate) async fn note_platform(
        &self,
        event: AuditEvent,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        let event = events::from_request(event, info);
        let written = self.0.parts.audit.write(&Actor::system("security"), event).await;
        written.map_err(|error| {
            tracing::error!(%error, "the platform's trail cannot be written");
            Error::TrailAway
        })
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("origin", &self.0.own_origin).finish_non_exhaustive()
    }
}
