//! Why a message was not sent, told so that a job can decide whether to try again.

use std::fmt;
use std::time::Duration;

use athyper_kernel_error::{DomainError, ProblemKind};

/// Why a message was not sent. Nobody got it, unless the reason says that it may have arrived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server was reached and does not take this message.
    #[error("the mail server refused the message: {reply}")]
    Rejected {
        /// Those whom it refuses, each with its reply. Empty if it refuses the sender or the content.
        recipients: Vec<RefusedRecipient>,
        /// Whether it would refuse the same message again: a reply of 5xx, for one recipient at least (RFC 5321,
        /// section 4.2.1).
        permanent: bool,
        /// The first refusal.
        reply: ServerReply,
    },
    /// There was no server, it did not answer in time, or it did not let us in. Says nothing about the message.
    #[error("the mail server is unavailable: {reason}")]
    Unavailable {
        /// What happened, without secrets.
        reason: String,
        /// Trying again before this has passed makes no sense.
        retry_after: Option<Duration>,
    },
    /// No server can take this message.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidMessage {
    /// The part that is wrong.
    pub field: &'static str,
    /// What is wrong with it and how to mend it.
    pub reason: String,
}

/// Somebody to whom the server does not take the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecipient {
    /// The address.
    pub address: String,
    /// Whether it would be refused again.
    pub permanent: bool,
    /// What the server said.
    pub reply: ServerReply,
}

/// What a server said (RFC 5321, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerReply {
    /// The three digits.
    pub code: u16,
    /// The words, without line ends and cut off when long.
    pub text: String,
}

impl MailError {
    /// Whether sending the same message again is bound to fail.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Rejected { permanent, .. } => *permanent,
            Self::Unavailable { .. } => false,
            Self::Invalid(_) => true,
        }
    }

    /// Unavailable, with nothing known about when to come back.
    pub(crate) fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable { reason: reason.to_string(), retry_after: None }
    }
}

impl InvalidMessage {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into() }
    }
}

impl ServerReply {
    /// What a server said, made fit for a log.
    pub(crate) fn new(code: u16, text: &str) -> Self {
        Self { code, text: tidy(text) }
    }

    /// Whether the code is one that will come again (RFC 5321, section 4.2.1).
    pub(crate) fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }
}

impl fmt::Display for ServerReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl DomainError for MailError {
    fn code(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "mail.rejected",
            Self::Unavailable { .. } => "mail.unavailable",
            Self::Invalid(_) => "mail.invalid_message",
        }
    }

    fn kind(&self) -> ProblemKind {
        if self.is_permanent() { ProblemKind::Invalid } else { ProblemKind::Unavailable }
    }
}

/// One line of at most 300 characters: a server may say anything.
pub(crate) fn tidy(text: &str) -> String {
    let printable = |char: char| if char.is_control() { ' ' } else { char };
    let line: String = text.trim().chars().take(300).map(printable).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_one_short_line() {
        let reply = ServerReply::new(550, "5.1.1 no\r\n such \u{1b}[31muser\n");
        assert_eq!(reply.to_string(), "550 5.1.1 no such [31muser");
        assert_eq!(ServerReply::new(550, &"ü".repeat(5_000)).text.chars().count(), 300);
    }

    #[test]
    fn only_what_will_fail_again_is_permanent() {
        for (code, expected) in [(421, false), (450, false), (500, true), (554, true), (599, true)] {
            assert_eq!(ServerReply::new(code, "").is_permanent(), expected, "{code}");
        }
        assert!(MailError::from(InvalidMessage::new("to", "is empty")).is_permanent());
        assert!(!MailError::unavailable("away").is_permanent());
    }
}
