//! What the issuer answers: discovery, keys, codes, tokens and their revocation.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair as _;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::token::{base64url, new_key, random, signed, text, with};
use crate::{CLIENT_ID, Grant, Inner, Manners, Refresh, Signing, lock};

pub(crate) fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .with_state(inner)
}

async fn discovery(State(issuer): State<Arc<Inner>>) -> Json<Value> {
    let url = &issuer.url;
    let names_itself = lock(&issuer.manners).names_itself;
    Json(json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"), "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"), "revocation_endpoint": format!("{url}/revoke"),
        "end_session_endpoint": format!("{url}/end-session"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": names_itself,
    }))
}

async fn keys(State(issuer): State<Arc<Inner>>) -> Json<Value> {
    let keys = lock(&issuer.keys);
    let point = keys.signing.public_key().as_ref();
    Json(json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": keys.id,
        "x": base64url(&point[1..33]), "y": base64url(&point[33..])}]}))
}

/// Signs in whoever the test says, without asking.
async fn authorize(
    State(issuer): State<Arc<Inner>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let field = |name: &str| query.get(name).cloned();
    lock(&issuer.asked).push(query.clone());
    let (Some(redirect_uri), Some(state)) = (field("redirect_uri"), field("state")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let is_right = field("response_type").as_deref() == Some("code")
        && field("client_id").as_deref() == Some(CLIENT_ID)
        && field("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid"));
    if !is_right {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let code = random();
    let manners = lock(&issuer.manners).clone();
    let grant = Grant {
        redirect_uri: redirect_uri.clone(),
        challenge: field("code_challenge"),
        nonce: field("nonce"),
        person: manners.person,
        session: random(),
    };
    lock(&issuer.codes).insert(code.clone(), grant);
    let named = manners.names_other.or_else(|| manners.names_itself.then(|| issuer.url.clone()));
    let issuer_parameter = named.map(|named| format!("&iss={named}")).unwrap_or_default();
    let location = format!("{redirect_uri}?code={code}&state={state}{issuer_parameter}");
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn token(
    State(issuer): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let manners = lock(&issuer.manners).clone();
    if let Some(status) = manners.token_status {
        return StatusCode::from_u16(status).expect("a status").into_response();
    }
    if !is_client(&manners, &headers, &form) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response();
    }
    let given = match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => issuer.exchange(&form),
        Some("refresh_token") => {
            tokio::time::sleep(manners.refresh_takes).await;
            issuer.renew(&form, &manners)
        }
        _ => None,
    };
    let Some((refresh, nonce)) = given else {
        issuer.counts.refused.fetch_add(1, Ordering::SeqCst);
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    };
    Json(issuer.tokens(&refresh, nonce, &manners)).into_response()
}

fn is_client(manners: &Manners, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    let Some(secret) = &manners.client_secret else {
        return form.get("client_id").map(String::as_str) == Some(CLIENT_ID);
    };
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
    headers.get(header::AUTHORIZATION).is_some_and(|sent| sent.as_bytes() == expected.as_bytes())
}

async fn revoke(State(issuer): State<Arc<Inner>>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    let token = form.get("token").cloned().unwrap_or_default();
    lock(&issuer.refresh).remove(&token);
    lock(&issuer.revoked).push(token);
    StatusCode::OK
}

impl Inner {
    /// A code is good once, at the address that it was sent to, for whoever has the verifier.
    fn exchange(&self, form: &HashMap<String, String>) -> Option<(Refresh, Option<String>)> {
        let grant = lock(&self.codes).remove(form.get("code")?)?;
        if form.get("redirect_uri") != Some(&grant.redirect_uri) {
            return None;
        }
        let answer =
            form.get("code_verifier").map(|verifier| base64url(digest(&SHA256, verifier.as_bytes())));
        if grant.challenge != answer {
            return None;
        }
        Some((Refresh { person: grant.person, session: grant.session }, grant.nonce))
    }

    fn renew(&self, form: &HashMap<String, String>, manners: &Manners) -> Option<(Refresh, Option<String>)> {
        let sent = form.get("refresh_token")?;
        if let Some(session) = lock(&self.used).get(sent) {
            // Used again: the whole family ends (RFC 9700, section 4.14.2).
            lock(&self.refresh).retain(|_, refresh| refresh.session != *session);
            return None;
        }
        let refresh = lock(&self.refresh).get(sent).cloned()?;
        if manners.rotates {
            lock(&self.refresh).remove(sent);
            lock(&self.used).insert(sent.clone(), refresh.session.clone());
        }
        self.counts.refreshes.fetch_add(1, Ordering::SeqCst);
        // What the issuer says of the person may have changed.
        let person = if manners.person["sub"] == refresh.person["sub"] {
            manners.person.clone()
        } else {
            refresh.person.clone()
        };
        Some((Refresh { person, ..refresh }, None))
    }

    fn tokens(&self, refresh: &Refresh, nonce: Option<String>, manners: &Manners) -> Value {
        let access = if manners.has_opaque_access {
            random()
        } else {
            self.access_token(&refresh.person, &refresh.session)
        };
        let mut answer = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": manners.access_lifetime,
            "id_token": self.id_token(refresh, nonce, &access, manners),
        });
        if manners.gives_refresh {
            let token = random();
            lock(&self.refresh).insert(token.clone(), refresh.clone());
            answer["refresh_token"] = json!(token);
        }
        answer
    }

    pub(crate) fn access_token(&self, person: &Value, session: &str) -> String {
        let now = self.now.load(Ordering::SeqCst);
        let lifetime = lock(&self.manners).access_lifetime;
        let claims = json!({
            "iss": self.url, "aud": CLIENT_ID, "azp": CLIENT_ID, "iat": now, "exp": now + lifetime, "jti": random(),
            "typ": "Bearer", "sid": session,
        });
        let keys = lock(&self.keys);
        let header = json!({"alg": "ES256", "kid": keys.id, "typ": "at+jwt"});
        signed(&header, &with(claims, person), &keys.signing)
    }

    fn id_token(&self, refresh: &Refresh, nonce: Option<String>, access: &str, manners: &Manners) -> String {
        let now = self.now.load(Ordering::SeqCst);
        let hash = digest(&SHA256, access.as_bytes());
        let claims = json!({
            "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "auth_time": now, "nonce": nonce,
            "sid": refresh.session, "at_hash": base64url(&hash.as_ref()[..16]),
        });
        let claims = with(with(claims, &refresh.person), &manners.id_token);
        let keys = lock(&self.keys);
        let header = |alg: &str| json!({"alg": alg, "kid": keys.id, "typ": "JWT"});
        match manners.signing {
            Signing::Right => signed(&header("ES256"), &claims, &keys.signing),
            Signing::OtherKey => signed(&header("ES256"), &claims, &new_key()),
            Signing::None => format!("{}.", text(&header("none"), &claims)),
            Signing::HmacWithPublicKey => {
                let text = text(&header("HS256"), &claims);
                let secret = hmac::Key::new(hmac::HMAC_SHA256, keys.signing.public_key().as_ref());
                format!("{text}.{}", base64url(hmac::sign(&secret, text.as_bytes())))
            }
        }
    }
}
