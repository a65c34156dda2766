//! One connection to the server and what is said over it (RFC 5321).

use std::error::Error as _;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret as _;

use crate::error::tidy;
use crate::{InvalidMessage, MailError, RefusedRecipient, ServerReply, SignIn, SmtpSecurity, SmtpSettings};

/// A wrong password stays wrong until somebody mends the configuration, and trying it often locks the account.
const RETRY_AFTER_REFUSED_SIGN_IN: Duration = Duration::from_mins(5);

/// The server is about to close the connection, whatever it was asked (RFC 5321, section 3.8).
const CLOSING: u16 = 421;

/// A connection over which the server knows us. Dropped, it is closed.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
}

impl Session {
    /// Connects, greets, secures and signs in.
    pub(super) async fn connect(
        settings: &SmtpSettings,
        tls: Option<&TlsParameters>,
    ) -> Result<Self, MailError> {
        let hello = settings.hello_name.clone().map_or_else(ClientId::default, ClientId::Domain);
        let server = (settings.host.as_str(), settings.port());
        let is_implicit = settings.security == SmtpSecurity::ImplicitTls;
        let outer = tls.filter(|_| is_implicit).cloned();
        let describe = |error: Error| {
            MailError::unavailable(format_args!("{}:{}: {}", server.0, server.1, tidy(&error.to_string())))
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &hello, outer, None).await.map_err(describe)?;
        if let Some(tls) = tls.filter(|_| !is_implicit) {
            connection.starttls(tls.clone(), &hello).await.map_err(describe)?;
        }
        let mut session = Self { connection };
        if let Some(sign_in) = &settings.sign_in {
            session.sign_in(sign_in).await?;
        }
        Ok(session)
    }

    async fn sign_in(&mut self, sign_in: &SignIn) -> Result<(), MailError> {
        let password = sign_in.password.expose_secret().to_owned();
        let credentials = Credentials::new(sign_in.user.clone(), password);
        let result = self.connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        let Err(error) = result else { return Ok(()) };
        // Nothing that the server says here is repeated: it may say what it was sent.
        let Some(code) = error.status().map(u16::from) else {
            let reason = if error.is_client() {
                "the server does not let us sign in by AUTH PLAIN or AUTH LOGIN"
            } else {
                "the connection broke while signing in"
            };
            return Err(MailError::unavailable(reason));
        };
        let reason = format!("the server refused the user name or password with {code}");
        let is_permanent = ServerReply::new(code, "").is_permanent();
        let retry_after = is_permanent.then_some(RETRY_AFTER_REFUSED_SIGN_IN);
        Err(MailError::Unavailable { reason, retry_after })
    }

    /// Whether the server still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.connection.test_connected().await
    }

    /// Forgets a message that was offered. Tells whether the connection can take another.
    pub(super) async fn reset(&mut self) -> bool {
        self.connection.command(Rset).await.is_ok()
    }

    /// Takes leave.
    pub(super) async fn quit(mut self) {
        // Whatever the server answers, the connection is closed.
        let _ = self.connection.quit().await;
    }

    /// Names sender and recipients. All of the recipients are asked about, so that all that are refused can be named.
    pub(super) async fn offer(
        &mut self,
        from: Address,
        recipients: Vec<Address>,
        is_ascii: bool,
    ) -> Result<(), MailError> {
        let everybody = std::iter::once(&from).chain(&recipients);
        let has_foreign = everybody.map(AsRef::<str>::as_ref).any(|address| !address.is_ascii());
        let parameters = self.mail_parameters(has_foreign, is_ascii)?;
        self.connection.command(Mail::new(Some(from), parameters)).await.map_err(failure)?;

        let mut refused = Vec::new();
        for recipient in recipients {
            let address = recipient.to_string();
            match self.connection.command(Rcpt::new(recipient, Vec::new())).await.map_err(failure) {
                Ok(_) => {}
                Err(MailError::Rejected { permanent, reply, .. }) => {
                    refused.push(RefusedRecipient { address, permanent, reply });
                }
                Err(error) => return Err(error),
            }
        }
        match refused.first() {
            None => Ok(()),
            Some(first) => Err(MailError::Rejected {
                permanent: refused.iter().any(|refused| refused.permanent),
                reply: first.reply.clone(),
                recipients: refused,
            }),
        }
    }

    /// Hands the message over.
    pub(super) async fn hand_over(&mut self, bytes: &[u8]) -> Result<ServerReply, MailError> {
        self.connection.command(Data).await.map_err(failure)?;
        let response = self.connection.message(bytes).await.map_err(|error| match failure(error) {
            MailError::Unavailable { reason, .. } => MailError::unavailable(format_args!(
                "the message may have arrived: the server did not confirm it ({reason})"
            )),
            refusal => refusal,
        })?;
        Ok(ServerReply::new(response.code().into(), &response.message().collect::<Vec<_>>().join(" ")))
    }

    /// What must be said with the sender, for addresses and headers outside ASCII (RFC 6531, RFC 6152).
    fn mail_parameters(&self, has_foreign: bool, is_ascii: bool) -> Result<Vec<MailParameter>, MailError> {
        let server = self.connection.server_info();
        let mut parameters = Vec::new();
        if has_foreign {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                let reason = "has addresses outside ASCII, which the mail server does not take";
                return Err(InvalidMessage::new("to", reason).into());
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !is_ascii {
            if !server.supports_feature(Extension::EightBitMime) {
                let reason = "has headers outside ASCII, which the mail server does not take";
                return Err(InvalidMessage::new("message", reason).into());
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// A refusal if the server said no, and no server if it said nothing or is about to close.
fn failure(error: Error) -> MailError {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status().map(u16::from) {
        Some(code) if code != CLOSING => {
            let reply = ServerReply::new(code, &text);
            MailError::Rejected { recipients: Vec::new(), permanent: reply.is_permanent(), reply }
        }
        _ => MailError::unavailable(tidy(&error.to_string())),
    }
}
