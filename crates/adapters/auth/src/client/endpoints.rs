//! Where an issuer's endpoints are: its discovery document, kept for a while and used beyond that while it is away.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use athyper_kernel_resilience::{CallError, CircuitBreaker, Outcome};
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use url::Url;

use super::error::OidcError;
use crate::authenticator::Realm;
use crate::discovery::{Document, FetchError, FormAnswer, Issuer};

/// Age from which the document is fetched again.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// Time between two attempts while the issuer does not answer.
const INTERVAL: TimeDelta = TimeDelta::seconds(5);

/// Longest time of one request.
const LONGEST: Duration = Duration::from_secs(6);

/// The endpoints of one issuer.
pub(super) struct Endpoints {
    issuer: Arc<Issuer>,
    breaker: Option<Arc<CircuitBreaker>>,
    clock: Clock,
    known: ArcSwapOption<Known>,
    /// Whoever holds it fetches; when the last attempt failed.
    gate: Mutex<Option<DateTime<Utc>>>,
    realm_key: String,
}

struct Known {
    document: Arc<Document>,
    fetched_at: DateTime<Utc>,
}

fn verdict<T>(outcome: &Result<T, FetchError>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Success,
        Err(FetchError::Http(_)) => Outcome::TargetFault { retry_after: None },
        Err(FetchError::Status { status, .. }) => Outcome::of_http_status(status.as_u16(), None),
        Err(_) => Outcome::CallerFault,
    }
}

fn verdict_of_form(outcome: &Result<FormAnswer, FetchError>) -> Outcome {
    match outcome {
        Ok(answer) => Outcome::of_http_status(answer.status.as_u16(), None),
        failed => verdict(failed),
    }
}

impl Endpoints {
    pub(super) fn new(realm: &Realm, clock: Clock) -> Self {
        Self {
            issuer: Arc::clone(&realm.issuer),
            breaker: realm.breaker.clone(),
            clock,
            known: ArcSwapOption::empty(),
            gate: Mutex::default(),
            realm_key: realm.key.clone(),
        }
    }

    /// The document.
    pub(super) async fn find(&self) -> Result<Arc<Document>, OidcError> {
        if let Some(document) = self.fresh() {
            return Ok(document);
        }
        let mut failed_at = self.gate.lock().await;
        if let Some(document) = self.fresh() {
            return Ok(document);
        }
        let now = self.clock.now();
        let rests = failed_at.is_some_and(|at| (TimeDelta::zero()..INTERVAL).contains(&(now - at)));
        if !rests {
            match self.call(self.issuer.document(), verdict).await {
                Ok(document) if document.issuer == self.issuer.url() => {
                    let document = Arc::new(document);
                    let known = Known { document: Arc::clone(&document), fetched_at: now };
                    self.known.store(Some(Arc::new(known)));
                    *failed_at = None;
                    return Ok(document);
                }
                Ok(document) => {
                    tracing::warn!(
                        realm = self.realm_key,
                        named = document.issuer,
                        "the discovery document is of another issuer"
                    );
                    *failed_at = Some(now);
                }
                Err(error) => {
                    tracing::warn!(realm = self.realm_key, %error, "the issuer's document could not be fetched");
                    *failed_at = Some(now);
                }
            }
        }
        // An old document is as good as a new one: endpoints hardly ever move.
        let old = self.known.load().as_ref().map(|known| Arc::clone(&known.document));
        old.ok_or(OidcError::Away { retry_after_seconds: 5 })
    }

    /// Fetches document and keys anew, and says what is wrong with them.
    pub(super) async fn probe(&self) -> Vec<String> {
        let document = match self.issuer.document().await {
            Ok(document) => document,
            Err(error) => return vec![format!("discovery: {}", error.told())],
        };
        let mut problems = Vec::new();
        if document.issuer != self.issuer.url() {
            problems.push(format!("discovery: the document is of another issuer, {}", document.issuer));
        }
        for (what, address) in
            [("authorization", &document.authorization_endpoint), ("token", &document.token_endpoint)]
        {
            match address.as_deref().map(|address| self.issuer.address(address)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => problems.push(format!("{what} endpoint: {}", error.told())),
                None => problems.push(format!("{what} endpoint: the document names none")),
            }
        }
        if problems.is_empty()
            && let Err(error) = self.issuer.fetch_keys().await
        {
            problems.push(format!("keys: {}", error.told()));
        }
        problems
    }

    fn fresh(&self) -> Option<Arc<Document>> {
        let known = self.known.load();
        let known = known.as_ref()?;
        (self.clock.now() - known.fetched_at < MAX_AGE).then(|| Arc::clone(&known.document))
    }

    /// An address of the document.
    pub(super) fn address(&self, text: Option<&str>, what: &'static str) -> Result<Url, OidcError> {
        let text = text.ok_or(OidcError::NotOffered(what))?;
        self.issuer.address(text).map_err(|_| OidcError::Answer("an endpoint is no address to speak to"))
    }

    /// Posts a form.
    pub(super) async fn post(
        &self,
        url: Url,
        form: &SecretString,
        authorization: Option<&SecretString>,
    ) -> Result<FormAnswer, OidcError> {
        let authorization = authorization.map(|value| value.expose_secret().to_owned());
        let posted = self.issuer.post(url, form.expose_secret(), authorization.as_deref());
        let answer = self.call(posted, verdict_of_form).await.map_err(|error| {
            tracing::warn!(realm = self.realm_key, %error, "the issuer could not be asked");
            OidcError::Away { retry_after_seconds: 5 }
        })?;
        if answer.status.is_server_error() || answer.status.as_u16() == 429 {
            return Err(OidcError::Away { retry_after_seconds: 5 });
        }
        Ok(answer)
    }

    async fn call<T>(
        &self,
        work: impl Future<Output = Result<T, FetchError>>,
        classify: impl FnOnce(&Result<T, FetchError>) -> Outcome,
    ) -> Result<T, CallError<FetchError>> {
        match &self.breaker {
            Some(breaker) => breaker.call(LONGEST, work, classify).await,
            None => work.await.map_err(CallError::Failed),
        }
    }
}
