//! Forms of the token endpoint and its answers (RFC 6749, sections 2.3.1, 4.1.3, 5 and 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::error::OidcError;
use crate::discovery::FormAnswer;

/// Longest token that is kept, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Longest code of an error that is repeated, in bytes.
const MAX_ERROR: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grant {
    Code,
    Refresh,
}

/// A form on its way; what it holds is secret as a whole.
pub(super) struct Form(Vec<(&'static str, SecretString)>);

impl Form {
    pub(super) fn new(grant: Grant) -> Self {
        let mut form = Self::revocation();
        form.plain(
            "grant_type",
            match grant {
                Grant::Code => "authorization_code",
                Grant::Refresh => "refresh_token",
            },
        );
        form
    }

    /// A form without a grant.
    pub(super) fn revocation() -> Self {
        Self(Vec::new())
    }

    pub(super) fn plain(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.0.push((name, value.into()));
        self
    }

    pub(super) fn secret(&mut self, name: &'static str, value: &SecretString) -> &mut Self {
        self.0.push((name, value.clone()));
        self
    }

    /// The form as the client sends it: a secret goes into the header unless the issuer takes it in the form only; without one the
    /// client's name stands in the form.
    pub(super) fn signed(
        mut self,
        client_id: &str,
        secret: Option<&SecretString>,
        methods: Option<&[String]>,
    ) -> (SecretString, Option<SecretString>) {
        let takes = |method: &str| methods.is_none_or(|all| all.iter().any(|one| one == method));
        let mut authorization = None;
        match secret {
            Some(secret) if takes("client_secret_basic") || !takes("client_secret_post") => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose_secret()));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)).into());
            }
            Some(secret) => {
                self.plain("client_id", client_id).secret("client_secret", secret);
            }
            None => {
                self.plain("client_id", client_id);
            }
        }
        let mut written = Serializer::new(String::new());
        written.extend_pairs(self.0.iter().map(|(name, value)| (name, value.expose_secret())));
        (written.finish().into(), authorization)
    }
}

/// What the token endpoint gave (RFC 6749, section 5.1).
pub(super) struct TokenAnswer {
    pub(super) access_token: SecretString,
    pub(super) id_token: Option<SecretString>,
    pub(super) refresh_token: Option<SecretString>,
    /// Seconds.
    pub(super) expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: String,
    token_type: String,
    id_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<serde_json::Number>,
}

#[derive(Deserialize)]
struct WireError {
    error: String,
}

impl TokenAnswer {
    pub(super) fn read(answer: &FormAnswer) -> Result<Self, OidcError> {
        if answer.status != StatusCode::OK {
            return Err(refusal(answer));
        }
        let wire: Wire = serde_json::from_slice(&answer.body)
            .map_err(|_| OidcError::Answer("it cannot be read as tokens"))?;
        if !wire.token_type.eq_ignore_ascii_case("bearer") {
            return Err(OidcError::Answer("its access token is no bearer token"));
        }
        let all = [Some(&wire.access_token), wire.id_token.as_ref(), wire.refresh_token.as_ref()];
        if all.into_iter().flatten().any(|token| token.is_empty() || token.len() > MAX_TOKEN) {
            return Err(OidcError::Answer("a token is empty or too long"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a lifetime in seconds is cut off at the bounds")]
        let seconds = wire
            .expires_in
            .and_then(|number| number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)));
        Ok(Self {
            access_token: wire.access_token.into(),
            id_token: wire.id_token.map(Into::into),
            refresh_token: wire.refresh_token.map(Into::into),
            expires_in: seconds.map(|seconds| seconds.clamp(0, 366 * 24 * 3_600)),
        })
    }
}

/// Why the issuer says no, in its own code where that is one.
pub(super) fn refusal(answer: &FormAnswer) -> OidcError {
    let is_code = |code: &String| {
        code.len() <= MAX_ERROR && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let code = serde_json::from_slice::<WireError>(&answer.body).ok().map(|wire| wire.error).filter(is_code);
    OidcError::Refused { error: code.unwrap_or_else(|| format!("status_{}", answer.status.as_u16())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(secret: Option<&str>, methods: Option<&[&str]>) -> (String, Option<String>) {
        let mut form = Form::new(Grant::Refresh);
        form.secret("refresh_token", &"a b&c".into());
        let methods: Option<Vec<String>> =
            methods.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        let secret = secret.map(SecretString::from);
        let (form, header) = form.signed("me:you", secret.as_ref(), methods.as_deref());
        (form.expose_secret().to_owned(), header.map(|header| header.expose_secret().to_owned()))
    }

    #[test]
    fn a_client_names_itself_in_one_way() {
        let fields = "grant_type=refresh_token&refresh_token=a+b%26c";
        assert_eq!(signed(None, None), (format!("{fields}&client_id=me%3Ayou"), None));
        let basic = format!("Basic {}", STANDARD.encode("me%3Ayou:p%3Aw"));
        assert_eq!(signed(Some("p:w"), None), (fields.to_owned(), Some(basic.clone())));
        assert_eq!(signed(Some("p:w"), Some(&["private_key_jwt"])), (fields.to_owned(), Some(basic)));
        let posted = format!("{fields}&client_id=me%3Ayou&client_secret=p%3Aw");
        assert_eq!(signed(Some("p:w"), Some(&["client_secret_post"])), (posted, None));
    }

    fn read(status: u16, body: &str) -> Result<TokenAnswer, OidcError> {
        let status = StatusCode::from_u16(status).unwrap();
        TokenAnswer::read(&FormAnswer { status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn only_bearer_tokens_of_a_sane_size_are_taken() {
        let good = read(200, r#"{"access_token":"a","token_type":"bearer","expires_in":60.5}"#).ok().unwrap();
        assert_eq!((good.expires_in, good.refresh_token.is_none()), (Some(60), true));
        let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "a".repeat(MAX_TOKEN + 1));
        for bad in [
            "",
            "[]",
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"DPoP"}"#,
            &long,
        ] {
            assert!(matches!(read(200, bad), Err(OidcError::Answer(_))), "{bad:.60}");
        }
        assert!(matches!(read(201, "{}"), Err(OidcError::Refused { error }) if error == "status_201"));
    }

    #[test]
    fn a_refusal_repeats_nothing_but_a_code() {
        let code = |body: &str| match read(400, body) {
            Err(OidcError::Refused { error }) => error,
            _ => panic!("no refusal"),
        };
        assert_eq!(code(r#"{"error":"invalid_grant","error_description":"token eyJ"}"#), "invalid_grant");
        for odd in ["", "<html>", r#"{"error":"a b"}"#, r#"{"error":7}"#] {
            assert_eq!(code(odd), "status_400", "{odd}");
        }
    }
}
