//! What is sent is what arrives.

use athyper_adapter_mail::{Attachment, Draft, Mailer, Message};

use crate::mime::Part;
use crate::receiver::{Received, Receiver};
use crate::support::{draft, mailbox, mailer, message, settings};

async fn sent(draft: Draft) -> Received {
    let receiver = Receiver::start().await;
    let accepted = mailer(settings(receiver.port)).send(&Message::new(draft).unwrap()).await.unwrap();
    assert_eq!(accepted.server_reply, "250 2.0.0 queued as 4711");
    let mut received = receiver.received();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

#[tokio::test]
async fn a_plain_message_has_the_headers_of_one() {
    let receiver = Receiver::start().await;
    let accepted = mailer(settings(receiver.port)).send(&message()).await.unwrap();
    assert_eq!(accepted.message_id, "<4711@athyper.example>");
    let received = &receiver.received()[0];
    assert_eq!(
        (received.from.as_str(), &*received.recipients),
        ("no-reply@athyper.example", &["zoe@example.com".to_owned()][..])
    );
    let part = Part::read(&received.content);
    for (name, value) in [
        ("message-id", "<4711@athyper.example>"),
        ("date", "Sun, 01 Mar 2026 10:00:00 +0000"),
        ("from", "Athyper <no-reply@athyper.example>"),
        ("to", "zoe@example.com"),
        ("subject", "Hello"),
        ("mime-version", "1.0"),
        ("content-type", "text/plain; charset=utf-8"),
    ] {
        assert_eq!(part.header(name), Some(value));
    }
    assert_eq!(part.text(), "How are you?");
    assert_eq!(receiver.commands()[0], "EHLO athyper.example");
}

#[tokio::test]
async fn every_script_arrives() {
    let text = "Größe 👩‍💻\n.\n.hidden dot\n\nשלום — 你好\nline = 100 % of \"it\" \n";
    let html = format!("<p>{}</p>", "ключ ".repeat(400));
    let received = sent(Draft {
        subject: "Überfällige Rechnung № 4711 — 期限切れの請求書のお知らせ、至急ご確認ください 👍".to_owned(),
        from: mailbox("Zoë O'Neil, GmbH <no-reply@athyper.example>"),
        to: vec![mailbox("Łukasz \"Ł\" (Kraków) <lukasz@example.com>"), mailbox("b@example.com")],
        cc: vec![mailbox("山田 <yamada@example.com>")],
        reply_to: Some(mailbox("Hilfe <help@athyper.example>")),
        text: text.to_owned(),
        html: Some(html.clone()),
        ..draft()
    })
    .await;
    assert!(received.content.is_ascii());
    assert!(received.content.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    let part = Part::read(&received.content);
    assert_eq!(
        part.text_header("subject"),
        "Überfällige Rechnung № 4711 — 期限切れの請求書のお知らせ、至急ご確認ください 👍"
    );
    assert_eq!(part.text_header("cc"), "山田 <yamada@example.com>");
    assert_eq!(part.text_header("reply-to"), "Hilfe <help@athyper.example>");
    assert!(part.text_header("from").ends_with("<no-reply@athyper.example>"));
    assert_eq!(received.recipients, ["lukasz@example.com", "b@example.com", "yamada@example.com"]);
    let parts = part.parts("alternative");
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(parts[0].text(), text.replace('\n', "\r\n").trim_end_matches("\r\n"));
    assert_eq!(parts[1].header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(parts[1].text(), html);
}

#[tokio::test]
async fn attachments_arrive_byte_for_byte() {
    let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let file = |file_name: &str, content_type: &str, bytes: &[u8]| Attachment {
        file_name: file_name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: bytes.to_vec(),
    };
    let files = [
        file("bytes.bin", "application/octet-stream", &every_byte),
        // Line ends of every kind, and a line that would end a message.
        file("Umsätze März.csv", "text/csv; charset=utf-8", "a\nb\r\nc\rd\r\n.\r\ne".as_bytes()),
        file("empty", "text/plain", b""),
    ];
    for html in [None, Some("<p>Hello</p>".to_owned())] {
        let received = sent(Draft { attachments: files.to_vec(), html: html.clone(), ..draft() }).await;
        let parts = Part::read(&received.content).parts("mixed");
        assert_eq!(parts.len(), 4);
        match &html {
            None => assert_eq!(parts[0].text(), "How are you?"),
            Some(html) => assert_eq!(parts[0].parts("alternative")[1].text(), *html),
        }
        for (part, file) in parts[1..].iter().zip(&files) {
            assert_eq!(part.header("content-type"), Some(file.content_type.as_str()));
            assert_eq!(part.content(), file.bytes, "{}", file.file_name);
        }
        let disposition = |index: usize| parts[index].header("content-disposition").unwrap().to_owned();
        assert_eq!(disposition(1), "attachment; filename=\"bytes.bin\"");
        assert_eq!(disposition(2), "attachment; filename*0*=utf-8''Ums%C3%A4tze%20M%C3%A4rz.csv");
    }
}

#[tokio::test]
async fn those_in_bcc_get_it_and_nobody_sees_them() {
    let received = sent(Draft {
        cc: vec![mailbox("cc@example.com")],
        bcc: vec![mailbox("Secret <secret@example.com>"), mailbox("cc@example.com")],
        ..draft()
    })
    .await;
    // Each once, however often they are named.
    assert_eq!(received.recipients, ["zoe@example.com", "cc@example.com", "secret@example.com"]);
    let content = String::from_utf8(received.content).unwrap().to_lowercase();
    assert!(!content.contains("secret") && !content.contains("bcc"), "{content}");

    let only = sent(Draft { to: vec![], bcc: vec![mailbox("secret@example.com")], ..draft() }).await;
    assert_eq!(only.recipients, ["secret@example.com"]);
    assert_eq!(Part::read(&only.content).header("to"), None);
}

#[tokio::test]
async fn headers_of_the_caller_stand_as_they_are() {
    let url = format!("<https://athyper.example/unsubscribe/{}?a=b&c=d_e>", "x".repeat(300));
    let received = sent(Draft {
        headers: vec![
            ("List-Unsubscribe".to_owned(), url.clone()),
            ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
        ],
        ..draft()
    })
    .await;
    let part = Part::read(&received.content);
    assert_eq!(part.header("list-unsubscribe"), Some(url.as_str()));
    assert_eq!(part.header("list-unsubscribe-post"), Some("List-Unsubscribe=One-Click"));
}

#[tokio::test]
async fn what_looks_like_a_header_in_the_text_stays_there() {
    let text = "x\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\r\n";
    let received = sent(Draft { text: text.to_owned(), ..draft() }).await;
    let part = Part::read(&received.content);
    assert_eq!(part.text(), text.trim_end_matches("\r\n"));
    assert!(!part.header_names().contains(&"bcc"));
    assert_eq!(received.recipients, ["zoe@example.com"]);
}

#[tokio::test]
async fn a_repetition_is_recognised_by_its_message_id() {
    let receiver = Receiver::start().await;
    let mailer: Mailer = mailer(settings(receiver.port));
    for _ in 0..2 {
        mailer.send(&message()).await.unwrap();
    }
    let ids = receiver
        .received()
        .iter()
        .map(|received| Part::read(&received.content).header("message-id").unwrap().to_owned())
        .collect::<Vec<_>>();
    assert_eq!(ids, ["<4711@athyper.example>"; 2]);
}
