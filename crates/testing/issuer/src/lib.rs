//! An OpenID Connect issuer on this machine that really signs: authorization code with PKCE, refresh with rotation, revocation and
//! logout tokens. The test decides who signs in, and may have it misbehave in one way or another.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "an issuer that cannot be set up fails its test there and then"
)]

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The client that the issuer knows.
pub const CLIENT_ID: &str = "athyper";

/// How the id tokens of an issuer are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As they should be.
    #[default]
    Right,
    /// `alg` is `none` and there is no signature.
    None,
    /// HMAC with the public key for a secret.
    HmacWithPublicKey,
    /// By a key that the issuer does not publish, under the id of the one that it does.
    OtherKey,
}

/// What a test may change while the issuer runs.
#[derive(Clone, Debug)]
pub struct Manners {
    /// Claims of whoever signs in next: at least `sub`.
    pub person: Value,
    /// Members that replace those of id tokens; null removes one.
    pub id_token: Value,
    /// How id tokens are signed.
    pub signing: Signing,
    /// How long access tokens live, in seconds.
    pub access_lifetime: i64,
    /// Whether a refresh token is replaced when it is used, and its family ended when it is used again.
    pub rotates: bool,
    /// Whether refresh tokens are given at all.
    pub gives_refresh: bool,
    /// Whether access tokens are JWTs for the platform, or opaque.
    pub has_opaque_access: bool,
    /// Whether the discovery document says that answers name the issuer, and they do (RFC 9207).
    pub names_itself: bool,
    /// The issuer that answers name instead of this one.
    pub names_other: Option<String>,
    /// The status that the token endpoint answers with instead of doing its work.
    pub token_status: Option<u16>,
    /// How long a refresh takes.
    pub refresh_takes: Duration,
    /// The secret of the client; without one it is a public client.
    pub client_secret: Option<String>,
}

/// What happened to the issuer.
#[derive(Debug, Default)]
struct Counts {
    refreshes: AtomicUsize,
    refused: AtomicUsize,
}

struct Grant {
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    person: Value,
    session: String,
}

#[derive(Clone)]
struct Refresh {
    person: Value,
    session: String,
}

struct Keys {
    signing: EcdsaKeyPair,
    id: String,
    /// How many keys there were before.
    number: u32,
}

struct Inner {
    url: String,
    now: AtomicI64,
    manners: Mutex<Manners>,
    keys: Mutex<Keys>,
    codes: Mutex<HashMap<String, Grant>>,
    refresh: Mutex<HashMap<String, Refresh>>,
    used: Mutex<HashMap<String, String>>,
    revoked: Mutex<Vec<String>>,
    asked: Mutex<Vec<HashMap<String, String>>>,
    counts: Counts,
}

/// The issuer. It serves from a thread of its own until it is dropped.
pub struct Issuer {
    inner: Arc<Inner>,
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Issuer {
    /// Starts on a free port of the loopback. `now` is the issuer's time, in seconds since 1970.
    pub fn start(now: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            url: format!("http://{address}"),
            now: AtomicI64::new(now),
            manners: Mutex::new(Manners {
                person: json!({"sub": "u-1"}),
                id_token: json!({}),
                signing: Signing::default(),
                access_lifetime: 300,
                rotates: true,
                gives_refresh: true,
                has_opaque_access: false,
                names_itself: true,
                names_other: None,
                token_status: None,
                refresh_takes: Duration::ZERO,
                client_secret: None,
            }),
            keys: Mutex::new(Keys { signing: new_key(), id: "key-1".to_owned(), number: 1 }),
            codes: Mutex::default(),
            refresh: Mutex::default(),
            used: Mutex::default(),
            revoked: Mutex::default(),
            asked: Mutex::default(),
            counts: Counts::default(),
        });
        let mut issuer = Self { inner, address, running: None };
        issuer.serve(listener);
        issuer
    }

    /// The issuer, as its tokens name it.
    pub fn url(&self) -> String {
        self.inner.url.clone()
    }

    /// Changes how it behaves.
    pub fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut lock(&self.inner.manners));
    }

    /// Sets its time, in seconds since 1970.
    pub fn set_now(&self, now: i64) {
        self.inner.now.store(now, Ordering::SeqCst);
    }

    /// Replaces its key; the former one is published no more.
    pub fn rotate_key(&self) {
        let mut keys = lock(&self.inner.keys);
        keys.number += 1;
        keys.id = format!("key-{}", keys.number);
        keys.signing = new_key();
    }

    /// How often tokens were refreshed.
    pub fn refreshes(&self) -> usize {
        self.inner.counts.refreshes.load(Ordering::SeqCst)
    }

    /// How often a grant was refused.
    pub fn refused(&self) -> usize {
        self.inner.counts.refused.load(Ordering::SeqCst)
    }

    /// The tokens that were taken back, in order.
    pub fn revoked(&self) -> Vec<String> {
        lock(&self.inner.revoked).clone()
    }

    /// How many refresh tokens are good now.
    pub fn good_refresh_tokens(&self) -> usize {
        lock(&self.inner.refresh).len()
    }

    /// One of the refresh tokens that are good now.
    pub fn any_refresh_token(&self) -> String {
        lock(&self.inner.refresh).keys().next().cloned().expect("a refresh token")
    }

    /// Ends every session of everybody: no refresh token is good any more.
    pub fn end_all(&self) {
        lock(&self.inner.refresh).clear();
    }

    /// The parameters of the last request for a code.
    pub fn last_request(&self) -> HashMap<String, String> {
        lock(&self.inner.asked).last().cloned().unwrap_or_default()
    }

    /// A logout token about the person and session of the last sign-in, with these members replaced; null removes one.
    pub fn logout_token(&self, changes: &Value) -> String {
        let now = self.inner.now.load(Ordering::SeqCst);
        let claims = json!({
            "iss": self.inner.url, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": random(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let keys = lock(&self.inner.keys);
        let header = json!({"alg": "ES256", "kid": keys.id, "typ": "logout+jwt"});
        signed(&header, &with(claims, changes), &keys.signing)
    }

    /// An access token that the platform takes as a bearer token.
    pub fn access_token(&self, person: &Value) -> String {
        self.inner.access_token(person, "s")
    }

    /// Nobody listens from here on.
    pub fn away(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().expect("the thread of the issuer");
        }
    }

    /// It listens again.
    pub fn back(&mut self) {
        self.serve(TcpListener::bind(self.address).expect("the port"));
    }

    fn serve(&mut self, listener: TcpListener) {
        listener.set_nonblocking(true).expect("a listener");
        let (stop, stopped) = oneshot::channel::<()>();
        let router = routes(Arc::clone(&self.inner));
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    served = async { axum::serve(listener, router).await } => served.expect("served"),
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.away();
    }
}

fn routes(inner: Arc<Inner>) -> Router {
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
    match given {
        Some((refresh, nonce)) => Json(issuer.tokens(&refresh, nonce, &manners)).into_response(),
        None => {
            issuer.counts.refused.fetch_add(1, Ordering::SeqCst);
            (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response()
        }
    }
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

    fn access_token(&self, person: &Value, session: &str) -> String {
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

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

fn text(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()))
}

fn signed(header: &Value, claims: &Value, key: &EcdsaKeyPair) -> String {
    let text = text(header, claims);
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
    format!("{text}.{}", base64url(signature))
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn random() -> String {
    let mut bytes = [0; 24];
    rand::fill(&mut bytes).expect("random bytes");
    base64url(bytes)
}

/// The object with some members replaced; null removes one.
fn with(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    object
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
