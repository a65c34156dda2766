//! What a draft must be like to become a message.

use lettre::message::header::ContentType;

use crate::{Attachment, Draft, InvalidMessage};

/// Every server takes that many (RFC 5321, section 4.5.3.1.8).
pub(crate) const MAX_RECIPIENTS: usize = 100;
const MAX_SUBJECT_CHARS: usize = 255;
const MAX_TEXT_BYTES: usize = 2 << 20;
const MAX_ATTACHMENTS: usize = 20;
/// All that is in a message, before encoding. As base64 this is just under the 25 MiB that most servers take.
const MAX_TOTAL_BYTES: usize = 18 << 20;
const MAX_FILE_NAME_CHARS: usize = 150;
const MAX_MESSAGE_ID_BYTES: usize = 250;
const MAX_HEADERS: usize = 20;
const MAX_HEADER_NAME_BYTES: usize = 60;
/// With the name, below the 998 bytes of a line (RFC 5322, section 2.1.1).
const MAX_HEADER_VALUE_BYTES: usize = 900;

/// Headers that are made from the fields of a draft, or by the servers on the way.
const OWN_HEADERS: [&str; 15] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "authentication-results",
];

/// Whether a draft may become a message. Tells the first thing that is wrong.
pub(crate) fn draft(draft: &Draft) -> Result<(), InvalidMessage> {
    let recipients = draft.recipients().count();
    if recipients == 0 {
        return Err(InvalidMessage::new("to", "is empty, and so are cc and bcc"));
    }
    if recipients > MAX_RECIPIENTS {
        let reason =
            format!("has {recipients} recipients with cc and bcc; send to {MAX_RECIPIENTS} at a time");
        return Err(InvalidMessage::new("to", reason));
    }
    no_control_characters("subject", &draft.subject)?;
    if draft.subject.chars().count() > MAX_SUBJECT_CHARS {
        return Err(InvalidMessage::new("subject", format!("is longer than {MAX_SUBJECT_CHARS} characters")));
    }
    text("text", &draft.text)?;
    text("html", draft.html.as_deref().unwrap_or_default())?;
    if draft.attachments.len() > MAX_ATTACHMENTS {
        return Err(InvalidMessage::new("attachments", format!("are more than {MAX_ATTACHMENTS}")));
    }
    draft.attachments.iter().try_for_each(attachment)?;
    size(draft)?;
    headers(&draft.headers)
}

/// Refuses line ends above all, with which a field could become a header or a command of its own.
pub(crate) fn no_control_characters(field: &'static str, text: &str) -> Result<(), InvalidMessage> {
    if text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
        return Err(InvalidMessage::new(field, "has line ends or other control characters"));
    }
    Ok(())
}

/// A message id without its brackets: two dot-atoms around an `@` (RFC 5322, section 3.6.4).
pub(crate) fn message_id(text: &str) -> Result<&str, InvalidMessage> {
    let bare = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_dot_atom = |text: &str| text.split('.').all(is_atom);
    let is_id = bare.split_once('@').is_some_and(|(left, right)| is_dot_atom(left) && is_dot_atom(right));
    if !is_id || bare.len() > MAX_MESSAGE_ID_BYTES {
        let reason = "is not of the form left@right, in ASCII, of 250 bytes at most";
        return Err(InvalidMessage::new("message id", reason));
    }
    Ok(bare)
}

fn text(field: &'static str, text: &str) -> Result<(), InvalidMessage> {
    if text.contains('\0') {
        return Err(InvalidMessage::new(field, "has a NUL character"));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(InvalidMessage::new(field, format!("is longer than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(())
}

fn attachment(attachment: &Attachment) -> Result<(), InvalidMessage> {
    let name = &attachment.file_name;
    no_control_characters("file name", name)?;
    if name.is_empty() || name.chars().count() > MAX_FILE_NAME_CHARS || name.contains(['/', '\\', '"']) {
        let reason = "must have 1 to 150 characters and neither slashes nor quotation marks";
        return Err(InvalidMessage::new("file name", reason));
    }
    let kind = &attachment.content_type;
    no_control_characters("content type", kind)?;
    // A part made of parts, or a message in a message, must not be encoded (RFC 2046, sections 5.1 and 5.2.1).
    let is_composite =
        ["multipart/", "message/"].iter().any(|&top| kind.to_ascii_lowercase().starts_with(top));
    if is_composite || !kind.is_ascii() || kind.len() > 200 || ContentType::parse(kind).is_err() {
        let reason = "is not the media type of a file; application/octet-stream is always right";
        return Err(InvalidMessage::new("content type", reason));
    }
    Ok(())
}

fn size(draft: &Draft) -> Result<(), InvalidMessage> {
    let html = draft.html.as_ref().map_or(0, String::len);
    let files = draft.attachments.iter().map(|attachment| attachment.bytes.len());
    let total = files.fold(draft.text.len() + html, usize::saturating_add);
    if total > MAX_TOTAL_BYTES {
        let reason = format!("are {total} bytes together; {MAX_TOTAL_BYTES} can be sent");
        return Err(InvalidMessage::new("attachments", reason));
    }
    Ok(())
}

fn headers(headers: &[(String, String)]) -> Result<(), InvalidMessage> {
    if headers.len() > MAX_HEADERS {
        return Err(InvalidMessage::new("headers", format!("are more than {MAX_HEADERS}")));
    }
    let mut seen = Vec::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let is_name = lower.starts_with(|first: char| first.is_ascii_lowercase())
            && lower.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && lower.len() <= MAX_HEADER_NAME_BYTES;
        if !is_name {
            let reason = "have a name that is not of letters, digits and hyphens, 60 at most";
            return Err(InvalidMessage::new("headers", reason));
        }
        if OWN_HEADERS.contains(&lower.as_str())
            || lower.starts_with("content-")
            || lower.starts_with("resent-")
        {
            return Err(InvalidMessage::new(
                "headers",
                format!("must not name {name}, which is made elsewhere"),
            ));
        }
        let is_value = value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if !is_value || value.trim().is_empty() || value.len() > MAX_HEADER_VALUE_BYTES {
            let reason = format!("have a value of {name} that is not one line of 1 to 900 ASCII characters");
            return Err(InvalidMessage::new("headers", reason));
        }
        if seen.contains(&lower) {
            return Err(InvalidMessage::new("headers", format!("name {name} twice")));
        }
        seen.push(lower);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
