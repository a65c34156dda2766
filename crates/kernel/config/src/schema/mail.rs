//! Section `mail`: who writes to people, and over which server.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::not_blank;
use crate::secrets::serialize_redacted;

/// How mail is sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct MailConfig {
    /// Sender of all mail, such as `Athyper <no-reply@example.com>`. Needed where there is a server.
    #[validate(custom(function = "not_blank"))]
    pub from: Option<String>,
    /// The mail server.
    pub smtp: SmtpConfig,
}

/// How to reach the mail server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SmtpConfig {
    /// Address of the server (locked): `smtps://user:password@host:465` speaks TLS from the first byte,
    /// `smtp://user:password@host:587` after `STARTTLS`, and `smtp://host:25?tls=none` not at all. Unset in `local` means a
    /// folder on this machine; unset elsewhere means that mail waits for a server.
    #[serde(serialize_with = "serialize_redacted")]
    pub url: Option<SecretString>,
}
