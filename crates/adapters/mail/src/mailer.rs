//! The mailer: a server, or a folder on a developer's machine.

use std::path::PathBuf;

use athyper_kernel_types::Clock;

use crate::{FolderMailer, MailError, Message, SettingsError, SmtpMailer, SmtpSettings};

/// Sends messages. Clones share their connections.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// To a mail server.
    Smtp(SmtpMailer),
    /// Into a folder, one `.eml` file a message.
    Folder(FolderMailer),
}

/// A message that has been taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The `Message-ID` that it was given, with its brackets.
    pub message_id: String,
    /// What the server said, which often names the message in its queue; or the name of the file.
    pub server_reply: String,
}

impl Mailer {
    /// Sends to a mail server. Nothing is connected before the first message.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn smtp(settings: SmtpSettings, clock: Clock) -> Result<Self, SettingsError> {
        Ok(Self::Smtp(SmtpMailer::new(settings, clock)?))
    }

    /// Writes into `folder`, which is made when it is needed.
    pub fn folder(folder: impl Into<PathBuf>, clock: Clock) -> Self {
        Self::Folder(FolderMailer::new(folder.into(), clock))
    }

    /// Sends a message to all of its recipients, or to none. A call that is dropped may have sent it.
    ///
    /// # Errors
    /// It was not sent; [`MailError::is_permanent`] says whether to try again.
    pub async fn send(&self, message: &Message) -> Result<Accepted, MailError> {
        let result = match self {
            Self::Smtp(smtp) => smtp.send(message).await,
            Self::Folder(folder) => folder.send(message).await,
        };
        let message_id = message.message_id();
        match &result {
            Ok(accepted) => tracing::info!(message_id, reply = accepted.server_reply, "mail sent"),
            Err(error) => tracing::warn!(message_id, %error, "mail not sent"),
        }
        result
    }

    /// Whether a message could be sent now: the server greets us and lets us in, or the folder can be written.
    ///
    /// # Errors
    /// It could not.
    pub async fn check_health(&self) -> Result<(), MailError> {
        match self {
            Self::Smtp(smtp) => smtp.check_health().await,
            Self::Folder(folder) => folder.check_health().await,
        }
    }

    /// Takes leave of the server. For the end of the process; the mailer still works after it.
    pub async fn close(&self) {
        match self {
            Self::Smtp(smtp) => smtp.close().await,
            Self::Folder(_) => {}
        }
    }
}
