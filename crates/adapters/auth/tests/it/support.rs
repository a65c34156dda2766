//! An issuer on a loopback port, keys of every kind, tokens made by hand, and an authenticator of two realms.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use athyper_adapter_auth::{OidcAuthenticator, SetupError};
use athyper_kernel_config::{Environment, IamConfig};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{Authenticator, Identity};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::{Clock, ManualClock};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// 2027-01-15, the time of every test.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key of one of the three kinds that issuers use.
pub(crate) enum Key {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    /// The public half, with the algorithm that it is for.
    pub(crate) fn jwk(&self, kid: &str, alg: &str) -> Value {
        let common = json!({"kid": kid, "alg": alg, "use": "sig"});
        let mut jwk = match self {
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
            }
            Self::Rsa(key) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({"kty": "RSA", "n": base64url(parts.n), "e": base64url(parts.e)})
            }
            Self::Ed(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key())}),
        };
        jwk.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        jwk
    }

    /// A signature by this key; an RSA key signs in the way that `alg` asks for.
    pub(crate) fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::Rsa(key) => {
                let padding = if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token with this header and these claims, signed by this key.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        let alg = header["alg"].as_str().unwrap_or_default();
        token_signed_by(header, claims, |message| self.sign(alg, message))
    }
}

/// A token whose signature is whatever `sign` makes of the signed text.
pub(crate) fn token_signed_by(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = base64url(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub(crate) fn header(alg: &str, kid: &str) -> Value {
    json!({"alg": alg, "kid": kid, "typ": "JWT"})
}

/// The object with some members replaced; null removes one.
pub(crate) fn with(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    object
}

/// What the issuer answers at one path.
#[derive(Clone)]
pub(crate) enum Answer {
    Json(Value),
    /// Good content under another status than 200.
    Status(StatusCode, Value),
    Redirect(String),
    Text(String),
    /// The key set, once the test lets it go.
    Held(Arc<Semaphore>, Value),
}

#[derive(Default)]
struct Answers {
    by_path: Mutex<HashMap<String, Answer>>,
    hits: Mutex<HashMap<String, usize>>,
}

/// An HTTP server that answers as told. Each realm's issuer is `{base}/{realm}`.
pub(crate) struct Stub {
    pub(crate) base: String,
    answers: Arc<Answers>,
}

impl Stub {
    pub(crate) fn serve(listener: TcpListener, lifecycle: &Lifecycle) -> Self {
        let base = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Answers::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&answers));
        lifecycle.spawn("stub", async move { axum::serve(listener, router).await.unwrap() });
        Self { base, answers }
    }

    pub(crate) fn issuer(&self, realm: &str) -> String {
        format!("{}/{realm}", self.base)
    }

    pub(crate) fn set(&self, path: &str, answer: Answer) {
        self.answers.by_path.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Publishes the discovery document and these keys of a realm.
    pub(crate) fn publish(&self, realm: &str, keys: &[Value]) {
        let issuer = self.issuer(realm);
        let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")});
        self.set(&format!("/{realm}/.well-known/openid-configuration"), Answer::Json(document));
        self.set(&format!("/{realm}/keys"), Answer::Json(json!({"keys": keys})));
    }

    /// How often the keys of a realm were asked for.
    pub(crate) fn fetches(&self, realm: &str) -> usize {
        self.hits(&format!("/{realm}/keys"))
    }

    pub(crate) fn hits(&self, path: &str) -> usize {
        self.answers.hits.lock().unwrap().get(path).copied().unwrap_or(0)
    }
}

async fn answer(State(answers): State<Arc<Answers>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    *answers.hits.lock().unwrap().entry(path.clone()).or_default() += 1;
    let answer = answers.by_path.lock().unwrap().get(&path).cloned();
    match answer {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Answer::Json(value)) => axum::Json(value).into_response(),
        Some(Answer::Status(status, value)) => (status, axum::Json(value)).into_response(),
        Some(Answer::Redirect(to)) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Some(Answer::Text(text)) => text.into_response(),
        Some(Answer::Held(gate, value)) => {
            gate.acquire().await.unwrap().forget();
            axum::Json(value).into_response()
        }
    }
}

/// Two realms, `alpha` and `beta`, each with its own issuer and P-256 key `k1`.
pub(crate) struct World {
    pub(crate) stub: Stub,
    pub(crate) alpha: Key,
    pub(crate) beta: Key,
    pub(crate) clock: Clock,
    pub(crate) hand: ManualClock,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) authenticator: OidcAuthenticator,
}

impl World {
    pub(crate) async fn new() -> Self {
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        let stub = Stub::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), &lifecycle);
        let (alpha, beta) = (Key::ec(), Key::ec());
        stub.publish("alpha", &[alpha.jwk("k1", "ES256")]);
        stub.publish("beta", &[beta.jwk("k1", "ES256")]);
        let (clock, hand) = clock();
        let realms = json!({"alpha": realm(&stub.issuer("alpha")), "beta": realm(&stub.issuer("beta"))});
        let authenticator =
            authenticator(Environment::Local, realms, clock.clone(), &lifecycle).expect("an authenticator");
        Self { stub, alpha, beta, clock, hand, lifecycle, authenticator }
    }

    /// Good claims of realm `alpha`.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.stub.issuer("alpha"), "aud": "athyper", "azp": "athyper", "sub": "u1", "typ": "Bearer",
            "iat": NOW, "exp": NOW + 300, "roles": ["viewer"], "tenantKey": "demo",
        })
    }

    /// A good token of realm `alpha`.
    pub(crate) fn token(&self) -> String {
        self.alpha.token(&header("ES256", "k1"), &self.claims())
    }

    /// A token of realm `alpha` that is good but for these claims.
    pub(crate) fn token_with(&self, changes: Value) -> String {
        self.alpha.token(&header("ES256", "k1"), &with(self.claims(), changes))
    }

    pub(crate) async fn accept(&self, token: &str) -> Arc<Identity> {
        self.authenticator.authenticate(token).await.expect("the token is good")
    }

    /// Checks that the token is refused as every other is, and gives the reason that only the log sees.
    pub(crate) async fn refuse(&self, token: &str) -> String {
        let problem = self.problem(token).await;
        assert_eq!(problem.kind, ProblemKind::Unauthenticated, "{problem:?}");
        assert_eq!(problem.code, "request.invalid_token");
        let reason = problem.cause_chain().unwrap();
        let is_expired = reason == "the token has expired";
        let detail =
            if is_expired { "the token has expired: get a new one" } else { "the token is not valid" };
        assert_eq!(problem.detail, detail, "{reason}");
        reason
    }

    /// Checks that nothing is said of the token because the issuer's keys cannot be had.
    pub(crate) async fn unavailable(&self, token: &str) -> Problem {
        let problem = self.problem(token).await;
        assert_eq!(problem.kind, ProblemKind::Unavailable, "{problem:?}");
        assert_eq!(problem.code, "platform.issuer_unavailable");
        problem
    }

    async fn problem(&self, token: &str) -> Problem {
        self.authenticator.authenticate(token).await.expect_err("the token is bad")
    }
}

pub(crate) fn clock() -> (Clock, ManualClock) {
    Clock::manual(chrono::DateTime::from_timestamp(NOW, 0).unwrap())
}

/// The configuration of a realm with this issuer.
pub(crate) fn realm(issuer: &str) -> Value {
    json!({"iam": {"issuerUrl": issuer, "clientId": "athyper", "allowedAzp": ["portal"]}})
}

pub(crate) fn authenticator(
    environment: Environment,
    realms: Value,
    clock: Clock,
    lifecycle: &Lifecycle,
) -> Result<OidcAuthenticator, SetupError> {
    let iam: IamConfig = serde_json::from_value(json!({"realms": realms})).unwrap();
    let breakers = Breakers::new(clock.clone());
    OidcAuthenticator::new(environment, &iam, &[], clock, lifecycle, &breakers)
}
