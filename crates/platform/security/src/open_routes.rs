//! The routes that stand outside the edge: whoever calls them is about to say who they are.

use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{BrowserRequest, ProblemResponse, RequestInfo};
use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::Sessions;
use crate::error::Error;
use crate::model::{claims, csrf};
use crate::recognise::Purpose;
use crate::sign_in::{Answer, Begin, Redirect, location};

/// Largest form that an issuer sends, in bytes.
const LARGEST_FORM: usize = 32 * 1024;

/// The routes.
pub(crate) fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/auth/login", get(login))
        .route("/auth/callback", get(callback))
        .route("/auth/callback/{provider}", get(callback))
        .route("/auth/discover", post(discover))
        .route("/auth/session", get(session))
        .route("/auth/logout", post(logout))
        .route("/auth/backchannel-logout", post(backchannel_logout))
        .route("/auth/backchannel-logout/{realm}/{tenant}/{provider}", post(provider_logout))
        .layer(axum::extract::DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(sessions)
}

/// What the flows look at of a request.
struct Shown {
    method: Method,
    headers: HeaderMap,
    info: Option<RequestInfo>,
}

impl Shown {
    fn request(&self) -> BrowserRequest<'_> {
        BrowserRequest { method: &self.method, headers: &self.headers, info: self.info.as_ref() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Shown {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let info = parts.extensions.get::<RequestInfo>().cloned();
        Ok(Self { method: parts.method.clone(), headers: parts.headers.clone(), info })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LoginQuery {
    realm: Option<String>,
    /// Tenant whose provider signs in; with `provider`.
    tenant: Option<String>,
    /// Key of the provider; with `tenant`.
    provider: Option<String>,
    /// A mail address whose domain says who signs in.
    email: Option<String>,
    return_to: Option<String>,
    /// `login` asks the person to sign in again.
    prompt: Option<Prompt>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Prompt {
    Login,
}

/// Sends the browser to its issuer.
async fn login(
    State(sessions): State<Sessions>,
    RawQuery(query): RawQuery,
    shown: Shown,
) -> Result<Response, ProblemResponse> {
    sessions.may_try(shown.info.as_ref()).await?;
    let query: LoginQuery = parse(query.as_deref())?;
    if query.tenant.is_some() != query.provider.is_some() || (query.tenant.is_some() && query.email.is_some())
    {
        return Err(Error::HalfAProvider.into());
    }
    let wanted = Begin {
        realm_key: query.realm.as_deref(),
        provider: query.tenant.as_deref().zip(query.provider.as_deref()),
        mail: query.email.as_deref(),
        return_to: query.return_to.as_deref(),
        is_fresh: matches!(query.prompt, Some(Prompt::Login)),
    };
    let span = tracing::info_span!("auth.login.flow", auth.flow = "begin");
    Ok(redirect(sessions.begin(&wanted, shown.request()).instrument(span).await?)?)
}

/// An issuer may send more than this (RFC 6749, section 4.1.2).
#[derive(Debug, Default, Deserialize)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<SecretString>,
    error: Option<String>,
    iss: Option<String>,
}

/// Takes the answer of an issuer.
async fn callback(
    State(sessions): State<Sessions>,
    uri: Uri,
    RawQuery(query): RawQuery,
    shown: Shown,
) -> Result<Response, ProblemResponse> {
    sessions.may_try(shown.info.as_ref()).await?;
    let query: CallbackQuery = parse(query.as_deref())?;
    let answer = Answer {
        path: uri.path(),
        state: query.state.as_deref(),
        code: query.code.as_ref(),
        error: query.error.as_deref(),
        issuer: query.iss.as_deref(),
    };
    let span = tracing::info_span!("auth.login.flow", auth.flow = "complete");
    Ok(redirect(sessions.complete(&answer, shown.request()).instrument(span).await?)?)
}

/// The session of a browser, as its pages see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionBody {
    session_id: Uuid,
    realm: String,
    tenant: String,
    subject: String,
    name: Option<String>,
    roles: Vec<String>,
    authenticated_at: DateTime<Utc>,
    /// When it ends unless a request comes.
    idle_expires_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// What changes send in `x-csrf-token`.
    csrf_token: String,
}

/// Says whose session it is, and how long it lives.
async fn session(State(sessions): State<Sessions>, shown: Shown) -> Response {
    let Some(named) = sessions.shown(&shown.headers) else {
        let problem =
            Problem::new(ProblemKind::Unauthenticated, "request.no_token", "there is no session: sign in");
        return with_cookies(ProblemResponse(problem).into_response(), Vec::new());
    };
    let found = match sessions.recognise(&named, shown.request(), Purpose::Look).await {
        Ok(found) => found,
        Err(error) => {
            let refused = sessions.refused(&named.realm_key, error);
            return with_cookies(ProblemResponse(refused.problem).into_response(), refused.cookies);
        }
    };
    let session = &found.session;
    let tenant = match sessions.context_of(session, shown.info.as_ref()).await {
        Ok(context) => context.tenant_key().to_owned(),
        Err(error) => return ProblemResponse::from(error).into_response(),
    };
    let body = SessionBody {
        session_id: session.id,
        realm: session.realm_key.clone(),
        tenant,
        subject: session.subject.clone(),
        name: claims::display_name(&session.claims).map(str::to_owned),
        roles: session.roles.clone(),
        authenticated_at: session.authenticated_at,
        idle_expires_at: session.idle_until(),
        expires_at: session.expires_at,
        csrf_token: csrf::token(&session.csrf_key, session.id),
    };
    with_cookies(Json(body).into_response(), found.cookie.into_iter().collect())
}

/// Where the browser goes to sign out at the issuer too.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedOutBody {
    end_session_url: Option<String>,
}

/// Signs the browser out.
async fn logout(State(sessions): State<Sessions>, shown: Shown) -> Result<Response, ProblemResponse> {
    let signed_out = sessions.sign_out(shown.request()).await?;
    let body = SignedOutBody { end_session_url: signed_out.end_session_url };
    Ok(with_cookies(Json(body).into_response(), signed_out.cookies))
}

#[derive(Debug, Deserialize)]
struct LogoutForm {
    logout_token: SecretString,
}

/// Hears an issuer say that somebody has signed out.
async fn backchannel_logout(
    State(sessions): State<Sessions>,
    shown: Shown,
    body: axum::body::Bytes,
) -> Result<Response, ProblemResponse> {
    sessions.may_try(shown.info.as_ref()).await?;
    let form: LogoutForm = serde_urlencoded::from_bytes(&body).map_err(|_| Error::LogoutTokenInvalid)?;
    sessions.sign_out_by_issuer(None, &form.logout_token, shown.info.as_ref()).await?;
    Ok(with_cookies(StatusCode::OK.into_response(), Vec::new()))
}

/// Hears a provider of a tenant say that somebody has signed out.
async fn provider_logout(
    State(sessions): State<Sessions>,
    Path((realm, tenant, provider)): Path<(String, String, String)>,
    shown: Shown,
    body: axum::body::Bytes,
) -> Result<Response, ProblemResponse> {
    sessions.may_try(shown.info.as_ref()).await?;
    let form: LogoutForm = serde_urlencoded::from_bytes(&body).map_err(|_| Error::LogoutTokenInvalid)?;
    let named = Some((&*realm, &*tenant, &*provider));
    sessions.sign_out_by_issuer(named, &form.logout_token, shown.info.as_ref()).await?;
    Ok(with_cookies(StatusCode::OK.into_response(), Vec::new()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DiscoverBody {
    realm: Option<String>,
    email: String,
}

/// Says where somebody signs in. What an address asks is counted as its failed attempts are: domains are not for anybody to try out.
async fn discover(
    State(sessions): State<Sessions>,
    shown: Shown,
    body: axum::body::Bytes,
) -> Result<Response, ProblemResponse> {
    sessions.may_try(shown.info.as_ref()).await?;
    let wanted: DiscoverBody = serde_json::from_slice(&body).map_err(|_| {
        Problem::new(
            ProblemKind::Malformed,
            "request.invalid_body",
            "send email, and realm if it is not the default one",
        )
    })?;
    let place = sessions.discover(wanted.realm.as_deref(), &wanted.email).await?;
    if let Some(rates) = &sessions.0.parts.rates {
        rates.failed(shown.info.as_ref().and_then(|info| info.origin.client)).await;
    }
    Ok(with_cookies(Json(place).into_response(), Vec::new()))
}

impl Sessions {
    /// Refuses an address whose attempts failed too often.
    async fn may_try(&self, info: Option<&RequestInfo>) -> Result<(), Problem> {
        match &self.0.parts.rates {
            Some(rates) => rates.may_try(info.and_then(|info| info.origin.client)).await,
            None => Ok(()),
        }
    }
}

fn parse<Q: serde::de::DeserializeOwned>(query: Option<&str>) -> Result<Q, Problem> {
    serde_urlencoded::from_str(query.unwrap_or_default()).map_err(|_| {
        // What is wrong may be the code, which is nobody's to read.
        Problem::new(ProblemKind::Malformed, "request.invalid_query", "a query parameter is wrong")
    })
}

fn redirect(redirect: Redirect) -> Result<Response, Problem> {
    let location =
        location(&redirect.location).ok_or_else(|| Problem::internal("a location that is none"))?;
    let response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    Ok(with_cookies(response, redirect.cookies))
}

/// Sets cookies on an answer that nobody may keep.
fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}
