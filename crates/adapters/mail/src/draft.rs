//! What a message is made from, as plain data.

use std::fmt;

use crate::Mailbox;

/// What a message is made from. [`Message::new`](crate::Message::new) checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `<left@right>`, with or without the brackets, unlike that of any other message (RFC 5322, section 3.6.4). Give each
    /// repetition of a message the same one.
    pub message_id: String,
    /// The sender.
    pub from: Mailbox,
    /// Those to whom it is addressed.
    pub to: Vec<Mailbox>,
    /// Those who get a copy.
    pub cc: Vec<Mailbox>,
    /// Those who get a copy without the others knowing.
    pub bcc: Vec<Mailbox>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// One line.
    pub subject: String,
    /// The text. Its line ends become CRLF.
    pub text: String,
    /// The same for those who read HTML. Its line ends become CRLF.
    pub html: Option<String>,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// More headers, in ASCII, such as `List-Unsubscribe` (RFC 2369, RFC 8058), `Auto-Submitted` (RFC 3834) or `In-Reply-To`. Those that
    /// the other fields make are refused.
    pub headers: Vec<(String, String)>,
}

impl Draft {
    /// A plain text from one to one. Fill in the rest with `Draft { cc, ..Draft::new(…) }`.
    pub fn new(
        message_id: impl Into<String>,
        from: Mailbox,
        to: Mailbox,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            message_id: message_id.into(),
            from,
            to: vec![to],
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: None,
            subject: subject.into(),
            text: text.into(),
            html: None,
            attachments: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Everybody who gets it.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// A file that goes with a message. It arrives byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name it is saved under: no folders.
    pub file_name: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.file_name, self.content_type, self.bytes.len())
    }
}
