//! Checks of text settings. No message repeats the text: it may hold a password.

use std::borrow::Cow;

use url::Url;
use validator::ValidationError;

/// Longest key of a realm, tenant or organisation.
const KEY_MAX: usize = 63;

/// Whether a text can be the key of a realm, tenant or organisation: a letter or digit, then at most 62 letters,
/// digits, `_` or `-`, all ASCII.
pub fn is_key(text: &str) -> bool {
    text.len() <= KEY_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn refuse(message: &'static str) -> ValidationError {
    ValidationError::new("text").with_message(Cow::Borrowed(message))
}

/// Accepts a text that says something.
pub(super) fn not_blank(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() { Err(refuse("must not be blank")) } else { Ok(()) }
}

/// Accepts an absolute `http` or `https` address without credentials, query or fragment.
pub(super) fn http_url(text: &str) -> Result<(), ValidationError> {
    let url = Url::parse(text).map_err(|_| refuse("must be an absolute http:// or https:// address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("must be an absolute http:// or https:// address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not carry a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not carry a query or a fragment"));
    }
    Ok(())
}

/// Accepts a list of absolute addresses without credentials or fragment (RFC 6749, section 3.1.2).
pub(super) fn redirect_uris(uris: &[String]) -> Result<(), ValidationError> {
    let accepted = |uri: &String| {
        Url::parse(uri).is_ok_and(|url| {
            url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
        })
    };
    if !uris.iter().all(accepted) {
        return Err(refuse("must hold absolute addresses only, without credentials or fragment"));
    }
    if uris.iter().any(|uri| uri.contains('*')) {
        return Err(refuse("has a wildcard, but addresses are compared to the letter: name each one"));
    }
    Ok(())
}

/// Accepts a list of scopes (RFC 6749, section 3.3).
pub(super) fn scopes(scopes: &[String]) -> Result<(), ValidationError> {
    let is_scope = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if scopes.iter().all(|scope| (1..=255).contains(&scope.len()) && scope.bytes().all(is_scope)) {
        return Ok(());
    }
    Err(refuse("must hold scopes of visible ASCII without a space, a quote or a backslash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_plain_and_start_with_a_letter_or_digit() {
        let longest = "a".repeat(63);
        for good in ["a", "A9", "0_-", "head-office", longest.as_str()] {
            assert!(is_key(good), "{good}");
        }
        let too_long = "a".repeat(64);
        for bad in ["", "-a", "_a", "a b", "a.b", "ä", "a/b", "__proto__", "a\n", too_long.as_str()] {
            assert!(!is_key(bad), "{bad:?}");
        }
    }

    #[test]
    fn addresses_carry_no_credentials() {
        for good in ["http://a", "https://a.example:8443/realms/x"] {
            assert!(http_url(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a.example", "ftp://a", "https://u:p@a", "https://u@a", "https://a?x=1", "https://a#x"]
        {
            let refusal = http_url(bad).expect_err(bad);
            assert!(bad.is_empty() || !refusal.message.is_some_and(|m| m.contains(bad)), "{bad}");
        }
    }

    #[test]
    fn redirect_addresses_may_be_of_native_apps_but_have_no_fragment() {
        let list = |uris: &[&str]| uris.iter().map(|u| (*u).to_owned()).collect::<Vec<_>>();
        assert!(redirect_uris(&list(&["https://a/cb?x=1", "com.example.app:/cb"])).is_ok());
        for bad in ["/cb", "https://a/cb#x", "https://u:p@a/cb", "https://*.a/cb", "https://a/*"] {
            assert!(redirect_uris(&list(&["https://a/cb", bad])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scope_is_one_word() {
        for good in ["profile", "offline_access", "urn:x:y", "a+b"] {
            assert!(scopes(&[good.to_owned()]).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\"b", "a\\b", "\u{e4}", "a\n"] {
            assert!(scopes(&["profile".to_owned(), bad.to_owned()]).is_err(), "{bad:?}");
        }
    }
}
