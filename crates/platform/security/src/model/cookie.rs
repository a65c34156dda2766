//! The two cookies of a realm, by name, and how they are read and written.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;

/// What a cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieKind {
    /// The id of a session.
    Session,
    /// The secret of a browser that signs in.
    SignIn,
}

/// How cookies are set where browsers reach this platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookies {
    /// Whether they go over TLS alone. Only then may their names begin with `__Host-`, which keeps other hosts of the
    /// domain from setting them (RFC 6265bis, section 4.1.3.2).
    pub(crate) is_secure: bool,
}

impl Cookies {
    /// The name of a cookie of a realm.
    pub(crate) fn name(self, kind: CookieKind, realm_key: &str) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        let what = match kind {
            CookieKind::Session => "session",
            CookieKind::SignIn => "sign-in",
        };
        format!("{prefix}athyper-{what}-{realm_key}")
    }

    /// Sets a cookie. A session's ends with the browser: how long it is good, the server knows.
    ///
    /// # Errors
    /// The value cannot stand in a header: a defect.
    pub(crate) fn set(
        self,
        kind: CookieKind,
        realm_key: &str,
        value: &SecretString,
        max_age: Option<Duration>,
    ) -> Result<HeaderValue, Error> {
        let max_age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        let secure = if self.is_secure { "; Secure" } else { "" };
        let name = self.name(kind, realm_key);
        let text =
            format!("{name}={}; Path=/; HttpOnly; SameSite=Lax{secure}{max_age}", value.expose_secret());
        let mut header = HeaderValue::try_from(text).map_err(|_| Error::CookieForm)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Takes a cookie away.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub(crate) fn clear(self, kind: CookieKind, realm_key: &str) -> Result<HeaderValue, Error> {
        self.set(kind, realm_key, &SecretString::from(""), Some(Duration::ZERO))
    }

    /// The value of a cookie of a realm; none when it is not there, or there twice with different values.
    pub(crate) fn read(self, headers: &HeaderMap, kind: CookieKind, realm_key: &str) -> Option<String> {
        let name = self.name(kind, realm_key);
        let mut found: Option<&str> = None;
        for line in headers.get_all(header::COOKIE) {
            let pairs = line.to_str().ok()?.split(';').filter_map(|pair| pair.trim().split_once('='));
            for (_, value) in pairs.filter(|(known, _)| *known == name) {
                if found.is_some_and(|other| other != value) {
                    return None;
                }
                found = Some(value);
            }
        }
        found.map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Cookies = Cookies { is_secure: true };
    const PLAIN: Cookies = Cookies { is_secure: false };

    #[test]
    fn cookies_have_every_guard() {
        let value = SecretString::from("v");
        let set = HOST.set(CookieKind::Session, "r", &value, None).unwrap();
        assert_eq!(set, "__Host-athyper-session-r=v; Path=/; HttpOnly; SameSite=Lax; Secure");
        let set = HOST.set(CookieKind::SignIn, "r", &value, Some(Duration::from_mins(5))).unwrap();
        assert_eq!(set, "__Host-athyper-sign-in-r=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=300");
        let set = PLAIN.set(CookieKind::Session, "r", &value, None).unwrap();
        assert_eq!(set, "athyper-session-r=v; Path=/; HttpOnly; SameSite=Lax");
        let clear = HOST.clear(CookieKind::Session, "r").unwrap();
        assert_eq!(clear, "__Host-athyper-session-r=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
        assert!(!format!("{set:?}").contains("athyper"), "{set:?}");
    }

    #[test]
    fn a_cookie_is_read_by_its_realm() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            "a=b; __Host-athyper-session-r=one; athyper-session-r=plain".parse().unwrap(),
        );
        headers.append(header::COOKIE, "__Host-athyper-session-s=two".parse().unwrap());
        let read = |cookies: Cookies, realm| cookies.read(&headers, CookieKind::Session, realm);
        assert_eq!(read(HOST, "r").as_deref(), Some("one"));
        assert_eq!(read(HOST, "s").as_deref(), Some("two"));
        assert_eq!(read(HOST, "t"), None);
        assert_eq!(read(PLAIN, "r").as_deref(), Some("plain"));
        headers.append(header::COOKIE, "__Host-athyper-session-r=other".parse().unwrap());
        assert_eq!(HOST.read(&headers, CookieKind::Session, "r"), None, "one of the two was planted");
    }
}
