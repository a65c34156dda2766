//! A token before its signature is verified: only what chooses the realm and the key can be read of it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::keys::VerificationKey;
use crate::refusal::Refusal;

/// Longest token that is read, in bytes; the usual limit of a whole header line.
const MAX_LENGTH: usize = 8 * 1024;

/// What a token is for. Each kind names itself in `typ`, in the header or, as Keycloak does, among the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Lets its bearer in (RFC 7519, section 5.1; RFC 9068, section 2.1).
    Access,
    /// Says who has signed in (OpenID Connect Core, section 2).
    Id,
    /// Says who has signed out (OpenID Connect Back-Channel Logout, section 2.4).
    Logout,
}

impl Kind {
    /// Whether `typ`, in a header or among claims, is absent or one of this kind. Media types ignore case, and leave
    /// out `application/` (RFC 7515, section 4.1.9).
    pub(crate) fn is_type_of(self, members: &Map<String, Value>) -> bool {
        let types: &[&str] = match self {
            Self::Access => &["JWT", "at+jwt", "Bearer"],
            Self::Id => &["JWT", "ID"],
            Self::Logout => &["JWT", "logout+jwt", "Logout"],
        };
        let is_ours = |kind: &str| {
            let kind = kind.strip_prefix("application/").unwrap_or(kind);
            types.iter().any(|known| known.eq_ignore_ascii_case(kind))
        };
        members.get("typ").is_none_or(|kind| kind.as_str().is_some_and(is_ours))
    }

    fn wrong_type(self) -> &'static str {
        match self {
            Self::Access => "the header's typ is not that of an access token",
            Self::Id => "the header's typ is not that of an id token",
            Self::Logout => "the header's typ is not that of a logout token",
        }
    }
}

/// A token whose signature nobody has verified yet. Its claims come out through [`verified_by`](Self::verified_by) only.
pub(crate) struct UnverifiedToken<'t> {
    /// `header.payload`: what is signed.
    signed: &'t str,
    signature: &'t str,
    claims: Map<String, Value>,
    /// The algorithm that the header names, one of the allow-list.
    pub(crate) algorithm: Algorithm,
    /// The key that the header names.
    pub(crate) key_id: String,
    /// The issuer that the claims name. Good for choosing a realm and for nothing else.
    pub(crate) issuer: String,
}

impl<'t> UnverifiedToken<'t> {
    /// Reads a JWS in compact form (RFC 7515, section 7.1) that is a token of this kind.
    ///
    /// Keys that the header carries or points to (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
    ///
    /// # Errors
    /// Whatever is not such a token, or names an algorithm outside the allow-list.
    pub(crate) fn parse(token: &'t str, kind: Kind) -> Result<Self, Refusal> {
        if token.len() > MAX_LENGTH {
            return Err(Refusal::TooLong(token.len()));
        }
        let (signed, signature) =
            token.rsplit_once('.').ok_or(Refusal::Unreadable("it has no three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Unreadable("it has no three parts"))?;
        let header = object(header, "the header is not a JSON object in base64url")?;
        // Nothing that must be understood is understood here (RFC 7515, section 4.1.11).
        if header.contains_key("crit") {
            return Err(Refusal::Unreadable("the header has crit"));
        }
        if !kind.is_type_of(&header) {
            return Err(Refusal::Unreadable(kind.wrong_type()));
        }
        let claims = object(payload, "the payload is not a JSON object in base64url")?;
        Ok(Self {
            signed,
            signature,
            algorithm: algorithm(&header)?,
            key_id: text(&header, "kid").ok_or(Refusal::Unreadable("the header names no kid"))?,
            issuer: text(&claims, "iss").ok_or(Refusal::claim("iss", "missing"))?,
            claims,
        })
    }

    /// The claims, if the signature is of this key by the one algorithm that the key is for.
    ///
    /// # Errors
    /// The header names another algorithm, or the signature is wrong.
    pub(crate) fn verified_by(self, key: &VerificationKey) -> Result<Map<String, Value>, Refusal> {
        if self.algorithm != key.algorithm {
            return Err(Refusal::KeyMismatch);
        }
        if key.verifies(self.signed.as_bytes(), self.signature) {
            Ok(self.claims)
        } else {
            Err(Refusal::Signature)
        }
    }
}

/// The allow-list. `none` and everything with a shared secret are not on it.
fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, Refusal> {
    match header.get("alg").and_then(Value::as_str) {
        Some("RS256") => Ok(Algorithm::RS256),
        Some("PS256") => Ok(Algorithm::PS256),
        Some("ES256") => Ok(Algorithm::ES256),
        Some("EdDSA") => Ok(Algorithm::EdDSA),
        other => Err(Refusal::Algorithm(other.unwrap_or_default().to_owned())),
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn object(part: &str, fault: &'static str) -> Result<Map<String, Value>, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Unreadable(fault))?;
    let UniqueMembers(members) = serde_json::from_slice(&json).map_err(|_| Refusal::Unreadable(fault))?;
    Ok(members)
}

/// A JSON object no name of which appears twice: two readers of one that does could see different values (RFC 7519,
/// section 4).
struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with distinct names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueMembers, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name appears twice"));
            }
        }
        Ok(UniqueMembers(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    fn refused(token: &str) -> Refusal {
        UnverifiedToken::parse(token, Kind::Access).err().expect("a refusal")
    }

    const HEADER: &str = r#"{"alg":"ES256","kid":"k"}"#;

    #[test]
    fn the_header_chooses_key_and_algorithm_and_the_claims_the_issuer() {
        let token = token(HEADER, r#"{"iss":"https://i"}"#);
        let token = UnverifiedToken::parse(&token, Kind::Access).unwrap();
        assert_eq!((token.key_id.as_str(), token.issuer.as_str()), ("k", "https://i"));
        assert_eq!(token.algorithm, Algorithm::ES256);
    }

    #[test]
    fn only_four_algorithms_are_allowed_and_their_names_are_exact() {
        for name in ["none", "None", "", "HS256", "HS384", "HS512", "ES384", "RS512", "es256", "ES256 "] {
            let header = format!(r#"{{"alg":"{name}","kid":"k"}}"#);
            assert_eq!(refused(&token(&header, r#"{"iss":"i"}"#)), Refusal::Algorithm(name.to_owned()));
        }
        for name in ["RS256", "PS256", "ES256", "EdDSA"] {
            let header = format!(r#"{{"alg":"{name}","kid":"k"}}"#);
            assert!(
                UnverifiedToken::parse(&token(&header, r#"{"iss":"i"}"#), Kind::Access).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_that_appears_twice_is_refused_in_header_and_claims() {
        let twice = token(r#"{"alg":"none","alg":"ES256","kid":"k"}"#, r#"{"iss":"i"}"#);
        assert!(matches!(refused(&twice), Refusal::Unreadable(_)));
        let twice = token(HEADER, r#"{"iss":"i","iss":"j"}"#);
        assert!(matches!(refused(&twice), Refusal::Unreadable(_)));
    }

    #[test]
    fn types_are_compared_as_media_types_and_no_kind_passes_for_another() {
        let with =
            |kind: Kind, text: &str| match serde_json::from_str(&format!(r#"{{"typ":{text}}}"#)).unwrap() {
                Value::Object(members) => kind.is_type_of(&members),
                _ => false,
            };
        for good in [r#""JWT""#, r#""jwt""#, r#""at+jwt""#, r#""application/at+jwt""#, r#""Bearer""#] {
            assert!(with(Kind::Access, good), "{good}");
        }
        for bad in [r#""ID""#, r#""Refresh""#, r#""logout+jwt""#, "null", "1", r#""""#] {
            assert!(!with(Kind::Access, bad), "{bad}");
        }
        assert!(with(Kind::Id, r#""ID""#) && with(Kind::Logout, r#""application/logout+jwt""#));
        for bad in [r#""Bearer""#, r#""at+jwt""#, r#""logout+jwt""#] {
            assert!(!with(Kind::Id, bad), "{bad}");
        }
        for bad in [r#""Bearer""#, r#""at+jwt""#, r#""ID""#] {
            assert!(!with(Kind::Logout, bad), "{bad}");
        }
        for kind in [Kind::Access, Kind::Id, Kind::Logout] {
            assert!(kind.is_type_of(&Map::new()));
        }
    }
}
