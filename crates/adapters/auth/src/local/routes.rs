//! The two public documents of the built-in issuer and its sign-in, at the paths that Keycloak has them.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::ProblemResponse;
use athyper_kernel_types::Clock;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde_json::{Value, json};

use super::issuer::LocalIssuer;
use super::sign_in::Asked;

/// The issuers by realm, and their time.
#[derive(Clone)]
struct Issuers {
    by_realm: Arc<HashMap<String, Arc<LocalIssuer>>>,
    clock: Clock,
}

/// Routes for discovery and keys of these issuers. They are public: what they show is there to be read by anybody.
///
/// The path of an issuer's URL must lead here, so mount them at the root of the base URL that the issuers were opened
/// with.
pub fn issuer_routes(issuers: &[Arc<LocalIssuer>], clock: Clock) -> Router {
    let by_realm = issuers.iter().map(|issuer| (issuer.realm_key().to_owned(), Arc::clone(issuer))).collect();
    Router::new()
        .route("/realms/{realm}/.well-known/openid-configuration", get(discovery))
        .route("/realms/{realm}/protocol/openid-connect/certs", get(certs))
        .route("/realms/{realm}/protocol/openid-connect/auth", get(authorize))
        .route("/realms/{realm}/protocol/openid-connect/token", post(token))
        .with_state(Issuers { by_realm: Arc::new(by_realm), clock })
}

async fn discovery(
    State(issuers): State<Issuers>,
    Path(realm): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    Ok(Json(find(&issuers, &realm)?.discovery_document()))
}

async fn certs(
    State(issuers): State<Issuers>,
    Path(realm): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    Ok(Json(find(&issuers, &realm)?.jwks()))
}

fn find<'i>(issuers: &'i Issuers, realm: &str) -> Result<&'i Arc<LocalIssuer>, Problem> {
    issuers.by_realm.get(realm).ok_or_else(|| Problem::not_found("realm"))
}

/// Shows the demo users, or sends the browser back with the one that was chosen.
async fn authorize(
    State(issuers): State<Issuers>,
    Path(realm): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, ProblemResponse> {
    let wrong = || {
        Problem::new(
            ProblemKind::Malformed,
            "request.invalid_query",
            "no request for a code of this platform",
        )
    };
    let asked = find(&issuers, &realm)?.ask(&query, issuers.clock.now()).map_err(|_| wrong())?;
    Ok(match asked.ok_or_else(wrong)? {
        Asked::Page(page) => (no_store(), Html(page)).into_response(),
        Asked::Back(location) => {
            (StatusCode::SEE_OTHER, no_store(), [(header::LOCATION, location)]).into_response()
        }
    })
}

/// Gives tokens for a code or a refresh token (RFC 6749, section 5).
async fn token(
    State(issuers): State<Issuers>,
    Path(realm): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response, ProblemResponse> {
    let given = find(&issuers, &realm)?.give(&form, issuers.clock.now()).map_err(Problem::internal)?;
    Ok(match given {
        Some(tokens) => (no_store(), Json(tokens)).into_response(),
        None => {
            (StatusCode::BAD_REQUEST, no_store(), Json(json!({"error": "invalid_grant"}))).into_response()
        }
    })
}

fn no_store() -> [(header::HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}
