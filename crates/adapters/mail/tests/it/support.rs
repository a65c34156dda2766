//! Messages and mailers that the tests share.

use std::time::Duration;

use athyper_adapter_mail::{Draft, Mailbox, Mailer, Message, SignIn, SmtpSecurity, SmtpSettings};
use athyper_kernel_types::{Clock, ManualClock};

pub(crate) fn mailbox(text: &str) -> Mailbox {
    text.parse().unwrap()
}

pub(crate) fn draft() -> Draft {
    let (from, to) = (mailbox("Athyper <no-reply@athyper.example>"), mailbox("zoe@example.com"));
    Draft::new("4711@athyper.example", from, to, "Hello", "How are you?")
}

pub(crate) fn message() -> Message {
    Message::new(draft()).unwrap()
}

/// A message to several people.
pub(crate) fn message_to(addresses: &[&str]) -> Message {
    let to = addresses.iter().map(|address| mailbox(address)).collect();
    Message::new(Draft { to, ..draft() }).unwrap()
}

/// Without TLS, to a loopback port, with the right password.
pub(crate) fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        port: Some(port),
        security: SmtpSecurity::None,
        sign_in: Some(SignIn { user: "user".to_owned(), password: "secret".into() }),
        hello_name: Some("athyper.example".to_owned()),
        connect_timeout: Duration::from_secs(20),
        send_timeout: Duration::from_secs(20),
        ..SmtpSettings::new("127.0.0.1")
    }
}

pub(crate) fn clock() -> (Clock, ManualClock) {
    Clock::manual("2026-03-01T10:00:00Z".parse().unwrap())
}

pub(crate) fn mailer(settings: SmtpSettings) -> Mailer {
    Mailer::smtp(settings, clock().0).unwrap()
}
