//! An issuer of tokens on this machine, whose key the test holds: what a realm of a company's own sign-in is.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::switch::Switch;
use crate::tokens::{Key, Parts};

/// Id of its key.
const KEY_ID: &str = "key-1";

/// An issuer that serves its discovery document and its key.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) server: Switch,
    key: Key,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let key = Key::new();
        let keys = json!({"keys": [key.jwk(KEY_ID)]});
        let server = Switch::on(|url| {
            let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"]});
            Router::new()
                .route("/keys", get(move || async move { Json(keys) }))
                .route("/.well-known/openid-configuration", get(move || async move { Json(discovery) }))
        });
        Self { url: server.url(), server, key }
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
