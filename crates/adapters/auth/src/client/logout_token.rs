//! What a logout token must say (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::IssuerClient;
use super::error::OidcError;
use crate::claims::{check_subject, check_times, names, seconds};
use crate::refusal::Refusal;
use crate::token::{Kind, UnverifiedToken};

/// The event that it tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Longest id of a token or of a session at the issuer, in bytes.
const MAX_ID: usize = 255;

/// A verified logout token: which sessions end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// Realm of the issuer; the name of the provider where it is a tenant's own.
    pub realm_key: String,
    /// The session at the issuer; none when all of the person's end.
    pub issuer_session: Option<String>,
    /// The person.
    pub subject: Option<String>,
    /// Id of the token: it may be used once.
    pub id: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn verify(
    mut issuers: impl Iterator<Item = &IssuerClient>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<LogoutToken, OidcError> {
    let token = UnverifiedToken::parse(token, Kind::Logout)?;
    let found = issuers.find(|realm| realm.rules.is_issuer(&token.issuer));
    let realm = found.ok_or(OidcError::IssuerMismatch)?;
    realm.realm.check_algorithm(token.algorithm)?;
    let key = realm.realm.keys.find(&token.key_id).await?;
    let claims = token.verified_by(&key)?;
    Ok(check(&claims, &realm.rules.client_id, &realm.realm.key, now)?)
}

fn check(
    claims: &Map<String, Value>,
    client_id: &str,
    realm_key: &str,
    now: DateTime<Utc>,
) -> Result<LogoutToken, Refusal> {
    if !names(claims.get("aud"), client_id) {
        return Err(Refusal::claim("aud", "does not name this client"));
    }
    if !Kind::Logout.is_type_of(claims) {
        return Err(Refusal::claim("typ", "not that of a logout token"));
    }
    if claims.contains_key("nonce") {
        return Err(Refusal::claim("nonce", "there, as in an id token"));
    }
    let tells = claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object);
    if !tells {
        return Err(Refusal::claim("events", "does not tell of a sign-out"));
    }
    if !claims.contains_key("iat") {
        return Err(Refusal::claim("iat", "missing"));
    }
    check_times(claims, now.timestamp())?;
    let id = id(claims, "jti")?.ok_or(Refusal::claim("jti", "missing"))?;
    let issuer_session = self::id(claims, "sid")?;
    let subject = if claims.contains_key("sub") {
        check_subject(claims)?;
        claims.get("sub").and_then(Value::as_str).map(str::to_owned)
    } else {
        None
    };
    if subject.is_none() && issuer_session.is_none() {
        return Err(Refusal::claim("sub", "missing, and so is sid"));
    }
    let ends = claims.get("exp").and_then(seconds).and_then(|at| DateTime::from_timestamp(at, 0));
    let expires_at = ends.ok_or(Refusal::claim("exp", "not a time"))?;
    Ok(LogoutToken { realm_key: realm_key.to_owned(), issuer_session, subject, id, expires_at })
}

/// An id that can be stored and shown; none when it is not there.
fn id(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let is_id = |text: &&str| !text.is_empty() && text.len() <= MAX_ID && !text.chars().any(char::is_control);
    let text = claim.as_str().filter(is_id).ok_or(Refusal::claim(name, "not an id"))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn checked(changes: Value) -> Result<LogoutToken, &'static str> {
        let mut claims = json!({
            "iss": "https://issuer.example", "aud": "athyper", "iat": NOW, "exp": NOW + 120, "jti": "j1", "sid": "s1",
            "sub": "u1", "events": {EVENT: {}},
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        check(&claims, "athyper", "r", DateTime::from_timestamp(NOW, 0).unwrap()).map_err(|refusal| {
            match refusal {
                Refusal::Claim { name, .. } => name,
                Refusal::Expired => "exp",
                _ => "other",
            }
        })
    }

    #[test]
    fn a_session_or_a_person_is_named() {
        let token = checked(json!({})).unwrap();
        assert_eq!((token.issuer_session.as_deref(), token.subject.as_deref()), (Some("s1"), Some("u1")));
        assert_eq!((token.id.as_str(), token.realm_key.as_str()), ("j1", "r"));
        assert_eq!(checked(json!({"sid": null})).unwrap().issuer_session, None);
        assert_eq!(checked(json!({"sub": null})).unwrap().subject, None);
        assert_eq!(checked(json!({"sub": null, "sid": null})), Err("sub"));
    }

    #[test]
    fn each_claim_is_looked_at() {
        for (bad, name) in [
            (json!({"aud": "other"}), "aud"),
            (json!({"aud": null}), "aud"),
            (json!({"typ": "ID"}), "typ"),
            (json!({"nonce": "n"}), "nonce"),
            (json!({"events": null}), "events"),
            (json!({"events": {}}), "events"),
            (json!({"events": {EVENT: true}}), "events"),
            (json!({"events": [EVENT]}), "events"),
            (json!({"events": EVENT}), "events"),
            (json!({"iat": null}), "iat"),
            (json!({"iat": NOW + 60}), "iat"),
            (json!({"exp": null}), "exp"),
            (json!({"exp": NOW - 30}), "exp"),
            (json!({"jti": null}), "jti"),
            (json!({"jti": 7}), "jti"),
            (json!({"jti": ""}), "jti"),
            (json!({"jti": "x".repeat(256)}), "jti"),
            (json!({"sid": 7}), "sid"),
            (json!({"sub": "a\u{0}"}), "sub"),
        ] {
            assert_eq!(checked(bad.clone()), Err(name), "{bad}");
        }
    }
}
