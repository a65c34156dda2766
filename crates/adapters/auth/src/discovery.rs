//! Fetching an issuer's keys: OpenID Connect Discovery, then the JWK set that it points to.

use std::time::Duration;

use athyper_kernel_telemetry::TraceContext;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use tracing::Instrument as _;
use url::Url;

use crate::keys::{KeySet, KeySetError};
use crate::reach::Reach;

/// Longest time for one of the two requests, connecting included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer that is read, in bytes. Key sets with certificate chains have some tens of thousands.
const MAX_BODY: usize = 512 * 1024;

/// Where the keys of one issuer are fetched.
#[derive(Debug)]
pub(crate) struct Issuer {
    url: String,
    discovery: Url,
    reach: Reach,
    client: Client,
}

/// Why keys could not be fetched, or could never be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The issuer's URL is none, or not one that keys may be fetched from.
    #[error("{0:?} must be an absolute https:// address (http:// is for local only)")]
    Address(String),
    /// The address is of a machine that may not be spoken to.
    #[error("{0} is no address on the internet")]
    Inside(String),
    /// No connection, no answer in time, or TLS refused.
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    /// An answer other than 200. Redirects are not followed: they could lead anywhere.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The answer.
        status: StatusCode,
    },
    /// An answer without end.
    #[error("{0} answered with more than {MAX_BODY} bytes")]
    TooLarge(Url),
    /// Not a discovery document.
    #[error("the discovery document cannot be read")]
    Document(#[source] serde_json::Error),
    /// The document is another issuer's (OpenID Connect Discovery, section 4.3).
    #[error("the discovery document is of issuer {0:?}: set iam.issuerUrl of the realm to the exact issuer")]
    OtherIssuer(String),
    /// No key set to work with.
    #[error(transparent)]
    Keys(#[from] KeySetError),
}

impl FetchError {
    /// What went wrong, with its causes, for whoever has named the address.
    pub(crate) fn told(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            text = format!("{text}: {error}");
            next = error.source();
        }
        text
    }
}

/// What is read of a discovery document (OpenID Connect Discovery, section 3; RFC 9207, section 3).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) issuer: String,
    jwks_uri: String,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// The answer to a form.
#[derive(Debug)]
pub(crate) struct FormAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Issuer {
    /// An issuer that is not asked for anything yet.
    ///
    /// # Errors
    /// The URL is not one to fetch from, or the HTTP client cannot be made.
    pub(crate) fn new(issuer_url: &str, reach: Reach) -> Result<Self, FetchError> {
        // OpenID Connect Discovery, section 4: one slash between issuer and path.
        let base = issuer_url.strip_suffix('/').unwrap_or(issuer_url);
        let discovery = reach.address(&format!("{base}/.well-known/openid-configuration"))?;
        let client = reach.client(&discovery, TIMEOUT)?;
        Ok(Self { url: issuer_url.to_owned(), discovery, reach, client })
    }

    /// Asks the issuer for its keys.
    ///
    /// # Errors
    /// No answer, or one that is not the issuer's keys.
    pub(crate) async fn fetch_keys(&self) -> Result<KeySet, FetchError> {
        let document = self.document().await?;
        if document.issuer != self.url {
            return Err(FetchError::OtherIssuer(document.issuer));
        }
        let keys = self.get(self.address(&document.jwks_uri)?).await?;
        Ok(KeySet::from_json(&keys)?)
    }

    /// Asks the issuer for its discovery document. Whose it is, the caller checks.
    ///
    /// # Errors
    /// No answer, or one that is no such document.
    pub(crate) async fn document(&self) -> Result<Document, FetchError> {
        let document = self.get(self.discovery.clone()).await?;
        serde_json::from_slice(&document).map_err(FetchError::Document)
    }

    /// An address of the document, if it may be spoken to.
    ///
    /// # Errors
    /// It is none, plain http where that is not allowed, or inside where nothing inside may be spoken to.
    pub(crate) fn address(&self, text: &str) -> Result<Url, FetchError> {
        self.reach.address(text)
    }

    /// The issuer as it is configured.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Posts a form and gives back whatever the answer is. The form holds secrets: none of it goes into span or error.
    ///
    /// # Errors
    /// No answer, or one without end.
    pub(crate) async fn post(
        &self,
        url: Url,
        form: &str,
        authorization: Option<&str>,
    ) -> Result<FormAnswer, FetchError> {
        let mut request = self
            .client
            .post(url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.to_owned());
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let span = span("POST", &url);
        let answer = async {
            let response = send(request).await?;
            let status = response.status();
            Ok(FormAnswer { status, body: read(response, url).await? })
        };
        noting_failure(answer, span).await
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let (span, request) = (span("GET", &url), self.client.get(url.clone()));
        let answer = async {
            let response = send(request).await?;
            let status = response.status();
            if status == StatusCode::OK {
                read(response, url).await
            } else {
                Err(FetchError::Status { url, status })
            }
        };
        noting_failure(answer, span).await
    }
}

/// Names by the semantic conventions of OpenTelemetry for HTTP clients.
fn span(method: &'static str, url: &Url) -> tracing::Span {
    tracing::info_span!(
        "issuer",
        otel.name = method,
        otel.kind = "client",
        http.request.method = method,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.full = url.as_str(),
        http.response.status_code = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    )
}

async fn noting_failure<T>(
    answer: impl Future<Output = Result<T, FetchError>>,
    span: tracing::Span,
) -> Result<T, FetchError> {
    let answer = answer.instrument(span.clone()).await;
    if answer.is_err() {
        span.record("otel.status_code", "error");
    }
    answer
}

/// Sends a request with the trace that it is part of.
pub(crate) async fn send(mut request: RequestBuilder) -> Result<Response, FetchError> {
    if let Some(trace) = TraceContext::current() {
        request = request.header("traceparent", trace.traceparent());
        if let Some(state) = trace.tracestate() {
            request = request.header("tracestate", state);
        }
    }
    let response = request.send().await?;
    tracing::Span::current().record("http.response.status_code", response.status().as_u16());
    Ok(response)
}

pub(crate) async fn read(mut response: Response, url: Url) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::TooLarge(url));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_local_only() {
        assert!(Issuer::new("http://127.0.0.1:1/realms/a", Reach::Anywhere).is_ok());
        assert!(matches!(
            Issuer::new("http://127.0.0.1:1/realms/a", Reach::Named),
            Err(FetchError::Address(_))
        ));
        assert!(Issuer::new("https://issuer.example/realms/a", Reach::Named).is_ok());
        assert!(matches!(Issuer::new("file:///etc/keys", Reach::Anywhere), Err(FetchError::Address(_))));
    }

    #[test]
    fn there_is_one_slash_before_the_well_known_path() {
        for issuer in ["https://issuer.example/a", "https://issuer.example/a/"] {
            let issuer = Issuer::new(issuer, Reach::Named).unwrap();
            assert_eq!(
                issuer.discovery.as_str(),
                "https://issuer.example/a/.well-known/openid-configuration"
            );
        }
    }
}
