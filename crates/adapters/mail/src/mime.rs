//! A message as the bytes that go over the wire (RFC 5322, RFC 2045).

use std::time::SystemTime;

use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};

use crate::{Attachment, Draft, InvalidMessage, Message};

/// Who reads the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Mail servers: ASCII alone.
    Server,
    /// A person with an editor: text stays text, so that a link can be copied out of it.
    Person,
}

/// A message as bytes, dated `date`. Those in `bcc` are not in them.
pub(crate) fn render(message: &Message, date: SystemTime, reader: Reader) -> Result<Vec<u8>, InvalidMessage> {
    let draft = message.draft();
    let envelope = Envelope::new(Some(draft.from.envelope_address()), message.recipients());
    let mut builder = lettre::Message::builder()
        .envelope(envelope.map_err(|error| InvalidMessage::new("to", error.to_string()))?)
        .date(date)
        .raw_header(raw_header("Message-ID", message.message_id())?)
        .from(draft.from.header_value())
        .subject(draft.subject.clone());
    builder = draft.to.iter().fold(builder, |builder, mailbox| builder.to(mailbox.header_value()));
    builder = draft.cc.iter().fold(builder, |builder, mailbox| builder.cc(mailbox.header_value()));
    builder =
        draft.reply_to.iter().fold(builder, |builder, mailbox| builder.reply_to(mailbox.header_value()));
    for (name, value) in &draft.headers {
        builder = builder.raw_header(raw_header(name, value)?);
    }
    let message = body(builder, draft, reader)?;
    Ok(message.formatted())
}

fn body(builder: MessageBuilder, draft: &Draft, reader: Reader) -> Result<lettre::Message, InvalidMessage> {
    let text = text_part(&draft.text, ContentType::TEXT_PLAIN, reader);
    let html = draft.html.as_ref().map(|html| text_part(html, ContentType::TEXT_HTML, reader));
    let message = match (html, draft.attachments.is_empty()) {
        (None, true) => builder.singlepart(text),
        (Some(html), true) => builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html)),
        (html, false) => {
            let mixed = match html {
                None => MultiPart::mixed().singlepart(text),
                Some(html) => {
                    MultiPart::mixed().multipart(MultiPart::alternative().singlepart(text).singlepart(html))
                }
            };
            let mut mixed = mixed;
            for attachment in &draft.attachments {
                mixed = mixed.singlepart(file_part(attachment)?);
            }
            builder.multipart(mixed)
        }
    };
    message.map_err(|error| InvalidMessage::new("message", error.to_string()))
}

fn text_part(text: &str, kind: ContentType, reader: Reader) -> SinglePart {
    let body = match reader {
        Reader::Server => Body::new(text.to_owned()),
        // Lines that are too long for 8-bit text cannot stay as they are.
        Reader::Person => Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::EightBit)
            .unwrap_or_else(|_| Body::new(text.to_owned())),
    };
    SinglePart::builder().header(kind).body(body)
}

/// Always base64: whatever counts as text may have its line ends changed on the way.
fn file_part(attachment: &Attachment) -> Result<SinglePart, InvalidMessage> {
    let kind = ContentType::parse(&attachment.content_type)
        .map_err(|error| InvalidMessage::new("content type", error.to_string()))?;
    let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| InvalidMessage::new("attachments", "cannot be encoded"))?;
    Ok(SinglePart::builder()
        .header(kind)
        .header(ContentDisposition::attachment(&attachment.file_name))
        .body(body))
}

/// A header of the caller. Nothing in it is encoded, since it is ASCII; it is folded at its spaces if it is long.
fn raw_header(name: &str, value: &str) -> Result<HeaderValue, InvalidMessage> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|error| InvalidMessage::new("headers", error.to_string()))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}
