//! Recognises the session of a request: the credential that the edge asks for.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{BrowserRequest, BrowserSession, BrowserSessions, SessionRefused};
use axum::http::{HeaderMap, HeaderValue};

use crate::Sessions;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::cookie::CookieKind;
use crate::model::csrf::{self, Sender};
use crate::model::key::SessionKey;
use crate::model::session::{KeyStanding, Session, Standing};
use crate::store::sessions;

/// What a request wants of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be let in.
    Work,
    /// To know how it stands; a page that asks again and again keeps nothing alive by it.
    Look,
    /// To end it.
    SignOut,
}

/// A session that a request shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) realm_key: String,
    value: String,
}

/// A session that was recognised.
#[derive(Debug)]
pub(crate) struct Recognised {
    pub(crate) session: Arc<Session>,
    /// The cookie with the present id, where the request showed another.
    pub(crate) cookie: Option<HeaderValue>,
}

#[async_trait]
impl BrowserSessions for Sessions {
    async fn admit(&self, request: BrowserRequest<'_>) -> Result<Option<BrowserSession>, SessionRefused> {
        let Some(shown) = self.shown(request.headers) else { return Ok(None) };
        match self.recognise(&shown, request, Purpose::Work).await {
            Ok(found) => Ok(Some(BrowserSession {
                identity: found.session.identity(),
                id: found.session.id,
                cookies: found.cookie.into_iter().collect(),
            })),
            Err(error) => Err(self.refused(&shown.realm_key, error)),
        }
    }
}

impl Sessions {
    /// The answer to a session that is not taken: its cookie is taken away, where it is good for nothing any more.
    pub(crate) fn refused(&self, realm_key: &str, error: Error) -> SessionRefused {
        let problem = Problem::from(error);
        let is_useless = problem.kind == ProblemKind::Unauthenticated;
        let clear = is_useless.then(|| self.0.cookies.clear(CookieKind::Session, realm_key).ok());
        SessionRefused { problem, cookies: clear.flatten().into_iter().collect() }
    }

    /// The session that a request shows. Of several realms it is the one that `x-realm` names, else the default one's. Where there is none of
    /// the realm that is named, it is that of an operator, who looks into another realm.
    pub(crate) fn shown(&self, headers: &HeaderMap) -> Option<Shown> {
        let iam = &self.0.parts.iam;
        let mut found: Vec<Shown> = iam
            .realms
            .iter()
            .filter(|(_, realm)| realm.feature_flags.bff_sessions)
            .filter_map(|(key, _)| {
                let value = self.0.cookies.read(headers, CookieKind::Session, key)?;
                Some(Shown { realm_key: key.clone(), value })
            })
            .collect();
        let asked = headers.get("x-realm").and_then(|value| value.to_str().ok()).map(str::trim);
        let wanted = match asked {
            Some(asked) if found.iter().any(|shown| shown.realm_key == asked) => asked,
            Some(_) => iam.platform_realm_key.as_deref()?,
            None if found.len() == 1 => return found.pop(),
            None => &iam.default_realm_key,
        };
        found.into_iter().find(|shown| shown.realm_key == wanted)
    }

    /// Recognises a session, or says why not.
    pub(crate) async fn recognise(
        &self,
        shown: &Shown,
        request: BrowserRequest<'_>,
        purpose: Purpose,
    ) -> Result<Recognised, Error> {
        let key = SessionKey::parse(&shown.value).ok_or(Error::SessionInvalid)?;
        let hash = key.hash();
        let session = self.by_key(&key, &hash).await?;
        let info = request.info;
        if session.realm_key != shown.realm_key {
            self.note(&session, event(events::CROSS_TENANT_REJECTION), "other_realm", info).await?;
            return Err(Error::SessionInvalid);
        }
        self.check_standing(&session).await?;
        if session.key_standing(&hash, self.now()) == KeyStanding::Retired {
            self.end(&session, "reused_id", event(events::SESSION_KILLED), info).await?;
            return Err(Error::SessionEnded);
        }
        self.check_forgery(&session, request).await?;
        let mut session = session;
        if purpose != Purpose::SignOut {
            if session.is_access_over(self.now()) {
                session = self.refreshed(session, info).await?;
            }
            if session.rotation_due {
                session = self.rotated(session, info).await?;
            }
        }
        let is_present = session.key_standing(&hash, self.now()) == KeyStanding::Present;
        if purpose == Purpose::Work && (session.is_sight_due(self.now()) || session.is_first_sight(&hash)) {
            let mut tx = self.system_tx().await?;
            sessions::see(&mut tx, &session, &hash, self.grace(&session.realm_key)).await?;
            tx.commit().await?;
        }
        let cookie = if is_present || purpose == Purpose::SignOut {
            None
        } else {
            let context = self.context_of(&session, info).await?;
            let present = self.open(&context, &session).await?.key.text();
            Some(self.0.cookies.set(CookieKind::Session, &session.realm_key, &present, None)?)
        };
        Ok(Recognised { session, cookie })
    }

    /// The session that has or had this id. What is kept in memory may lack the last id that another process gave out, so the
    /// database is asked before one is called unknown or retired.
    async fn by_key(&self, key: &SessionKey, hash: &[u8]) -> Result<Arc<Session>, Error> {
        let (tenant, id) = (key.tenant(), key.session());
        let is_settled = |session: &Session| {
            matches!(session.key_standing(hash, self.now()), KeyStanding::Present | KeyStanding::Former)
        };
        let session = match self.find(tenant, id).await? {
            Some(session) if is_settled(&session) => session,
            Some(_) => self.find_now(tenant, id).await?.ok_or(Error::SessionInvalid)?,
            None => return Err(Error::SessionInvalid),
        };
        if session.key_standing(hash, self.now()) == KeyStanding::Unknown {
            return Err(Error::SessionInvalid);
        }
        Ok(session)
    }

    /// Checks that a session lets requests in.
    pub(crate) async fn check_standing(&self, session: &Session) -> Result<(), Error> {
        match self.standing(session).await? {
            Standing::Live => Ok(()),
            Standing::Ended | Standing::Revoked => Err(Error::SessionEnded),
            Standing::Idle | Standing::Expired => Err(Error::SessionExpired),
        }
    }

    /// Checks that a change comes from a page of ours.
    async fn check_forgery(&self, session: &Session, request: BrowserRequest<'_>) -> Result<(), Error> {
        if !csrf::is_unsafe(request.method) {
            return Ok(());
        }
        let needs_token = self.realm(&session.realm_key)?.feature_flags.csrf_protection;
        let sender = csrf::sender(request.headers, &self.0.own_origin);
        let sent = request.headers.get(csrf::HEADER).and_then(|value| value.to_str().ok());
        let has_token = sent.is_some_and(|sent| csrf::is_token(&session.csrf_key, session.id, sent));
        let (reason, error) = if sender == Sender::Foreign {
            ("foreign_origin", Error::CrossSite)
        } else if needs_token && !has_token {
            (if sent.is_some() { "wrong_token" } else { "no_token" }, Error::CsrfTokenRequired)
        } else if sender == Sender::Untold && !has_token {
            // Neither origin nor token: nothing speaks for a page of ours.
            ("no_origin", Error::CrossSite)
        } else {
            return Ok(());
        };
        self.note(session, event(events::CSRF_VIOLATION), reason, request.info).await?;
        Err(error)
    }
}
