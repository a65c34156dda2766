//! Mail as a job: a domain enqueues it in the transaction that causes it, and a worker sends it.

use serde::{Deserialize, Serialize};

use crate::JobPayload;

/// A mail to be sent. The platform is the sender; the job's id makes the `Message-ID`, so that a mail that is sent twice
/// is recognised as one.
///
/// Addresses are written `zoe@example.com` or `Zoë <zoe@example.com>`. A mail that no server can take, or that the server
/// refuses for good, ends its job as dead with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMail {
    /// Those to whom it is addressed; at least one.
    pub to: Vec<String>,
    /// Those who get a copy.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Those who get a copy without the others knowing.
    #[serde(default)]
    pub bcc: Vec<String>,
    /// Where answers go, if not to the sender.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same for those who read HTML.
    #[serde(default)]
    pub html: Option<String>,
}

impl JobPayload for SendMail {
    const NAME: &'static str = "platform.send_mail";
    const QUEUE: &'static str = "mail";
    // With an hour between the later ones: a server may be away for a night.
    const MAX_ATTEMPTS: i16 = 20;
}

impl SendMail {
    /// A plain text to one.
    pub fn new(to: impl Into<String>, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            to: vec![to.into()],
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: None,
            subject: subject.into(),
            text: text.into(),
            html: None,
        }
    }
}
