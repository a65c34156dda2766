//! Opens a session for somebody whom an issuer has signed in: of a realm by what its tokens say, of a provider as the person that the tenant knows.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{TenantStatus, TenantTx};
use athyper_kernel_http::{BrowserRequest, Identity, RequestInfo};
use athyper_kernel_tenant_context::{
    Actor, ContextRequest, HeaderKeys, TenantContext, choose_tenant, claim_keys,
};
use athyper_kernel_types::{Id, TenantId};
use axum::http::HeaderValue;
use serde_json::Value;
use uuid::Uuid;

use crate::Sessions;
use crate::begin::{Beginning, identity_of};
use crate::error::Error;
use crate::events::{self, event};
use crate::model::cookie::CookieKind;
use crate::ports::{Arrival, IssuedTokens, IssuerRef, NotAdmitted, ProviderRef};
use crate::sign_in::later;
use crate::store::generations;
use crate::store::issuer_sessions::{self, Entry};

/// Marker of the ids of sessions.
pub(crate) enum SessionMarker {}

/// Claims of a provider that are kept: what says how the person signed in, and nothing that says what they may do or where.
const KEPT_OF_PROVIDER: [&str; 5] = ["acr", "amr", "auth_time", "locale", "zoneinfo"];

/// Why no session was opened.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the trail is told; none where nothing can be said of the person, and trying again makes sense.
    pub(crate) reason: Option<&'static str>,
    pub(crate) error: Error,
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        let error = error.into();
        let reason = match error {
            Error::NoTenant => Some("no_tenant"),
            Error::TenantSuspended => Some("tenant_suspended"),
            Error::SignInInvalid => Some("no_identity"),
            _ => None,
        };
        Self { reason, error }
    }
}

impl Sessions {
    /// Makes a session of what an issuer gave. Gives the cookie.
    pub(crate) async fn open_session(
        &self,
        issuer: &IssuerRef,
        tokens: IssuedTokens,
        request: BrowserRequest<'_>,
    ) -> Result<HeaderValue, Refusal> {
        let span = tracing::info_span!("auth.session.save", realm = issuer.realm_key);
        let save = async {
            match issuer.provider {
                Some(provider) => self.open_of_provider(issuer, provider, &tokens, request).await,
                None => self.open_of_realm(issuer, &tokens, request).await,
            }
        };
        tracing::Instrument::instrument(save, span).await
    }

    async fn open_of_realm(
        &self,
        issuer: &IssuerRef,
        tokens: &IssuedTokens,
        request: BrowserRequest<'_>,
    ) -> Result<HeaderValue, Refusal> {
        let identity = tokens.identity.as_ref().ok_or(Error::SignInInvalid)?;
        let context = self.tenant_of(&issuer.realm_key, identity, request.info).await?;
        let tx = self.0.parts.database.tenant_tx(&context).await.map_err(Error::from)?;
        let told = event(events::LOGIN_SUCCESS);
        Ok(self.begin_session(tx, issuer, (identity, None), tokens, request, told).await?)
    }

    /// The tenant is the provider's and the person is one of it, whatever the tokens say.
    async fn open_of_provider(
        &self,
        issuer: &IssuerRef,
        provider: ProviderRef,
        tokens: &IssuedTokens,
        request: BrowserRequest<'_>,
    ) -> Result<HeaderValue, Refusal> {
        let said = tokens.identity.as_ref().ok_or(Error::SignInInvalid)?;
        self.check_tenant(provider.tenant).await?;
        let actor = Actor::system(format!("provider:{}", provider.id));
        let context = self.context(provider.tenant, actor, request.info).await?;
        let mut tx = self.0.parts.database.tenant_tx(&context).await.map_err(Error::from)?;
        let arrival = Arrival { provider: provider.id, subject: &said.actor.id, claims: &said.claims };
        let admitted = match self.0.parts.providers.admit(&mut tx, arrival).await {
            Ok(admitted) => admitted,
            Err(NotAdmitted::Refused(reason)) => {
                tx.rollback().await.map_err(Error::from)?;
                return Err(Refusal { reason: Some(reason), error: Error::NotAdmitted });
            }
            Err(NotAdmitted::Failed(problem)) => return Err(Error::Asked(problem).into()),
        };
        let mut identity = identity_of(&context, admitted.person);
        for name in KEPT_OF_PROVIDER {
            if let Some(value) = said.claims.get(name) {
                identity.claims.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(name) = admitted.name {
            identity.claims.insert("name".to_owned(), Value::from(name));
        }
        let mut told = event(events::LOGIN_SUCCESS)
            .by(identity.actor.clone())
            .with("provider", provider.id.to_string())
            .with("issuerSubject", &*said.actor.id);
        for (name, value) in admitted.facts {
            told = told.with(&name, value);
        }
        let of_provider = Some((provider.id, &*said.actor.id));
        Ok(self.begin_session(tx, issuer, (&identity, of_provider), tokens, request, told).await?)
    }

    /// Enters the session and commits. Gives the cookie.
    async fn begin_session(
        &self,
        mut tx: TenantTx,
        issuer: &IssuerRef,
        (identity, provider): (&Identity, Option<(Uuid, &str)>),
        tokens: &IssuedTokens,
        request: BrowserRequest<'_>,
        told: AuditEvent,
    ) -> Result<HeaderValue, Error> {
        let (tenant, realm_key) = (tx.tenant_id(), &*issuer.realm_key);
        let realm = self.realm(realm_key)?;
        let id = Id::<SessionMarker>::new(self.clock()).uuid();
        let expires_at = later(self.now(), realm.sessions.absolute(self.0.parts.environment));
        let subject = &*identity.actor.id;
        let issuer_session = tokens.issuer_session.as_deref();
        let mut crossing = self.system_tx().await?;
        let at_issuer = provider.map_or(subject, |(_, subject)| subject);
        let name = issuer.name();
        let entry =
            Entry { issuer: &name, subject: at_issuer, tenant, session: id, issuer_session, expires_at };
        issuer_sessions::insert(&mut crossing, &entry).await?;
        // Whoever revokes after this moment revokes this session too.
        let of_provider = provider.map(|(id, _)| id);
        let born = generations::all(&mut crossing, tenant, realm_key, subject, of_provider).await?;
        crossing.commit().await?;
        let begun = Beginning {
            id,
            realm_key,
            identity,
            provider,
            issuer_session,
            refresh_token: tokens.refresh_token.clone(),
            born,
            authenticated_at: tokens.authenticated_at.unwrap_or(tx.now()).min(tx.now()),
            expires_at,
            access_expires_at: tokens.access_expires_at,
            address: request.info.and_then(|info| info.origin.client),
            headers: request.headers,
        };
        let text = self.enter(&mut tx, begun).await?;
        let told = told
            .about("security.session", id)
            .in_session(id.to_string())
            .with("realm", realm_key)
            .with("subject", subject);
        tx.commit(events::from_request(told, request.info)).await?;
        self.0.cookies.set(CookieKind::Session, realm_key, &text, None)
    }

    /// The tenant that a person works in, by the rule that holds for bearer tokens too.
    async fn tenant_of(
        &self,
        realm_key: &str,
        identity: &Identity,
        info: Option<&RequestInfo>,
    ) -> Result<TenantContext, Error> {
        let mut claims = claim_keys(&identity.claims);
        // The issuer decides the realm, whatever a claim says.
        claims.realm = Some(realm_key.to_owned());
        let wanted = ContextRequest { headers: HeaderKeys::default(), claims: Some(claims) };
        let (env, iam) = (self.0.parts.environment, &self.0.parts.iam);
        let chosen = choose_tenant(env, iam, &wanted).map_err(|_| Error::NoTenant)?;
        let tenant_key = chosen.tenant_key().ok_or(Error::NoTenant)?;
        let found = self.0.parts.tenants.find(realm_key, tenant_key).await?.ok_or(Error::NoTenant)?;
        self.check_tenant(found.id).await?;
        self.context(found.id, identity.actor.clone(), info).await
    }

    /// Checks that people may work in a tenant.
    async fn check_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        match self.0.parts.tenants.by_id(tenant).await?.map(|tenant| tenant.status) {
            None | Some(TenantStatus::Archived) => Err(Error::NoTenant),
            Some(TenantStatus::Suspended) => Err(Error::TenantSuspended),
            Some(_) => Ok(()),
        }
    }
}
