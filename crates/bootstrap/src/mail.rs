//! Mail: where it goes, the job that sends it, and the command that tries it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_mail::{
    Accepted, Draft, InvalidMessage, MailError, Mailbox, Mailer, Message, SignIn, SmtpSecurity, SmtpSettings,
};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_jobs::{Backoff, JobError, JobRun, JobType, SendMail};
use athyper_kernel_resilience::{CallError, CircuitBreaker, Outcome};
use athyper_kernel_types::{Clock, Id};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::error::StartError;
use crate::identity::data_folder;

/// The sender where none is configured: mail then goes into a folder.
const LOCAL_SENDER: &str = "Athyper <no-reply@athyper.localhost>";

/// Longest time for one mail: that of the mailer, and a moment.
const PATIENCE: Duration = Duration::from_secs(65);

/// When a mail is tried again for which there is no server yet.
const WITHOUT_SERVER: Duration = Duration::from_mins(10);

/// Wait between attempts: half a minute, then longer, up to an hour.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(30), most: Duration::from_hours(1) };

/// Marker of the id of a mail that no job sends.
enum Trial {}

/// Sends the platform's mail.
#[derive(Debug)]
pub(crate) struct Post {
    /// None outside env `local` where no server is configured.
    mailer: Option<Mailer>,
    from: Mailbox,
    breaker: Option<Arc<CircuitBreaker>>,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// Nobody is configured to send it.
    #[error("there is no mail server: set ATHYPER_SUPER__SMTP_URL and MAIL_FROM")]
    NoServer,
    /// The mailer said so, or the breaker.
    #[error(transparent)]
    Call(#[from] CallError<MailError>),
}

impl Post {
    /// Prepares the configured way; nothing is connected yet. `breaker` stands before a server.
    pub(crate) fn open(
        config: &RuntimeConfig,
        environment: &BTreeMap<String, String>,
        clock: Clock,
        breaker: Option<Arc<CircuitBreaker>>,
    ) -> Result<Self, StartError> {
        let from = config.mail.from.as_deref().unwrap_or(LOCAL_SENDER);
        let from = from
            .parse()
            .map_err(|error: InvalidMessage| StartError::Command(format!("mail.from: {}", error.reason)))?;
        let mailer = match &config.mail.smtp.url {
            Some(url) => Some(Mailer::smtp(smtp_settings(url)?, clock)?),
            None if config.env == Environment::Local => {
                Some(Mailer::folder(data_folder(config, environment)?.join("mail"), clock))
            }
            None => None,
        };
        let breaker = breaker.filter(|_| matches!(mailer, Some(Mailer::Smtp(_))));
        Ok(Self { mailer, from, breaker })
    }

    /// Whether anybody is configured to send mail.
    pub(crate) fn has_mailer(&self) -> bool {
        self.mailer.is_some()
    }

    /// Whether a mail could be sent now.
    pub(crate) async fn check_health(&self) -> Result<(), PostError> {
        let mailer = self.mailer.as_ref().ok_or(PostError::NoServer)?;
        self.call(Box::pin(mailer.check_health())).await
    }

    /// Takes leave of the server.
    pub(crate) async fn close(&self) {
        if let Some(mailer) = &self.mailer {
            mailer.close().await;
        }
    }

    /// Sends a plain text to one, and says where it went.
    pub(crate) async fn send_trial(&self, to: &str, clock: &Clock) -> Result<String, StartError> {
        let mail = SendMail::new(to, "A trial of the mail", "This mail was sent by the command mail-test.");
        let message = self.message(&Id::<Trial>::new(clock).to_string(), mail);
        let message = message.map_err(|error| StartError::Command(error.to_string()))?;
        let accepted = self.send(&message).await.map_err(|error| StartError::Mail(error.to_string()))?;
        let place = match &self.mailer {
            Some(Mailer::Folder(folder)) => format!("written to {}", folder.path().display()),
            _ => "taken by the server".to_owned(),
        };
        Ok(format!("{} was {place}: {}", accepted.message_id, accepted.server_reply))
    }

    async fn send(&self, message: &Message) -> Result<Accepted, PostError> {
        let mailer = self.mailer.as_ref().ok_or(PostError::NoServer)?;
        self.call(Box::pin(mailer.send(message))).await
    }

    async fn call<T>(&self, operation: impl Future<Output = Result<T, MailError>>) -> Result<T, PostError> {
        match &self.breaker {
            Some(breaker) => Ok(breaker.call(PATIENCE, operation, verdict).await?),
            None => Ok(operation.await.map_err(CallError::Failed)?),
        }
    }

    /// The message of a job. `id` is the left half of its `Message-ID`, the sender's domain the right one.
    fn message(&self, id: &str, mail: SendMail) -> Result<Message, InvalidMessage> {
        let all = |addresses: Vec<String>| -> Result<Vec<Mailbox>, InvalidMessage> {
            addresses.iter().map(|address| address.parse()).collect()
        };
        let domain = self.from.address().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        Message::new(Draft {
            message_id: format!("{id}@{domain}"),
            from: self.from.clone(),
            to: all(mail.to)?,
            cc: all(mail.cc)?,
            bcc: all(mail.bcc)?,
            reply_to: mail.reply_to.map(|address| address.parse()).transpose()?,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            attachments: Vec::new(),
            // RFC 3834, section 5: keeps out-of-office answers from coming back.
            headers: vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())],
        })
    }
}

/// What the outcome says about the server: one that refuses a message is well.
fn verdict<T>(outcome: &Result<T, MailError>) -> Outcome {
    match outcome {
        Ok(_) | Err(MailError::Rejected { .. }) => Outcome::Success,
        Err(MailError::Unavailable { retry_after, .. }) => Outcome::TargetFault { retry_after: *retry_after },
        Err(MailError::Invalid(_)) => Outcome::CallerFault,
    }
}

/// The job that sends a mail. It may be sent a second time when its worker dies between the server's word and our
/// record of it; both then have one `Message-ID`.
pub(crate) fn mail_job(post: Arc<Post>) -> JobType {
    let sample = SendMail {
        reply_to: Some("office@example.com".to_owned()),
        html: Some("<p>Please pay.</p>".to_owned()),
        cc: vec!["Max <max@example.com>".to_owned()],
        bcc: vec!["archive@example.com".to_owned()],
        ..SendMail::new("Zoë <zoe@example.com>", "A reminder", "Please pay.")
    };
    JobType::new(&sample, move |run, mail| {
        let post = Arc::clone(&post);
        async move { send(&run, &post, mail).await }
    })
    .backoff(BACKOFF)
}

async fn send(run: &JobRun, post: &Post, mail: SendMail) -> Result<(), JobError> {
    let recipients = mail.to.len() + mail.cc.len() + mail.bcc.len();
    let message = post.message(&run.id().to_string(), mail);
    let message = message.map_err(|error| JobError::abort(error.to_string()))?;
    let accepted = post.send(&message).await.map_err(job_error)?;
    let event = AuditEvent::info("platform.send_mail")
        .about("platform.job", run.id())
        .with("messageId", accepted.message_id)
        .with("recipients", recipients)
        .with("serverReply", accepted.server_reply);
    run.complete(run.tx().await?, event).await
}

/// What becomes of the job. A server that is known to be away costs no attempt.
fn job_error(error: PostError) -> JobError {
    match error {
        PostError::NoServer => {
            tracing::warn!("mail waits: there is no mail server; set ATHYPER_SUPER__SMTP_URL and MAIL_FROM");
            JobError::Snooze(WITHOUT_SERVER)
        }
        PostError::Call(CallError::Refused(refused)) => JobError::Snooze(refused.retry_after),
        PostError::Call(CallError::Failed(error)) if error.is_permanent() => {
            JobError::abort(error.to_string())
        }
        PostError::Call(error) => JobError::retry(error),
    }
}

/// Reads `smtps://user:password@host:port`, or `smtp://…` for `STARTTLS`, or that with `?tls=none`. No message repeats
/// the address, which may hold a password.
fn smtp_settings(url: &SecretString) -> Result<SmtpSettings, StartError> {
    let wrong = |what: &str| StartError::Command(format!("mail.smtp.url {what}"));
    let url = Url::parse(url.expose_secret())
        .map_err(|_| wrong("is no address: write it as smtps://user:password@host:465"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("names no host"))?;
    let security = match (url.scheme(), url.query()) {
        ("smtps", None) => SmtpSecurity::ImplicitTls,
        ("smtp", None | Some("tls=starttls")) => SmtpSecurity::StartTls,
        ("smtp", Some("tls=none")) => SmtpSecurity::None,
        _ => return Err(wrong("must begin with smtps:// or smtp://, and may end with ?tls=none")),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(wrong("must end after the port"));
    }
    let decoded = |part: &str| {
        // The form decoding of a single value also undoes percent signs; a plus sign must survive it.
        let pairs = format!("v={}", part.replace('+', "%2B"));
        let value = url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value.into_owned());
        value.unwrap_or_default()
    };
    let sign_in = (!url.username().is_empty()).then(|| SignIn {
        user: decoded(url.username()),
        password: decoded(url.password().unwrap_or_default()).into(),
    });
    let host = host.trim_matches(['[', ']']);
    Ok(SmtpSettings { port: url.port(), security, sign_in, ..SmtpSettings::new(host) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<SmtpSettings, StartError> {
        smtp_settings(&url.to_owned().into())
    }

    #[test]
    fn the_address_says_how_to_speak_to_the_server() {
        let settings = read("smtps://user%40example.com:p%2Fa+s@mail.example:2465").unwrap();
        let sign_in = settings.sign_in.unwrap();
        assert_eq!((sign_in.user.as_str(), sign_in.password.expose_secret()), ("user@example.com", "p/a+s"));
        assert_eq!((settings.host.as_str(), settings.port), ("mail.example", Some(2465)));
        assert_eq!(settings.security, SmtpSecurity::ImplicitTls);
        assert_eq!(read("smtp://mail.example").unwrap().security, SmtpSecurity::StartTls);
        let relay = read("smtp://127.0.0.1:25?tls=none").unwrap();
        assert_eq!((relay.security, relay.port), (SmtpSecurity::None, Some(25)));
        assert_eq!(read("smtp://[::1]?tls=none").unwrap().host, "::1");
    }

    #[test]
    fn an_address_that_says_something_else_is_refused_and_not_shown() {
        for url in [
            "smtps://u:hunter2@",
            "http://u:hunter2@mail.example",
            "smtps://u:hunter2@mail.example?tls=none",
            "smtp://u:hunter2@mail.example?tls=maybe",
            "smtps://u:hunter2@mail.example/inbox",
            "mail.example hunter2",
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    fn post() -> Post {
        Post { mailer: None, from: LOCAL_SENDER.parse().unwrap(), breaker: None }
    }

    #[test]
    fn the_message_id_follows_from_the_job() {
        let mail = SendMail::new("Zoë <zoe@example.com>", "Subject", "Text");
        let message = post().message("019ab3c4", mail.clone()).unwrap();
        assert_eq!(message.message_id(), "<019ab3c4@athyper.localhost>");
        assert_eq!(post().message("019ab3c4", mail).unwrap(), message);
        assert!(post().message("1", SendMail::new("nobody", "Subject", "Text")).is_err());
        let smuggled = SendMail::new("zoe@example.com", "Subject\r\nBcc: eve@example.com", "Text");
        assert!(post().message("1", smuggled).is_err());
    }
}
