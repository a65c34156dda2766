//! Servers that refuse, hang up, fall silent or are not there, and what the caller is told.

use std::time::{Duration, Instant};

use athyper_adapter_mail::{
    MailError, Mailer, RefusedRecipient, ServerReply, SettingsError, SignIn, SmtpSecurity, SmtpSettings,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::receiver::{Answer, Receiver};
use crate::support::{clock, mailer, message, message_to, settings};

/// What a server that answers like this makes of a message.
async fn refusal(line: &str, answer: Answer) -> MailError {
    let receiver = Receiver::start().await;
    receiver.answer(line, answer);
    let error = mailer(settings(receiver.port)).send(&message()).await.unwrap_err();
    assert!(receiver.received().is_empty());
    error
}

fn reply(code: u16, text: &str) -> ServerReply {
    ServerReply { code, text: text.to_owned() }
}

#[tokio::test]
async fn a_5xx_is_for_ever_and_a_4xx_is_not() {
    for line in ["MAIL", "DATA", "CONTENT"] {
        for (said, code, text, permanent) in [
            ("550 5.7.1 spam", 550, "5.7.1 spam", true),
            ("554-5.7.1 one\r\n554 5.7.1 two", 554, "5.7.1 one two", true),
            ("451 4.3.0 later", 451, "4.3.0 later", false),
        ] {
            let error = refusal(line, Answer::Say(said)).await;
            let expected = MailError::Rejected { recipients: vec![], permanent, reply: reply(code, text) };
            assert_eq!(error, expected, "{line}");
            assert_eq!(error.is_permanent(), permanent);
        }
    }
}

#[tokio::test]
async fn all_refused_recipients_are_named_and_nobody_gets_it() {
    let receiver = Receiver::start().await;
    receiver.answer("RCPT TO:<gone@", Answer::Say("550 5.1.1 no such user"));
    receiver.answer("RCPT TO:<grey@", Answer::Say("450 4.2.0 come back later"));
    let mailer = mailer(settings(receiver.port));

    let to = ["a@example.com", "grey@example.com", "gone@example.com", "b@example.com"];
    let error = mailer.send(&message_to(&to)).await.unwrap_err();
    let grey = reply(450, "4.2.0 come back later");
    let expected = MailError::Rejected {
        recipients: vec![
            RefusedRecipient { address: to[1].to_owned(), permanent: false, reply: grey.clone() },
            RefusedRecipient {
                address: to[2].to_owned(),
                permanent: true,
                reply: reply(550, "5.1.1 no such user"),
            },
        ],
        permanent: true,
        reply: grey,
    };
    assert_eq!(error, expected);
    assert!(receiver.received().is_empty());

    let error = mailer.send(&message_to(&to[..2])).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");

    // Without them it goes, over the same connection and to nobody else.
    mailer.send(&message_to(&["a@example.com", "b@example.com"])).await.unwrap();
    assert_eq!(receiver.received()[0].recipients, ["a@example.com", "b@example.com"]);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_server_that_leaves_says_nothing_about_the_message() {
    for line in ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT"] {
        for answer in [Answer::HangUp, Answer::Say("421 4.3.2 closing")] {
            let error = refusal(line, answer.clone()).await;
            assert!(matches!(error, MailError::Unavailable { .. }), "{line} {answer:?}: {error}");
            assert!(!error.is_permanent());
            let may_have_arrived = error.to_string().contains("may have arrived");
            assert_eq!(may_have_arrived, line == "CONTENT", "{line} {answer:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_want_us_is_unavailable() {
    let error = refusal("CONNECT", Answer::Say("554 no service")).await;
    assert!(matches!(&error, MailError::Unavailable { reason, .. } if reason.contains("554")), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_saying_it() {
    let receiver = Receiver::start().await;
    let sign_in = Some(SignIn { user: "user".to_owned(), password: "hunter2".into() });
    let mailer = mailer(SmtpSettings { sign_in, ..settings(receiver.port) });
    // A server that repeats what it was sent.
    for said in [None, Some("535 5.7.8 AHVzZXIAaHVudGVyMg== is hunter2")] {
        if let Some(said) = said {
            receiver.answer("AUTH", Answer::Say(said));
        }
        let error = mailer.send(&message()).await.unwrap_err();
        let shown = format!("{error} {error:?} {mailer:?}");
        assert!(shown.contains("the server refused the user name or password with 535"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("AHVzZXIAaHVudGVyMg"), "{shown}");
        let MailError::Unavailable { retry_after, .. } = error else { panic!("{error}") };
        assert_eq!(retry_after, Some(Duration::from_mins(5)));
    }
    assert!(mailer.check_health().await.is_err());
    assert!(receiver.commands().iter().all(|command| !command.starts_with("MAIL")));
}

#[tokio::test]
async fn a_server_that_knows_no_passwords_is_told() {
    let receiver = Receiver::start().await;
    receiver.offer(&["AUTH GSSAPI"]);
    let error = mailer(settings(receiver.port)).send(&message()).await.unwrap_err();
    assert!(error.to_string().contains("AUTH PLAIN"), "{error}");
}

/// What is told about a server that falls silent, with a second to connect and two to send.
async fn silence(line: &str) -> MailError {
    let receiver = Receiver::start().await;
    receiver.answer(line, Answer::Silence);
    let (connect_timeout, send_timeout) = (Duration::from_secs(1), Duration::from_secs(2));
    let settings = SmtpSettings { connect_timeout, send_timeout, ..settings(receiver.port) };
    mailer(settings).send(&message()).await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for() {
    let start = Instant::now();
    let mut tests = JoinSet::new();
    for (line, reason) in [
        ("CONNECT", "did not let us in within 1s"),
        ("EHLO", "did not let us in within 1s"),
        ("AUTH", "did not let us in within 1s"),
        ("MAIL", "did not take sender and recipients within 2s"),
        ("RCPT", "did not take sender and recipients within 2s"),
        ("DATA", "may have arrived: the server did not confirm it within 2s"),
        ("CONTENT", "may have arrived: the server did not confirm it within 2s"),
    ] {
        tests.spawn(async move {
            let error = silence(line).await;
            assert!(matches!(error, MailError::Unavailable { .. }), "{line}: {error}");
            assert!(error.to_string().ends_with(reason), "{line}: {error}");
        });
    }
    tests.join_all().await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_is_away_is_told_at_once() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = mailer(settings(port));
    let error = mailer.send(&message()).await.unwrap_err();
    assert!(
        matches!(&error, MailError::Unavailable { reason, .. } if reason.contains("127.0.0.1")),
        "{error}"
    );
    assert!(mailer.check_health().await.is_err());
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_when_tls_is_asked_for() {
    // A server that offers no TLS, one that offers it and then speaks plainly, and a client that wants TLS at once.
    for (security, extensions) in [
        (SmtpSecurity::StartTls, &["AUTH PLAIN"][..]),
        (SmtpSecurity::StartTls, &["AUTH PLAIN", "STARTTLS"]),
        (SmtpSecurity::ImplicitTls, &["AUTH PLAIN"]),
    ] {
        let receiver = Receiver::start().await;
        receiver.offer(extensions);
        let settings =
            SmtpSettings { security, connect_timeout: Duration::from_secs(2), ..settings(receiver.port) };
        let error = mailer(settings).send(&message()).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable { .. }), "{security:?}: {error}");
        let said = receiver.commands();
        assert!(said.iter().all(|line| !line.contains("AUTH") && !line.contains("MAIL")), "{said:?}");
    }
}

#[test]
fn root_certificates_that_are_none_are_told_at_the_start() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    for pem in
        ["", "garbage", &format!("{begin}garbage"), &format!("{begin}AAAA\n-----END CERTIFICATE-----\n")]
    {
        let settings =
            SmtpSettings { root_certificates: Some(pem.to_owned()), ..SmtpSettings::new("mail.example") };
        let error = Mailer::smtp(settings, clock().0).unwrap_err();
        assert!(matches!(error, SettingsError::RootCertificates(_)), "{pem:?}: {error}");
    }
}

#[tokio::test]
async fn addresses_outside_ascii_need_a_server_that_takes_them() {
    let receiver = Receiver::start().await;
    let foreign = message_to(&["用户@例子.example"]);
    mailer(settings(receiver.port)).send(&foreign).await.unwrap();
    assert_eq!(receiver.received()[0].recipients, ["用户@例子.example"]);
    assert!(receiver.commands().iter().any(|line| line.starts_with("MAIL") && line.contains("SMTPUTF8")));

    receiver.offer(&["AUTH PLAIN", "8BITMIME"]);
    let error = mailer(settings(receiver.port)).send(&foreign).await.unwrap_err();
    assert!(matches!(error, MailError::Invalid(_)), "{error}");
    assert!(error.is_permanent());
}
