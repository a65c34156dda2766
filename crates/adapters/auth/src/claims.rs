//! Whether a token whose signature is right is meant for us, and now.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::token::Kind;

/// How far the issuer's clock may be off ours, in seconds.
const LEEWAY: i64 = 30;

/// Longest subject, in bytes (OpenID Connect Core, section 2).
const MAX_SUBJECT: usize = 255;

/// What the tokens of a realm must say.
#[derive(Debug)]
pub(crate) struct Expected {
    /// `iss`, to the letter.
    pub(crate) issuer: String,
    /// One of `aud`.
    pub(crate) audience: String,
    /// `azp`, where there is one: one of these.
    pub(crate) clients: Vec<String>,
}

impl Expected {
    /// Checks the claims of a token whose signature was verified (RFC 7519, section 4.1; OpenID Connect Core, section
    /// 3.1.3.7).
    ///
    /// # Errors
    /// The first claim that is not as it must be. That the token has expired is said last, so that nobody learns it
    /// of a token that is wrong in another way too.
    pub(crate) fn check(&self, claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Refusal> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(&self.issuer) {
            return Err(Refusal::claim("iss", "not the issuer of the realm"));
        }
        if !self.is_in_audience(claims.get("aud")) {
            return Err(Refusal::claim("aud", "does not name this platform"));
        }
        let is_ours = |client: &Value| self.clients.iter().any(|own| client == own);
        if !claims.get("azp").is_none_or(is_ours) {
            return Err(Refusal::claim("azp", "issued to a client that is not allowed"));
        }
        if !Kind::Access.is_type_of(claims) {
            return Err(Refusal::claim("typ", "not that of an access token"));
        }
        check_subject(claims)?;
        check_times(claims, now.timestamp())
    }

    fn is_in_audience(&self, claim: Option<&Value>) -> bool {
        names(claim, &self.audience)
    }
}

/// Whether an audience, one text or several, names this one.
pub(crate) fn names(audience: Option<&Value>, wanted: &str) -> bool {
    match audience {
        Some(Value::Array(all)) => all.iter().any(|one| one == wanted),
        Some(one) => one == wanted,
        None => false,
    }
}

/// Checks that the token says of whom it speaks.
///
/// # Errors
/// It does not, or by a name that cannot be stored and shown.
pub(crate) fn check_subject(claims: &Map<String, Value>) -> Result<(), Refusal> {
    if claims.get("sub").and_then(Value::as_str).is_some_and(is_subject) {
        return Ok(());
    }
    Err(Refusal::claim("sub", "missing, blank, too long or with control characters"))
}

/// A subject becomes the actor of audit events: it must be storable as text and readable in a log.
fn is_subject(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_SUBJECT && !text.chars().any(char::is_control)
}

/// Checks `nbf`, `iat` and `exp` (RFC 7519, section 4.1), of which the last must be there.
///
/// # Errors
/// A time that is none, one that has not come yet, or one that has passed.
pub(crate) fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), Refusal> {
    let latest_start = now.saturating_add(LEEWAY);
    for name in ["nbf", "iat"] {
        if let Some(claim) = claims.get(name) {
            let start = seconds(claim).ok_or(Refusal::claim(name, "not a time"))?;
            if start > latest_start {
                return Err(Refusal::claim(name, "in the future"));
            }
        }
    }
    let claim = claims.get("exp").ok_or(Refusal::claim("exp", "missing"))?;
    let end = seconds(claim).ok_or(Refusal::claim("exp", "not a time"))?;
    if now >= end.saturating_add(LEEWAY) { Err(Refusal::Expired) } else { Ok(()) }
}

/// A NumericDate (RFC 7519, section 2) in whole seconds since 1970; fractions are cut off.
pub(crate) fn seconds(claim: &Value) -> Option<i64> {
    if let Some(whole) = claim.as_i64() {
        return Some(whole);
    }
    let fraction = Duration::try_from_secs_f64(claim.as_f64()?).ok()?;
    i64::try_from(fraction.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn expected() -> Expected {
        Expected {
            issuer: "https://issuer.example".to_owned(),
            audience: "athyper".to_owned(),
            clients: vec!["athyper".to_owned(), "portal".to_owned()],
        }
    }

    /// The verdict on good claims of which some are replaced, and those set to null removed.
    fn check(changes: Value) -> Result<(), Refusal> {
        let mut claims = json!({
            "iss": "https://issuer.example", "aud": "athyper", "sub": "u1", "iat": NOW, "exp": NOW + 300,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        expected().check(&claims, DateTime::from_timestamp(NOW, 0).unwrap())
    }

    fn fault_in(changes: Value) -> &'static str {
        match check(changes.clone()) {
            Err(Refusal::Claim { name, .. }) => name,
            other => panic!("{changes}: {other:?}"),
        }
    }

    #[test]
    fn good_claims_pass_in_every_shape_that_issuers_use() {
        for good in [
            json!({}),
            json!({"aud": ["account", "athyper"]}),
            json!({"azp": "portal", "typ": "Bearer", "nbf": NOW}),
            json!({"iat": null}),
            json!({"exp": 1_800_000_300.5, "iat": 1_800_000_000.25}),
        ] {
            assert_eq!(check(good.clone()), Ok(()), "{good}");
        }
    }

    #[test]
    fn times_have_thirty_seconds_of_leeway_and_not_one_more() {
        assert_eq!(check(json!({"exp": NOW - 29})), Ok(()));
        assert_eq!(check(json!({"exp": NOW - 30})), Err(Refusal::Expired));
        assert_eq!(check(json!({"nbf": NOW + 30})), Ok(()));
        assert_eq!(fault_in(json!({"nbf": NOW + 31})), "nbf");
        assert_eq!(check(json!({"iat": NOW + 30})), Ok(()));
        assert_eq!(fault_in(json!({"iat": NOW + 31})), "iat");
    }

    #[test]
    fn times_that_are_no_times_are_refused() {
        for bad in [json!("1900000000"), json!(-1.5), json!(1e300), json!([]), json!(true)] {
            assert_eq!(fault_in(json!({"exp": bad})), "exp");
            assert_eq!(fault_in(json!({"nbf": bad})), "nbf");
        }
        assert_eq!(fault_in(json!({"exp": null})), "exp");
        assert_eq!(check(json!({"exp": i64::MAX})), Ok(()));
        assert_eq!(check(json!({"exp": i64::MIN})), Err(Refusal::Expired));
    }

    #[test]
    fn a_token_for_somebody_else_is_refused() {
        for bad in
            [json!(null), json!("account"), json!(["account"]), json!([]), json!({"athyper": 1}), json!("")]
        {
            assert_eq!(fault_in(json!({"aud": bad})), "aud");
        }
        for bad in [json!("other"), json!(7), json!(["athyper"])] {
            assert_eq!(fault_in(json!({"azp": bad})), "azp");
        }
        for bad in ["https://issuer.example/", "https://ISSUER.example", "https://other.example"] {
            assert_eq!(fault_in(json!({"iss": bad})), "iss");
        }
        for bad in [json!("ID"), json!("Refresh"), json!(1)] {
            assert_eq!(fault_in(json!({"typ": bad})), "typ");
        }
    }

    #[test]
    fn a_subject_is_one_readable_name() {
        for bad in [
            json!(null),
            json!(""),
            json!("  "),
            json!(7),
            json!("a\u{0}b"),
            json!("a\nb"),
            json!("x".repeat(256)),
        ] {
            assert_eq!(fault_in(json!({"sub": bad})), "sub");
        }
    }

    #[test]
    fn that_a_token_has_expired_is_only_said_of_one_that_is_right_otherwise() {
        assert_eq!(fault_in(json!({"exp": NOW - 300, "aud": "other"})), "aud");
    }
}
