//! Mail into a folder.

use std::fs;
use std::path::Path;

use athyper_adapter_mail::{Attachment, Draft, MailError, Mailer, Message};
use chrono::TimeDelta;
use tempfile::TempDir;

use crate::mime::Part;
use crate::support::{clock, draft, mailbox};

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_message_is_a_file_and_the_names_are_in_order() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("data/mail");
    let (clock, hand) = clock();
    let mailer = Mailer::folder(&folder, clock);
    let mut replies = vec![];
    for index in 0..12 {
        let draft = Draft { message_id: format!("{index}@athyper.example"), ..draft() };
        let accepted = mailer.send(&Message::new(draft).unwrap()).await.unwrap();
        assert_eq!(accepted.message_id, format!("<{index}@athyper.example>"));
        replies.push(accepted.server_reply);
        if index % 3 == 0 {
            hand.advance(TimeDelta::milliseconds(1));
        }
    }
    // Whole files alone, under the names that were told, in the order of sending.
    assert_eq!(names(&folder), replies);
    assert!(
        replies[0].starts_with("20260301T100000.000000Z-") && replies[0].ends_with("-0@athyper.example.eml")
    );
}

#[tokio::test]
async fn a_person_can_read_it_and_so_can_a_mail_program() {
    let folder = TempDir::new().unwrap();
    let mailer = Mailer::folder(folder.path(), clock().0);
    let link = "https://athyper.example/reset?token=abc=def&name=Zoë";
    let long = "x".repeat(2_000);
    let draft = Draft {
        subject: "Größe".to_owned(),
        text: format!("Öffnen Sie:\n{link}\n"),
        html: Some(format!("<p>{long}</p>")),
        bcc: vec![mailbox("secret@example.com")],
        attachments: vec![Attachment {
            file_name: "a.bin".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            bytes: vec![0, 13, 10, 255],
        }],
        ..draft()
    };
    let name = mailer.send(&Message::new(draft).unwrap()).await.unwrap().server_reply;
    let bytes = fs::read(folder.path().join(name)).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(&format!("\r\nÖffnen Sie:\r\n{link}\r\n")), "{text}");
    assert!(!text.contains("secret@"));
    let message = Part::read(&bytes);
    assert_eq!(message.text_header("subject"), "Größe");
    let parts = message.parts("mixed");
    assert_eq!(parts[0].parts("alternative")[0].text(), format!("Öffnen Sie:\r\n{link}"));
    assert_eq!(parts[0].parts("alternative")[1].text(), format!("<p>{long}</p>"));
    assert_eq!(parts[1].content(), [0, 13, 10, 255]);
}

#[tokio::test]
async fn health_is_a_folder_that_can_be_written() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("mail");
    let mailer = Mailer::folder(&folder, clock().0);
    mailer.check_health().await.unwrap();
    assert!(names(&folder).is_empty());

    let file = root.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let blocked = Mailer::folder(file.join("mail"), clock().0);
    let error = blocked.check_health().await.unwrap_err();
    assert!(
        matches!(&error, MailError::Unavailable { reason, .. } if reason.contains("cannot be written")),
        "{error}"
    );
    assert!(blocked.send(&Message::new(draft()).unwrap()).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let root = TempDir::new().unwrap();
    let folder = root.path().join("mail");
    let mailer = Mailer::folder(&folder, clock().0);
    let name = mailer.send(&Message::new(draft()).unwrap()).await.unwrap().server_reply;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(name)), 0o600);
}
