//! Shows the public keys by which anybody can verify checkpoints.

use athyper_kernel_http::{NoQuery, ProblemResponse, Read, Reply};
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::store::checkpoints;
use athyper_kernel_http::ReadProblems;

/// A set of keys (RFC 7517, section 5).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = audit::SigningKeys)]
pub(crate) struct SigningKeys {
    /// All keys that are trusted, the present one first.
    keys: Vec<SigningKeyView>,
}

/// A public key as JWK (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::SigningKey)]
pub(crate) struct SigningKeyView {
    /// Always `OKP`.
    kty: &'static str,
    /// Always `Ed25519`.
    crv: &'static str,
    /// Always `EdDSA`.
    alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// Id of the key: its thumbprint (RFC 7638).
    kid: String,
    /// The 32 bytes in base64url.
    x: String,
    /// Whether it signs now.
    current: bool,
    /// When it first signed something of this tenant (UTC); absent when it did not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_used_at: Option<DateTime<Utc>>,
}

/// Get the signing keys
///
/// The key that signs now and those that signed before, as far as the configuration trusts them.
#[utoipa::path(
    get,
    path = "/v1/audit/signing-keys",
    operation_id = "audit.get_signing_keys",
    tag = "audit",
    responses(
        (status = 200, description = "The keys", body = SigningKeys, example = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "current": true,
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "firstUsedAt": "2025-01-15T09:00:00Z"
        }]})),
        ReadProblems
    )
)]
pub(crate) async fn get_signing_keys(
    State(deps): State<Deps>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let used = checkpoints::used_keys(&mut read.tx).await?;
    let current = deps.keys.current().id();
    let keys = deps.keys.trusted().map(|key| SigningKeyView {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        usage: "sig",
        kid: key.id().to_owned(),
        x: URL_SAFE_NO_PAD.encode(key.bytes()),
        current: key.id() == current,
        first_used_at: used.iter().find(|(id, _)| id == key.id()).map(|(_, at)| *at),
    });
    Ok(Reply::ok(&SigningKeys { keys: keys.collect() })?)
}
