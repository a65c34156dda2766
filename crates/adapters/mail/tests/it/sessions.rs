//! Connections: kept for the next message, limited in number, and never handed on in the middle of a dialogue.

use std::time::Duration;

use athyper_adapter_mail::{MailError, Mailer, SmtpSettings};
use chrono::TimeDelta;
use tokio::task::JoinSet;

use crate::receiver::{Answer, Receiver};
use crate::support::{clock, mailer, message, message_to, settings};

#[tokio::test]
async fn a_connection_is_kept_for_the_next_message_for_a_minute() {
    let receiver = Receiver::start().await;
    let (clock, hand) = clock();
    let mailer = Mailer::smtp(settings(receiver.port), clock).unwrap();
    mailer.send(&message()).await.unwrap();
    hand.advance(TimeDelta::seconds(59));
    mailer.send(&message()).await.unwrap();
    assert_eq!(receiver.connections(), 1);
    hand.advance(TimeDelta::seconds(60));
    mailer.send(&message()).await.unwrap();
    assert_eq!((receiver.connections(), receiver.received().len()), (2, 3));
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced() {
    let receiver = Receiver::start().await;
    let mailer = mailer(settings(receiver.port));
    mailer.send(&message()).await.unwrap();
    receiver.answer("NOOP", Answer::HangUp);
    mailer.send(&message()).await.unwrap();
    assert_eq!((receiver.connections(), receiver.received().len()), (2, 2));
}

#[tokio::test]
async fn a_cancelled_message_does_not_reach_into_the_next() {
    let receiver = Receiver::start().await;
    let mailer = mailer(settings(receiver.port));
    let cancelled = message_to(&["cancelled@example.com"]);
    for (index, line) in ["MAIL", "RCPT", "DATA", "CONTENT"].into_iter().enumerate() {
        receiver.answer(line, Answer::Silence);
        tokio::select! {
            result = mailer.send(&cancelled) => panic!("{result:?}"),
            () = receiver.fell_silent() => {}
        }
        receiver.answer_as_usual();
        mailer.send(&message()).await.unwrap();
        assert_eq!(receiver.connections(), index + 2);
    }
    let received = receiver.received().into_iter();
    let recipients: Vec<_> = received.flat_map(|received| received.recipients).collect();
    assert_eq!(recipients, ["zoe@example.com"; 4]);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_message() {
    let receiver = Receiver::start().await;
    let mailer = mailer(SmtpSettings { send_timeout: Duration::from_secs(1), ..settings(receiver.port) });
    receiver.answer("RCPT", Answer::Silence);
    mailer.send(&message_to(&["late@example.com"])).await.unwrap_err();
    receiver.answer_as_usual();
    receiver.go_on();
    mailer.send(&message()).await.unwrap();
    assert_eq!(receiver.received()[0].recipients, ["zoe@example.com"]);
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn there_are_no_more_connections_than_allowed() {
    let receiver = Receiver::start().await;
    let mailer = mailer(SmtpSettings { max_connections: 2, ..settings(receiver.port) });
    let mut senders = JoinSet::new();
    for _ in 0..20 {
        let mailer = mailer.clone();
        senders.spawn(async move { mailer.send(&message()).await });
    }
    for result in senders.join_all().await {
        result.unwrap();
    }
    assert_eq!(receiver.received().len(), 20);
    assert!(receiver.connections() <= 2, "{}", receiver.connections());
}

#[tokio::test]
async fn waiting_for_a_connection_ends_too() {
    let receiver = Receiver::start().await;
    receiver.answer("MAIL", Answer::Silence);
    let send_timeout = Duration::from_millis(300);
    let mailer = mailer(SmtpSettings { max_connections: 1, send_timeout, ..settings(receiver.port) });
    let message = message();
    let (first, second) = tokio::join!(mailer.send(&message), mailer.send(&message));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(matches!(&error, MailError::Unavailable { .. }), "{error}");
        assert!(error.to_string().ends_with("within 300ms"), "{error}");
    }
}

#[tokio::test]
async fn health_is_a_greeting_and_a_farewell_is_said() {
    let receiver = Receiver::start().await;
    let mailer = mailer(settings(receiver.port));
    mailer.check_health().await.unwrap();
    mailer.check_health().await.unwrap();
    assert_eq!((receiver.connections(), receiver.received().len()), (1, 0));
    mailer.close().await;
    let said = receiver.commands();
    let verbs: Vec<_> = said.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(verbs, ["EHLO", "AUTH", "NOOP", "QUIT"]);
    mailer.send(&message()).await.unwrap();
    assert_eq!(receiver.connections(), 2);
}
