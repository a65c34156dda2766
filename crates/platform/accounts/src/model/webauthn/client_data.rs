//! What the browser says of an answer: for which challenge, and from which page (section 5.8.1).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Deserialize;

use super::{RelyingParty, WebauthnError};

/// The members that are looked at; there may be others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Checks type, challenge and origin. A page inside another one is not taken.
pub(super) fn check(
    json: &[u8],
    kind: &str,
    challenge: &str,
    party: &RelyingParty,
) -> Result<(), WebauthnError> {
    let data: ClientData =
        serde_json::from_slice(json).map_err(|_| WebauthnError::Malformed("the client data"))?;
    if data.kind != kind {
        return Err(WebauthnError::Type);
    }
    verify_slices_are_equal(data.challenge.as_bytes(), challenge.as_bytes())
        .map_err(|_| WebauthnError::Challenge)?;
    if data.cross_origin || !party.origins.contains(&data.origin) {
        return Err(WebauthnError::Origin);
    }
    Ok(())
}
