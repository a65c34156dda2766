//! Renews the tokens of a session at its issuer: once, however many requests wait for it, in whatever process.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_http::RequestInfo;
use athyper_kernel_types::Id;
use athyper_kernel_vault::Sealed;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::Sessions;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::claims;
use crate::model::session::Session;
use crate::model::tokens::SealedPart;
use crate::ports::{IssuedTokens, IssuerError, IssuerRef};
use crate::service::PURPOSE;
use crate::store::refreshes::{self, Refreshed};

/// How long one process may take to refresh a session; after that another one takes over.
const LEASE: TimeDelta = TimeDelta::seconds(30);

/// How long an issuer that was away is left alone, for one session.
const REST: TimeDelta = TimeDelta::seconds(10);

/// How often it is looked whether another process is done.
const PAUSE: Duration = Duration::from_millis(50);

/// How often it is looked at most.
const LOOKS: u32 = 300;

/// Marker of the ids of leases.
enum Lease {}

impl Sessions {
    /// The session with tokens that hold. While the issuer is away, it is served as it was for a while.
    pub(crate) async fn refreshed(
        &self,
        session: Arc<Session>,
        info: Option<&RequestInfo>,
    ) -> Result<Arc<Session>, Error> {
        if !session.has_refresh {
            if self.now() < session.access_expires_at {
                return Ok(session);
            }
            self.end(&session, "access_ended", event(events::SESSION_KILLED), info).await?;
            return Err(Error::SessionExpired);
        }
        if self.is_issuer_resting(&session) {
            return self.stale(session);
        }
        let gate = self.gate(session.id).await;
        // Somebody else may have done it while this request waited.
        let session = self.present(&session).await?;
        if !session.is_access_over(self.now()) {
            return Ok(session);
        }
        if self.is_issuer_resting(&session) {
            return self.stale(session);
        }
        // In a task of its own: a caller who hangs up must not lose the refresh token that the issuer has just replaced.
        let (done, outcome) = oneshot::channel();
        let (sessions, worked, from) = (self.clone(), Arc::clone(&session), info.cloned());
        let work = async move {
            let result = sessions.refresh(&worked, from.as_ref()).await;
            drop(gate);
            // Whoever asked may have gone.
            let _ = done.send(result);
        };
        self.0.parts.lifecycle.spawn("auth.refresh", work.in_current_span());
        outcome.await.map_err(|_| Error::IssuerAway)??;
        let session = self.present(&session).await?;
        if session.is_access_over(self.now()) { self.stale(session) } else { Ok(session) }
    }

    fn is_issuer_resting(&self, session: &Session) -> bool {
        session.refresh_retry_at.is_some_and(|at| self.now() < at)
    }

    /// The session although its access token has ended: that the issuer is away is no sign-out.
    fn stale(&self, session: Arc<Session>) -> Result<Arc<Session>, Error> {
        if session.may_be_stale(self.now()) { Ok(session) } else { Err(Error::IssuerAway) }
    }

    /// The session as it is, if it still lets requests in.
    pub(crate) async fn present(&self, session: &Session) -> Result<Arc<Session>, Error> {
        let session = self.find_now(session.tenant_id, session.id).await?.ok_or(Error::SessionEnded)?;
        self.check_standing(&session).await?;
        Ok(session)
    }

    /// Asks the issuer, or waits until another process has.
    async fn refresh(&self, session: &Arc<Session>, info: Option<&RequestInfo>) -> Result<(), Error> {
        let span = tracing::info_span!(
            "auth.refresh.flow",
            enduser.id = session.subject,
            tenant.id = %session.tenant_id,
            auth.session.id = %session.id,
        );
        let lease = Id::<Lease>::new(self.clock()).uuid();
        let work = async {
            let mut session = Arc::clone(session);
            for _ in 0..LOOKS {
                let mut tx = self.system_tx().await?;
                let until = tx.now() + LEASE;
                if refreshes::lease(&mut tx, &session, lease, until).await? {
                    tx.commit().await?;
                    return self.ask_issuer(&session, lease, info).await;
                }
                drop(tx);
                tokio::time::sleep(PAUSE).await;
                session = self.present(&session).await?;
                if !session.is_access_over(self.now()) || self.is_issuer_resting(&session) {
                    return Ok(());
                }
            }
            Err(Error::IssuerAway)
        };
        work.instrument(span).await
    }

    async fn ask_issuer(
        &self,
        session: &Session,
        lease: Uuid,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        let context = self.context_of(session, info).await?;
        let part = self.open(&context, session).await?;
        let refresh_token = part.refresh_token.ok_or(Error::SealedForm)?;
        let issuers = &self.0.parts.issuers;
        match issuers.refresh(&session.issuer(), &refresh_token, session.subject_at_issuer()).await {
            Ok(tokens) => self.keep(session, lease, tokens, info).await,
            Err(error @ (IssuerError::Away | IssuerError::Unusable(_))) => {
                tracing::warn!(realm = session.realm_key, %error, "a session could not be refreshed and goes on");
                let mut tx = self.system_tx().await?;
                let retry_at = tx.now() + REST;
                refreshes::give_back(&mut tx, session, lease, retry_at).await?;
                Ok(tx.commit().await?)
            }
            Err(error) => {
                tracing::info!(realm = session.realm_key, %error, "the issuer ended a session");
                let reason = match error {
                    IssuerError::GrantEnded => "grant_ended",
                    IssuerError::OtherIssuer => "other_issuer",
                    _ => "invalid_answer",
                };
                self.end(session, reason, event(events::REFRESH_FAILED), info).await?;
                Err(Error::SessionEnded)
            }
        }
    }

    /// Stores new tokens. What the person may do follows the issuer; where that changed, the id changes as well.
    async fn keep(
        &self,
        session: &Session,
        lease: Uuid,
        tokens: IssuedTokens,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        let rotates = self.realm(&session.realm_key)?.feature_flags.refresh_rotation;
        let context = self.context_of(session, info).await?;
        let mut tx = self.0.parts.database.tenant_tx(&context).await?;
        let Some(sealed) = refreshes::hold(&mut tx, session.id, lease).await? else {
            tx.rollback().await?;
            // The session was ended meanwhile: what the issuer gave for it must not live on.
            self.forget(&session.issuer(), tokens.refresh_token.as_ref()).await;
            return Err(Error::SessionEnded);
        };
        let record = session.id.to_string();
        let vault = &self.0.parts.vault;
        let plain = vault.open(&mut tx, PURPOSE, &record, &Sealed::from_bytes(sealed)).await?;
        let part = SealedPart::read(plain.expose_secret())?;
        // A token that may be used once has been: where the issuer gave no other, the session ends with its access.
        let refresh_token =
            if rotates { tokens.refresh_token } else { tokens.refresh_token.or(part.refresh_token) };
        let has_refresh = refresh_token.is_some();
        let part = SealedPart { refresh_token, ..part };
        let sealed = vault.seal(&mut tx, PURPOSE, &record, &part.bytes()?).await?;
        let (roles, kept) = match tokens.identity {
            // What a provider of a tenant says of somebody counts at a sign-in only.
            Some(identity) if session.provider.is_none() => {
                (identity.roles.to_vec(), claims::kept(&identity.claims))
            }
            _ => (session.roles.clone(), session.claims.clone()),
        };
        let has_changed = roles != session.roles;
        let refreshed = Refreshed {
            lease,
            roles: &roles,
            claims: &kept,
            sealed: sealed.as_bytes(),
            access_expires_at: tokens.access_expires_at,
            has_refresh,
            rotation_due: rotates || has_changed,
        };
        refreshes::finish(&mut tx, session.id, &refreshed).await?;
        let told = event(events::REFRESH_SUCCESS).with("rolesChanged", has_changed);
        Ok(tx.commit(events::of_session(told, session, "access_ended", info)).await?)
    }

    /// Takes a refresh token back at the issuer, if it can be reached.
    pub(crate) async fn forget(&self, issuer: &IssuerRef, refresh_token: Option<&SecretString>) {
        let Some(refresh_token) = refresh_token else { return };
        if let Err(error) = self.0.parts.issuers.revoke(issuer, refresh_token).await {
            tracing::warn!(realm = issuer.realm_key, %error, "a refresh token could not be taken back at the issuer");
        }
    }
}
