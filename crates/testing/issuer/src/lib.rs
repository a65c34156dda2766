//! An OpenID Connect issuer on this machine that really signs: authorization code with PKCE, refresh with rotation, revocation and
//! logout tokens. The test decides who signs in, and may have it misbehave in one way or another.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "an issuer that cannot be set up fails its test there and then"
)]

mod serve;
mod token;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aws_lc_rs::signature::EcdsaKeyPair;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use self::serve::routes;
use self::token::{new_key, random, signed, with};

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
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a test")]
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
