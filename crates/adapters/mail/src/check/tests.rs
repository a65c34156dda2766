//! Drafts that cannot become messages, one by one.

use super::*;
use crate::Mailbox;

const INJECTIONS: [&str; 6] =
    ["a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com", "a\rb", "a\r\n\r\nbody", "a\0b", "a\u{2028}b"];

fn good() -> Draft {
    let from = Mailbox::new("from@example.com").unwrap();
    let to = Mailbox::new("to@example.com").unwrap();
    Draft::new("1@example.com", from, to, "subject", "text")
}

fn file(file_name: &str, content_type: &str) -> Draft {
    let (file_name, content_type) = (file_name.to_owned(), content_type.to_owned());
    Draft { attachments: vec![Attachment { file_name, content_type, bytes: vec![1] }], ..good() }
}

fn header(name: &str, value: &str) -> Draft {
    Draft { headers: vec![(name.to_owned(), value.to_owned())], ..good() }
}

/// The field that is wrong, or nothing.
fn fault(what: &Draft) -> Option<&'static str> {
    draft(what).err().map(|invalid| invalid.field)
}

#[test]
fn line_ends_are_refused_wherever_a_header_is_made() {
    assert_eq!(fault(&good()), None);
    for text in INJECTIONS {
        assert_eq!(fault(&Draft { subject: text.to_owned(), ..good() }), Some("subject"), "{text:?}");
        assert_eq!(fault(&file(text, "text/plain")), Some("file name"), "{text:?}");
        assert_eq!(fault(&file("a", &format!("text/plain; name={text}"))), Some("content type"), "{text:?}");
        assert_eq!(fault(&header("X-Tag", text)), Some("headers"), "{text:?}");
        assert_eq!(fault(&header(text, "a")), Some("headers"), "{text:?}");
        assert!(message_id(&format!("{text}@example.com")).is_err(), "{text:?}");
    }
}

#[test]
fn the_text_may_have_lines_and_no_nul() {
    assert_eq!(fault(&Draft { text: "a\r\nBcc: b\n".to_owned(), ..good() }), None);
    assert_eq!(fault(&Draft { text: "a\0".to_owned(), ..good() }), Some("text"));
    assert_eq!(fault(&Draft { html: Some("a\0".to_owned()), ..good() }), Some("html"));
}

#[test]
fn there_are_one_to_a_hundred_recipients() {
    let some = |count| vec![Mailbox::new("to@example.com").unwrap(); count];
    assert_eq!(fault(&Draft { to: vec![], ..good() }), Some("to"));
    assert_eq!(fault(&Draft { to: vec![], bcc: some(1), ..good() }), None);
    assert_eq!(fault(&Draft { to: some(40), cc: some(30), bcc: some(30), ..good() }), None);
    assert_eq!(fault(&Draft { to: some(40), cc: some(30), bcc: some(31), ..good() }), Some("to"));
}

#[test]
fn sizes_are_bounded() {
    let text = |length: usize| "é".repeat(length);
    assert_eq!(fault(&Draft { subject: text(255), ..good() }), None);
    assert_eq!(fault(&Draft { subject: text(256), ..good() }), Some("subject"));
    assert_eq!(fault(&Draft { text: text(1 << 20), ..good() }), None);
    assert_eq!(fault(&Draft { text: text((1 << 20) + 1), ..good() }), Some("text"));
    assert_eq!(fault(&Draft { html: Some(text((1 << 20) + 1)), ..good() }), Some("html"));
    let files = |count, length| {
        let file = Attachment {
            file_name: "a".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: vec![0; length],
        };
        Draft { text: String::new(), attachments: vec![file; count], ..good() }
    };
    assert_eq!(fault(&files(2, 9 << 20)), None);
    assert_eq!(fault(&files(2, (9 << 20) + 1)), Some("attachments"));
    assert_eq!(fault(&files(20, 0)), None);
    assert_eq!(fault(&files(21, 0)), Some("attachments"));
}

#[test]
fn an_attachment_has_a_plain_name_and_the_type_of_a_file() {
    for (name, kind, expected) in [
        ("Rechnung März.pdf", "application/pdf", None),
        ("a.csv", "text/csv; charset=utf-8", None),
        ("", "application/pdf", Some("file name")),
        ("../etc/passwd", "application/pdf", Some("file name")),
        ("a\\b", "application/pdf", Some("file name")),
        ("a\"; x=\"", "application/pdf", Some("file name")),
        ("a", "", Some("content type")),
        ("a", "pdf", Some("content type")),
        ("a", "Multipart/mixed", Some("content type")),
        ("a", "message/rfc822", Some("content type")),
    ] {
        assert_eq!(fault(&file(name, kind)), expected, "{name:?} {kind:?}");
    }
}

#[test]
fn headers_add_and_never_replace() {
    let long_value = "a".repeat(900);
    for (name, value, expected) in [
        ("List-Unsubscribe", "<https://example.com/u/1>, <mailto:u@example.com>", None),
        ("X-Tag", long_value.as_str(), None),
        ("X-Tag", &format!("{long_value}a"), Some("headers")),
        ("X-Tag", " ", Some("headers")),
        ("X-Tag", "ä", Some("headers")),
        ("X Tag", "a", Some("headers")),
        ("X-Tag:", "a", Some("headers")),
        ("-X", "a", Some("headers")),
        ("", "a", Some("headers")),
        ("BCC", "eve@example.com", Some("headers")),
        ("Content-Type", "text/html", Some("headers")),
        ("Resent-To", "eve@example.com", Some("headers")),
        ("message-id", "<a@b>", Some("headers")),
    ] {
        assert_eq!(fault(&header(name, value)), expected, "{name:?} {value:?}");
    }
    let twice = vec![("X-Tag".to_owned(), "a".to_owned()), ("x-tag".to_owned(), "b".to_owned())];
    assert_eq!(fault(&Draft { headers: twice, ..good() }), Some("headers"));
    let many = (0..21).map(|index| (format!("X-{index}"), "a".to_owned())).collect();
    assert_eq!(fault(&Draft { headers: many, ..good() }), Some("headers"));
}

#[test]
fn a_message_id_is_two_dot_atoms() {
    for id in ["a@b", "<a@b>", "invoice-4711.reminder/1@mail.example", "a+b=c@x"] {
        assert_eq!(message_id(id).unwrap(), id.trim_matches(['<', '>']));
    }
    for id in ["", "a", "a@", "@b", "a@b@c", "a b@c", "a..b@c", "<a@b", "a@b>", "ä@b", "\"a\"@b", " a@b"] {
        assert!(message_id(id).is_err(), "{id:?}");
    }
    assert!(message_id(&format!("{}@b", "a".repeat(249))).is_err());
}
