//! What an id token must say (OpenID Connect Core, section 3.1.3.7).

use athyper_kernel_config::RealmConfig;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::authenticator::Realm;
use crate::claims::{check_subject, check_times, names};
use crate::refusal::Refusal;
use crate::token::{Kind, UnverifiedToken};

/// What the id tokens of a realm must say.
pub(super) struct IdTokenRules {
    issuer: String,
    /// Whether the issuer is compared to the letter, or without a slash at its end.
    pub(super) is_strict: bool,
    pub(super) client_id: String,
    /// Audiences that may be named beside the client.
    also_trusted: Vec<String>,
}

impl IdTokenRules {
    pub(super) fn of(realm: &Realm, config: &RealmConfig) -> Self {
        let mut also_trusted = config.iam.allowed_azp.clone();
        also_trusted.extend(config.iam.audience.clone());
        Self {
            issuer: realm.issuer.url().to_owned(),
            is_strict: config.feature_flags.strict_issuer_check,
            client_id: config.iam.client_id.clone(),
            also_trusted,
        }
    }

    /// Of an issuer that a tenant has named: it alone, for its client alone.
    pub(super) fn of_provider(issuer: &str, client_id: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            is_strict: true,
            client_id: client_id.to_owned(),
            also_trusted: Vec::new(),
        }
    }

    /// Whether this is the issuer.
    pub(super) fn is_issuer(&self, named: &str) -> bool {
        let bare = |url: &'_ str| url.trim_end_matches('/').to_owned();
        named == self.issuer || (!self.is_strict && bare(named) == bare(&self.issuer))
    }

    /// Verifies signature and claims. `nonce` is none for the id token of a refresh, which may have one or not (section 12.2).
    #[tracing::instrument(name = "auth.jwt.verify", skip_all, fields(realm = realm.key, auth.token = "id"))]
    pub(super) async fn verify(
        &self,
        realm: &Realm,
        token: &SecretString,
        nonce: Option<&str>,
        access_token: Option<&SecretString>,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, Refusal> {
        let token = UnverifiedToken::parse(token.expose_secret(), Kind::Id)?;
        let algorithm = token.algorithm;
        // Said before the key is looked for: a key of another issuer would not be found at ours.
        if !self.is_issuer(&token.issuer) {
            return Err(Refusal::claim("iss", "not the issuer that was asked"));
        }
        realm.check_algorithm(algorithm)?;
        let key = realm.keys.find(&token.key_id).await?;
        let claims = token.verified_by(&key)?;
        self.check(&claims, nonce, now)?;
        if let Some(access_token) = access_token {
            check_access_token_hash(&claims, access_token.expose_secret(), algorithm)?;
        }
        Ok(claims)
    }

    fn check(
        &self,
        claims: &Map<String, Value>,
        nonce: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !text("iss").is_some_and(|issuer| self.is_issuer(issuer)) {
            return Err(Refusal::claim("iss", "not the issuer that was asked"));
        }
        self.check_audience(claims)?;
        if !Kind::Id.is_type_of(claims) {
            return Err(Refusal::claim("typ", "not that of an id token"));
        }
        if claims.contains_key("events") {
            return Err(Refusal::claim("events", "of a logout token"));
        }
        check_subject(claims)?;
        if let Some(nonce) = nonce {
            let said = text("nonce").ok_or(Refusal::claim("nonce", "missing"))?;
            verify_slices_are_equal(said.as_bytes(), nonce.as_bytes())
                .map_err(|_| Refusal::claim("nonce", "not that of this sign-in"))?;
        }
        if !claims.contains_key("iat") {
            return Err(Refusal::claim("iat", "missing"));
        }
        check_times(claims, now.timestamp())
    }

    /// It is for this client, and for nobody else who is not trusted.
    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let audience = claims.get("aud");
        if !names(audience, &self.client_id) {
            return Err(Refusal::claim("aud", "does not name this client"));
        }
        let authorized = claims.get("azp");
        if let Some(Value::Array(all)) = audience {
            let is_trusted =
                |one: &Value| *one == self.client_id || self.also_trusted.iter().any(|other| one == other);
            if !all.iter().all(is_trusted) {
                return Err(Refusal::claim("aud", "names others that are not trusted"));
            }
            if all.len() > 1 && authorized.is_none() {
                return Err(Refusal::claim("azp", "missing although there are several audiences"));
            }
        }
        if authorized.is_some_and(|authorized| *authorized != self.client_id) {
            return Err(Refusal::claim("azp", "issued to another client"));
        }
        Ok(())
    }
}

/// `at_hash`, where it is there: the left half of the hash that goes with the signature (section 3.1.3.6).
fn check_access_token_hash(
    claims: &Map<String, Value>,
    access_token: &str,
    algorithm: Algorithm,
) -> Result<(), Refusal> {
    let Some(said) = claims.get("at_hash") else { return Ok(()) };
    // Ed25519 signs by SHA-512, all others here by SHA-256.
    let hash = if algorithm == Algorithm::EdDSA { &SHA512 } else { &SHA256 };
    let full = digest(hash, access_token.as_bytes());
    let full = full.as_ref();
    let half = full.get(..full.len() / 2).unwrap_or_default();
    if said.as_str() == Some(&URL_SAFE_NO_PAD.encode(half)) {
        return Ok(());
    }
    Err(Refusal::claim("at_hash", "not that of the access token"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn rules(is_strict: bool) -> IdTokenRules {
        IdTokenRules {
            issuer: "https://issuer.example".to_owned(),
            is_strict,
            client_id: "athyper".to_owned(),
            also_trusted: vec!["portal".to_owned()],
        }
    }

    fn check(is_strict: bool, changes: Value) -> Result<(), &'static str> {
        let mut claims = json!({
            "iss": "https://issuer.example", "aud": "athyper", "sub": "u1", "iat": NOW, "exp": NOW + 300, "nonce": "n",
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        rules(is_strict).check(&claims, Some("n"), now).map_err(|refusal| match refusal {
            Refusal::Claim { name, .. } => name,
            Refusal::Expired => "exp",
            _ => "other",
        })
    }

    #[test]
    fn good_tokens_pass() {
        for good in [
            json!({}),
            json!({"aud": ["athyper"]}),
            json!({"aud": ["athyper", "portal"], "azp": "athyper"}),
            json!({"typ": "ID", "azp": "athyper"}),
        ] {
            assert_eq!(check(true, good.clone()), Ok(()), "{good}");
        }
    }

    #[test]
    fn each_claim_is_looked_at() {
        for (bad, name) in [
            (json!({"iss": "https://other.example"}), "iss"),
            (json!({"iss": null}), "iss"),
            (json!({"aud": "other"}), "aud"),
            (json!({"aud": null}), "aud"),
            (json!({"aud": ["athyper", "stranger"], "azp": "athyper"}), "aud"),
            (json!({"aud": ["athyper", "portal"]}), "azp"),
            (json!({"azp": "portal"}), "azp"),
            (json!({"typ": "Bearer"}), "typ"),
            (json!({"events": {}}), "events"),
            (json!({"sub": ""}), "sub"),
            (json!({"nonce": null}), "nonce"),
            (json!({"nonce": "m"}), "nonce"),
            (json!({"nonce": ["n"]}), "nonce"),
            (json!({"iat": null}), "iat"),
            (json!({"iat": NOW + 31}), "iat"),
            (json!({"nbf": NOW + 31}), "nbf"),
            (json!({"exp": NOW - 30}), "exp"),
            (json!({"exp": null}), "exp"),
        ] {
            assert_eq!(check(true, bad.clone()), Err(name), "{bad}");
        }
    }

    #[test]
    fn a_slash_at_the_end_of_the_issuer_matters_when_the_check_is_strict() {
        let slash = json!({"iss": "https://issuer.example/"});
        assert_eq!(check(true, slash.clone()), Err("iss"));
        assert_eq!(check(false, slash), Ok(()));
        assert_eq!(check(false, json!({"iss": "https://issuer.example/a"})), Err("iss"));
        assert_eq!(check(false, json!({"iss": "https://issuer.example.evil"})), Err("iss"));
    }

    #[test]
    fn the_hash_of_the_access_token_is_held_against_it() {
        let half = |hash| {
            let full = digest(hash, b"token");
            URL_SAFE_NO_PAD.encode(&full.as_ref()[..full.as_ref().len() / 2])
        };
        let check = |said: Value, algorithm| {
            let claims = json!({ "at_hash": said }).as_object().unwrap().clone();
            check_access_token_hash(&claims, "token", algorithm).is_ok()
        };
        assert!(check(json!(half(&SHA256)), Algorithm::ES256));
        assert!(check(json!(half(&SHA512)), Algorithm::EdDSA));
        assert!(!check(json!(half(&SHA512)), Algorithm::ES256));
        assert!(!check(json!("x"), Algorithm::RS256) && !check(json!(7), Algorithm::RS256));
        assert!(check_access_token_hash(&Map::new(), "token", Algorithm::ES256).is_ok());
    }
}
