//! A message that has been checked and can be sent.

use lettre::Address;

use crate::{Draft, InvalidMessage, check};

/// A message that has been checked and can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    draft: Draft,
}

impl Message {
    /// Checks a draft: 1 to 100 recipients, a subject of at most 255 characters, text and HTML of at most 2 MiB each, at
    /// most 20 attachments and 18 MiB altogether, and no control characters in anything that becomes a header.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(mut draft: Draft) -> Result<Self, InvalidMessage> {
        check::draft(&draft)?;
        draft.message_id = format!("<{}>", check::message_id(&draft.message_id)?);
        Ok(Self { draft })
    }

    /// The `Message-ID`, with its brackets.
    pub fn message_id(&self) -> &str {
        &self.draft.message_id
    }

    /// What it was made from.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Everybody who gets it, each once however often they are named.
    pub(crate) fn recipients(&self) -> Vec<Address> {
        let mut addresses = Vec::new();
        for mailbox in self.draft.recipients() {
            let address = mailbox.envelope_address();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }
}
