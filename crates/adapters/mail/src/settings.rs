//! How to reach an SMTP server.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

/// How to reach an SMTP server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name of the server. Its certificate must be for this name.
    pub host: String,
    /// Unset is the usual one: 465, 587 or 25, by [`SmtpSecurity`].
    pub port: Option<u16>,
    /// How the connection is kept from others.
    pub security: SmtpSecurity,
    /// Unset sends without signing in.
    pub sign_in: Option<SignIn>,
    /// The name by which we greet the server. Unset is the name of this machine.
    pub hello_name: Option<String>,
    /// PEM of the authorities that vouch for the server, beside the public ones.
    pub root_certificates: Option<String>,
    /// The time that connecting, greeting and signing in may take together.
    pub connect_timeout: Duration,
    /// The time that a message may take from the wait for a connection to the server's word that it has it.
    pub send_timeout: Duration,
    /// How many connections there may be at once.
    pub max_connections: usize,
}

/// How a connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314, section 3.3); port 465. Prefer it.
    ImplicitTls,
    /// TLS after `STARTTLS` (RFC 3207); port 587. A server that does not offer it is not used.
    StartTls,
    /// None; port 25. For a relay on the same machine. Signing in is refused unless the host is a loopback address.
    None,
}

/// Who we are to the server.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl SmtpSettings {
    /// A server with implicit TLS and without signing in: 10 seconds to connect, 60 to send, 4 connections.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: SmtpSecurity::ImplicitTls,
            sign_in: None,
            hello_name: None,
            root_certificates: None,
            connect_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_mins(1),
            max_connections: 4,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            SmtpSecurity::ImplicitTls => 465,
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::None => 25,
        })
    }

    /// Whether a mailer can work by these settings.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let is_word = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_graphic());
        if !is_word(&self.host) {
            return Err(SettingsError::Host);
        }
        if self.hello_name.as_deref().is_some_and(|name| !is_word(name)) {
            return Err(SettingsError::HelloName);
        }
        let is_timeout = |span: Duration| !span.is_zero() && span <= Duration::from_hours(1);
        if !is_timeout(self.connect_timeout) || !is_timeout(self.send_timeout) {
            return Err(SettingsError::Timeout);
        }
        if self.max_connections == 0 {
            return Err(SettingsError::MaxConnections);
        }
        if let Some(sign_in) = &self.sign_in {
            let has_control = |text: &str| text.chars().any(char::is_control);
            if sign_in.user.is_empty()
                || has_control(&sign_in.user)
                || has_control(sign_in.password.expose_secret())
            {
                return Err(SettingsError::SignIn);
            }
            if self.security == SmtpSecurity::None && !self.is_loopback() {
                return Err(SettingsError::PasswordInTheClear);
            }
        }
        Ok(())
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Settings that no mailer can work by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The host is not a name.
    #[error("the host of the mail server is not the name of a machine")]
    Host,
    /// The name we greet with is not one.
    #[error("the hello name is not the name of a machine")]
    HelloName,
    /// A timeout is zero or endless.
    #[error("the timeouts of the mail server must be longer than nothing and at most an hour")]
    Timeout,
    /// No connections are allowed.
    #[error("at least 1 connection to the mail server must be allowed")]
    MaxConnections,
    /// User or password cannot be sent.
    #[error("the user name for the mail server is empty, or it or the password has control characters")]
    SignIn,
    /// The password would be sent in the clear.
    #[error(
        "the password would be sent unencrypted; use implicit TLS or STARTTLS, or a relay on a loopback address"
    )]
    PasswordInTheClear,
    /// The authorities cannot be used.
    #[error("the root certificates for the mail server cannot be used: {0}")]
    RootCertificates(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_in(security: SmtpSecurity, host: &str, user: &str, password: &str) -> SmtpSettings {
        let sign_in = Some(SignIn { user: user.to_owned(), password: password.to_owned().into() });
        SmtpSettings { security, sign_in, ..SmtpSettings::new(host) }
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let check = |security, host| signed_in(security, host, "user", "secret").check();
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "mail.example"] {
            let expected =
                if host == "mail.example" { Err(SettingsError::PasswordInTheClear) } else { Ok(()) };
            assert_eq!(check(SmtpSecurity::None, host), expected, "{host}");
            assert_eq!(check(SmtpSecurity::StartTls, host), Ok(()));
            assert_eq!(check(SmtpSecurity::ImplicitTls, host), Ok(()));
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = || SmtpSettings::new("mail.example");
        let name = |name: &str| Some(name.to_owned());
        for (settings, expected) in [
            (good(), Ok(())),
            (SmtpSettings { hello_name: name("athyper.example"), ..good() }, Ok(())),
            (SmtpSettings { hello_name: name("a\r\nQUIT"), ..good() }, Err(SettingsError::HelloName)),
            (SmtpSettings { hello_name: name(""), ..good() }, Err(SettingsError::HelloName)),
            (SmtpSettings::new(""), Err(SettingsError::Host)),
            (SmtpSettings::new("mail example"), Err(SettingsError::Host)),
            (SmtpSettings { connect_timeout: Duration::ZERO, ..good() }, Err(SettingsError::Timeout)),
            (SmtpSettings { send_timeout: Duration::MAX, ..good() }, Err(SettingsError::Timeout)),
            (SmtpSettings { send_timeout: Duration::ZERO, ..good() }, Err(SettingsError::Timeout)),
            (SmtpSettings { max_connections: 0, ..good() }, Err(SettingsError::MaxConnections)),
            (signed_in(SmtpSecurity::StartTls, "mail.example", "", "secret"), Err(SettingsError::SignIn)),
            (signed_in(SmtpSecurity::StartTls, "mail.example", "a\0b", "secret"), Err(SettingsError::SignIn)),
            (signed_in(SmtpSecurity::StartTls, "mail.example", "a", "sec\nret"), Err(SettingsError::SignIn)),
        ] {
            assert_eq!(settings.check(), expected, "{settings:?}");
        }
    }

    #[test]
    fn the_port_follows_the_security() {
        let port = |security| SmtpSettings { security, ..SmtpSettings::new("mail.example") }.port();
        assert_eq!(port(SmtpSecurity::ImplicitTls), 465);
        assert_eq!(port(SmtpSecurity::StartTls), 587);
        assert_eq!(port(SmtpSecurity::None), 25);
        assert_eq!(SmtpSettings { port: Some(2525), ..SmtpSettings::new("mail.example") }.port(), 2525);
    }

    #[test]
    fn the_password_is_not_shown() {
        let settings = signed_in(SmtpSecurity::StartTls, "mail.example", "user", "hunter2");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
