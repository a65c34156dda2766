//! An issuer of tokens on this machine, whose key the test holds: what a realm of a company's own sign-in is.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::tokens::{Key, Parts};

/// Id of its key.
const KEY_ID: &str = "key-1";

/// An issuer that serves its discovery document and its key until it goes.
pub(crate) struct Issuer {
    pub(crate) url: String,
    key: Key,
    _server: JoinSet<()>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = Key::new();
        let (keys, discovery) = (
            json!({"keys": [key.jwk(KEY_ID)]}),
            json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"]}),
        );
        let router = Router::new()
            .route("/keys", get(move || async move { Json(keys) }))
            .route("/.well-known/openid-configuration", get(move || async move { Json(discovery) }));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, key, _server: server }
    }

    /// A token like that of a demo user, but of this issuer.
    pub(crate) fn like(&self, token: &str) -> Parts {
        Parts::read(token)
            .headed(&json!({"kid": KEY_ID}))
            .claiming(&json!({"iss": self.url, "realmKey": null}))
    }

    /// The token, rightly signed.
    pub(crate) fn sign(&self, parts: &Parts) -> String {
        parts.signed_by(&self.key)
    }
}
