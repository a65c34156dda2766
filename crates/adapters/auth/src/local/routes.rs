//! The two public documents of the built-in issuer, at the paths that Keycloak has them.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_error::Problem;
use athyper_kernel_http::ProblemResponse;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use super::issuer::LocalIssuer;

type Issuers = Arc<HashMap<String, Arc<LocalIssuer>>>;

/// Routes for discovery and keys of these issuers. They are public: what they show is there to be read by anybody.
///
/// The path of an issuer's URL must lead here, so mount them at the root of the base URL that the issuers were opened
/// with.
pub fn issuer_routes(issuers: &[Arc<LocalIssuer>]) -> Router {
    let by_realm = issuers.iter().map(|issuer| (issuer.realm_key().to_owned(), Arc::clone(issuer))).collect();
    Router::new()
        .route("/realms/{realm}/.well-known/openid-configuration", get(discovery))
        .route("/realms/{realm}/protocol/openid-connect/certs", get(certs))
        .with_state(Arc::new(by_realm))
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
    issuers.get(realm).ok_or_else(|| Problem::not_found("realm"))
}
