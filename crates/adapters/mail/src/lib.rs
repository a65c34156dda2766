//! Mail by SMTP, and into a folder on a developer's machine.
//!
//! A [`Message`] is checked when it is made, from a [`Draft`]: addresses, sizes, and no way to smuggle in a header.
//! A [`Mailer`] sends it, or says in a [`MailError`] whether sending it again later makes sense.
//!
//! ```
//! use athyper_adapter_mail::{Draft, Mailbox, MailError, Mailer, Message};
//!
//! # async fn run(mailer: Mailer) -> Result<(), MailError> {
//! let from = Mailbox::new("no-reply@athyper.example")?.named("Athyper")?;
//! let to = "Zoë <zoe@example.com>".parse()?;
//! let message = Message::new(Draft {
//!     headers: vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())],
//!     ..Draft::new("invoice-4711.reminder-1@athyper.example", from, to, "A reminder", "Please pay.")
//! })?;
//! match mailer.send(&message).await {
//!     Ok(accepted) => println!("{}: {}", accepted.message_id, accepted.server_reply),
//!     Err(error) if error.is_permanent() => println!("give up: {error}"),
//!     Err(error) => println!("try again later: {error}"),
//! }
//! # Ok(()) }
//! ```
//!
//! A message goes to all of its recipients or to none: if the server refuses one of them, the message is not sent and
//! [`MailError::Rejected`] names all that it refuses. The caller may drop those and send the rest.
//!
//! A server that takes a message and dies before it says so makes a repetition send it twice. The caller therefore
//! gives the `Message-ID`, the same for each repetition, so that the second copy is recognised as one.

mod check;
mod draft;
mod error;
mod folder;
mod mailbox;
mod mailer;
mod message;
mod mime;
mod settings;
mod smtp;

pub use draft::{Attachment, Draft};
pub use error::{InvalidMessage, MailError, RefusedRecipient, ServerReply};
pub use folder::FolderMailer;
pub use mailbox::Mailbox;
pub use mailer::{Accepted, Mailer};
pub use message::Message;
pub use settings::{SettingsError, SignIn, SmtpSecurity, SmtpSettings};
pub use smtp::SmtpMailer;
