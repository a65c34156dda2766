//! Web Authentication, as a relying party needs it: W3C Web Authentication Level 2, sections 7.1 and 7.2, with
//! attestation `none` and the algorithms ES256 and EdDSA.
//!
//! A registration proves that a key was made for this place and this challenge; an assertion proves that the key is at
//! hand. Everything here is pure; that a challenge is taken once is for the caller to see to.

mod authenticator_data;
mod client_data;
mod cose;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;

use self::authenticator_data::AuthenticatorData;
pub(crate) use self::cose::{ALGORITHMS, PublicKey};

/// Longest message of a browser, in bytes; a credential id of 1,023 bytes and a key fit several times.
const MOST_BYTES: usize = 16_384;

/// Where keys are made for, and from where they are used.
#[derive(Clone, Debug)]
pub(crate) struct RelyingParty {
    /// The domain that keys are bound to.
    pub(crate) id: String,
    /// The origins of the pages that use them, exactly as a browser says them.
    pub(crate) origins: Vec<String>,
}

/// What is asked of one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The challenge that was given out, as it is in base64url.
    pub(crate) challenge: &'a str,
    /// Whether the authenticator must have made sure who uses it, by a PIN or a finger.
    pub(crate) user_verification: bool,
}

/// Why an answer is not taken. The words go to the log and not to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WebauthnError {
    /// Not base64url, not JSON, not CBOR, or not the form that the specification gives.
    #[error("{0} cannot be read")]
    Malformed(&'static str),
    /// Made for something else.
    #[error("the type of the client data is another")]
    Type,
    /// Another challenge.
    #[error("the challenge is another")]
    Challenge,
    /// From another page.
    #[error("the origin is another")]
    Origin,
    /// For another place.
    #[error("the relying party is another")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present")]
    NotPresent,
    /// The authenticator did not make sure who uses it.
    #[error("the user was not verified")]
    NotVerified,
    /// The key is of a kind that is not taken.
    #[error("the key is of a kind that is not taken")]
    Algorithm,
    /// The attestation is of a kind that is not taken.
    #[error("the attestation is not none")]
    Attestation,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The counter did not grow: there may be a copy of the key.
    #[error("the counter went back")]
    Counter,
    /// The key belongs to somebody else.
    #[error("the user handle is another")]
    UserHandle,
}

/// A key that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    /// Id of the credential.
    pub(crate) credential_id: Vec<u8>,
    /// Its public half.
    pub(crate) public_key: PublicKey,
    /// The authenticator's counter; 0 where it has none.
    pub(crate) sign_count: u32,
    /// Whether the authenticator made sure who uses it.
    pub(crate) user_verified: bool,
}

/// What was known of a key before it signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// Its public half.
    pub(crate) public_key: &'a PublicKey,
    /// The counter that it last showed.
    pub(crate) sign_count: u32,
    /// The handle of the account that it belongs to.
    pub(crate) user_handle: &'a [u8],
}

/// The parts of an assertion, in base64url.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assertion<'a> {
    /// `authenticatorData`.
    pub(crate) authenticator_data: &'a str,
    /// `clientDataJSON`.
    pub(crate) client_data: &'a str,
    /// `signature`.
    pub(crate) signature: &'a str,
    /// `userHandle`, where the authenticator gives one.
    pub(crate) user_handle: Option<&'a str>,
}

/// Checks a registration (section 7.1).
pub(crate) fn register(
    party: &RelyingParty,
    expected: &Expected<'_>,
    client_data: &str,
    attestation_object: &str,
) -> Result<Registered, WebauthnError> {
    let client_data = decode(client_data, "the client data")?;
    client_data::check(&client_data, "webauthn.create", expected.challenge, party)?;
    let object = decode(attestation_object, "the attestation object")?;
    let malformed = WebauthnError::Malformed("the attestation object");
    let object: Value = ciborium::from_reader(object.as_slice()).map_err(|_| malformed)?;
    let entries = object.as_map().ok_or(malformed)?;
    let find =
        |name: &str| entries.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    let format = find("fmt").and_then(Value::as_text).ok_or(malformed)?;
    let statement = find("attStmt").and_then(Value::as_map).ok_or(malformed)?;
    if format != "none" || !statement.is_empty() {
        return Err(WebauthnError::Attestation);
    }
    let bytes = find("authData").and_then(Value::as_bytes).ok_or(malformed)?;
    let data = AuthenticatorData::read(bytes)?;
    data.check(party, expected.user_verification)?;
    let (credential_id, public_key) =
        data.credential.ok_or(WebauthnError::Malformed("the attested credential"))?;
    Ok(Registered {
        credential_id,
        public_key,
        sign_count: data.sign_count,
        user_verified: data.flags.user_verified(),
    })
}

/// Checks an assertion (section 7.2) and gives the counter to keep.
pub(crate) fn assert(
    party: &RelyingParty,
    expected: &Expected<'_>,
    known: &Known<'_>,
    assertion: &Assertion<'_>,
) -> Result<u32, WebauthnError> {
    if let Some(handle) = assertion.user_handle.filter(|handle| !handle.is_empty()) {
        let handle = decode(handle, "the user handle")?;
        verify_slices_are_equal(&handle, known.user_handle).map_err(|_| WebauthnError::UserHandle)?;
    }
    let client_data = decode(assertion.client_data, "the client data")?;
    client_data::check(&client_data, "webauthn.get", expected.challenge, party)?;
    let bytes = decode(assertion.authenticator_data, "the authenticator data")?;
    let data = AuthenticatorData::read(&bytes)?;
    data.check(party, expected.user_verification)?;
    let signature = decode(assertion.signature, "the signature")?;
    let mut signed = bytes;
    signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
    known.public_key.verify(&signed, &signature)?;
    // An authenticator without a counter always shows 0 (section 7.2, step 21).
    let has_counter = data.sign_count != 0 || known.sign_count != 0;
    if has_counter && data.sign_count <= known.sign_count {
        return Err(WebauthnError::Counter);
    }
    Ok(data.sign_count)
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, WebauthnError> {
    if text.len() > MOST_BYTES {
        return Err(WebauthnError::Malformed(what));
    }
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| WebauthnError::Malformed(what))
}

#[cfg(test)]
mod tests;
