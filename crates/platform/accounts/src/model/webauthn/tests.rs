//! Answers of independent authenticators, and what becomes of them when anything is changed.
//!
//! `vectors.json` was made by the Python packages `soft-webauthn` 0.1.4 (ES256), and `fido2` 1.2.0 with `cryptography` 44
//! (EdDSA).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use super::*;

fn vectors() -> Vec<Json> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn party() -> RelyingParty {
    RelyingParty { id: "id.example.com".to_owned(), origins: vec!["https://id.example.com".to_owned()] }
}

fn text<'a>(vector: &'a Json, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Json::as_str).unwrap()
}

fn expected<'a>(vector: &'a Json, part: &str) -> Expected<'a> {
    Expected { challenge: text(vector, &format!("/{part}/challenge")), user_verification: false }
}

fn registered(vector: &Json) -> Registered {
    register(
        &party(),
        &expected(vector, "registration"),
        text(vector, "/registration/clientDataJSON"),
        text(vector, "/registration/attestationObject"),
    )
    .unwrap()
}

fn assertion(vector: &Json) -> Assertion<'_> {
    Assertion {
        authenticator_data: text(vector, "/assertion/authenticatorData"),
        client_data: text(vector, "/assertion/clientDataJSON"),
        signature: text(vector, "/assertion/signature"),
        user_handle: Some(text(vector, "/assertion/userHandle")),
    }
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Asserts with the registered key, after a change of what is asked or answered.
fn outcome<'a>(
    vector: &'a Json,
    change: impl FnOnce(&mut RelyingParty, &mut Expected<'a>, &mut u32, &mut Assertion<'a>),
) -> Result<u32, WebauthnError> {
    let key = registered(vector);
    let handle = bytes(text(vector, "/userHandle"));
    let (mut party, mut expected) = (party(), expected(vector, "assertion"));
    let (mut count, mut assertion) = (key.sign_count, assertion(vector));
    change(&mut party, &mut expected, &mut count, &mut assertion);
    let known = Known { public_key: &key.public_key, sign_count: count, user_handle: &handle };
    assert(&party, &expected, &known, &assertion)
}

#[test]
fn answers_of_other_authenticators_are_taken() {
    for vector in vectors() {
        let key = registered(&vector);
        assert_eq!(key.credential_id, bytes(text(&vector, "/registration/id")), "{}", vector["name"]);
        assert_eq!(key.sign_count, 0);
        assert_eq!(outcome(&vector, |_, _, _, _| {}), Ok(1), "{}", vector["name"]);
        assert_eq!(outcome(&vector, |_, _, _, answer| answer.user_handle = None), Ok(1));
    }
}

#[test]
fn an_answer_for_something_else_is_refused() {
    for vector in vectors() {
        let refused = |expected: WebauthnError, found: Result<u32, WebauthnError>| {
            assert_eq!(found, Err(expected), "{}", vector["name"]);
        };
        refused(WebauthnError::Challenge, outcome(&vector, |_, asked, _, _| asked.challenge = "AAAA"));
        refused(
            WebauthnError::Origin,
            outcome(&vector, |party, _, _, _| party.origins = vec!["https://id.example.com:8443".to_owned()]),
        );
        refused(
            WebauthnError::RelyingParty,
            outcome(&vector, |party, _, _, _| party.id = "example.com".to_owned()),
        );
        for count in [1, 2, u32::MAX] {
            refused(WebauthnError::Counter, outcome(&vector, |_, _, known, _| *known = count));
        }
        refused(
            WebauthnError::UserHandle,
            outcome(&vector, |_, _, _, answer| answer.user_handle = Some("AAAA")),
        );
        let registration = text(&vector, "/registration/clientDataJSON");
        refused(WebauthnError::Type, outcome(&vector, |_, _, _, answer| answer.client_data = registration));
    }
    let unverified = outcome(&vectors()[0], |_, asked, _, _| asked.user_verification = true);
    assert_eq!(unverified, Err(WebauthnError::NotVerified));
    assert_eq!(outcome(&vectors()[1], |_, asked, _, _| asked.user_verification = true), Ok(1));
}

/// Any bit of authenticator data, client data or signature.
#[test]
fn an_answer_with_any_bit_changed_is_refused() {
    for vector in vectors() {
        for part in ["authenticatorData", "clientDataJSON", "signature"] {
            let given = bytes(text(&vector, &format!("/assertion/{part}")));
            for at in 0..given.len() {
                let mut changed = given.clone();
                changed[at] ^= 1 << (at % 8);
                let changed = URL_SAFE_NO_PAD.encode(changed);
                let found = outcome(&vector, |_, _, _, answer| match part {
                    "authenticatorData" => answer.authenticator_data = &changed,
                    "clientDataJSON" => answer.client_data = &changed,
                    _ => answer.signature = &changed,
                });
                assert!(found.is_err(), "{} byte {at} of {part}", vector["name"]);
            }
        }
    }
}

#[test]
fn a_registration_cut_or_prolonged_anywhere_is_refused() {
    for vector in vectors() {
        let object = bytes(text(&vector, "/registration/attestationObject"));
        let try_it = |object: &[u8]| {
            let object = URL_SAFE_NO_PAD.encode(object);
            let client_data = text(&vector, "/registration/clientDataJSON");
            register(&party(), &expected(&vector, "registration"), client_data, &object)
        };
        assert!(try_it(&object).is_ok());
        for length in 0..object.len() {
            assert!(try_it(&object[..length]).is_err(), "cut to {length}");
        }
    }
}

#[test]
fn other_attestations_and_keys_are_refused() {
    let vector = &vectors()[0];
    let object = bytes(text(vector, "/registration/attestationObject"));
    let mut decoded: Value = ciborium::from_reader(object.as_slice()).unwrap();
    let entries = decoded.as_map_mut().unwrap();
    for (key, value) in entries.iter_mut() {
        if key.as_text() == Some("fmt") {
            *value = Value::Text("packed".to_owned());
        }
    }
    let mut packed = Vec::new();
    ciborium::into_writer(&decoded, &mut packed).unwrap();
    let client_data = text(vector, "/registration/clientDataJSON");
    let found =
        register(&party(), &expected(vector, "registration"), client_data, &URL_SAFE_NO_PAD.encode(packed));
    assert_eq!(found, Err(WebauthnError::Attestation));
    // RSA (kind 3, RS256), P-384 (curve 2) and a point of the wrong length.
    let pair = |label: i64, value: i64| (Value::from(label), Value::from(value));
    let rsa = Value::Map(vec![pair(1, 3), pair(3, -257)]);
    assert_eq!(PublicKey::from_cose(&rsa), Err(WebauthnError::Algorithm));
    let p384 = Value::Map(vec![pair(1, 2), pair(3, -35), pair(-1, 2)]);
    assert_eq!(PublicKey::from_cose(&p384), Err(WebauthnError::Algorithm));
    let short =
        Value::Map(vec![pair(1, 2), pair(3, -7), pair(-1, 1), (Value::from(-2), Value::Bytes(vec![1]))]);
    assert!(PublicKey::from_cose(&short).is_err());
}
