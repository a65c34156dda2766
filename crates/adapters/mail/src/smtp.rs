//! Mail to an SMTP server, over a few connections that are kept for the next message.
//!
//! The dialogue is our own, over lettre's connections. Its ready transport names no refused recipient, and takes a
//! connection back that was left in the middle of a message by a caller who was cancelled: the next message would read
//! replies that belong to the last one.

mod session;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use self::session::Session;
use crate::mime::{Reader, render};
use crate::{Accepted, MailError, Message, SettingsError, SmtpSecurity, SmtpSettings};

/// How long a connection is kept without use. Servers close theirs after five minutes (RFC 5321, section 4.5.3.2.7).
const KEEP_IDLE: TimeDelta = TimeDelta::minutes(1);

/// How long a server may take to say goodbye.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends messages to an SMTP server. Clones share their connections.
#[derive(Clone)]
pub struct SmtpMailer {
    shared: Arc<Shared>,
}

struct Shared {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    clock: Clock,
    /// One permit for each message on its way.
    slots: Semaphore,
    /// The longest unused first.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    session: Session,
    since: DateTime<Utc>,
}

impl SmtpMailer {
    pub(crate) fn new(settings: SmtpSettings, clock: Clock) -> Result<Self, SettingsError> {
        settings.check()?;
        let tls = tls_parameters(&settings)?;
        let slots = Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS));
        let shared = Shared { settings, tls, clock, slots, idle: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Accepted, MailError> {
        let shared = &*self.shared;
        let bytes = render(message, shared.clock.now().into(), Reader::Server)?;
        let deadline = Instant::now() + shared.settings.send_timeout;
        let Ok(slot) = timeout_at(deadline, shared.slots.acquire()).await else {
            return Err(self.late("no connection became free"));
        };
        let _slot = slot.map_err(MailError::unavailable)?;
        let Ok(session) = timeout_at(deadline, self.session()).await else {
            return Err(self.late("the server did not let us in"));
        };
        let mut session = session?;
        let result = self.exchange(&mut session, message, &bytes, deadline).await;
        // A connection is kept only if it is known where in the dialogue it stands.
        let is_known = match &result {
            Ok(_) => true,
            Err(MailError::Rejected { .. }) => timeout_at(deadline, session.reset()).await == Ok(true),
            Err(MailError::Unavailable { .. } | MailError::Invalid(_)) => false,
        };
        if is_known {
            self.keep(session);
        }
        result
    }

    async fn exchange(
        &self,
        session: &mut Session,
        message: &Message,
        bytes: &[u8],
        deadline: Instant,
    ) -> Result<Accepted, MailError> {
        let from = message.draft().from.envelope_address();
        let offer = session.offer(from, message.recipients(), bytes.is_ascii());
        let Ok(offered) = timeout_at(deadline, offer).await else {
            return Err(self.late("the server did not take sender and recipients"));
        };
        offered?;
        let Ok(reply) = timeout_at(deadline, session.hand_over(bytes)).await else {
            return Err(self.late("the message may have arrived: the server did not confirm it"));
        };
        Ok(Accepted { message_id: message.message_id().to_owned(), server_reply: reply?.to_string() })
    }

    pub(crate) async fn check_health(&self) -> Result<(), MailError> {
        let session = self.session().await?;
        self.keep(session);
        Ok(())
    }

    pub(crate) async fn close(&self) {
        let sessions = std::mem::take(&mut *self.idle());
        for idle in sessions {
            // A server that does not answer is not waited for.
            let _ = timeout(QUIT_TIMEOUT, idle.session.quit()).await;
        }
    }

    /// A session that the server has just answered in: a kept one, or a new one.
    async fn session(&self) -> Result<Session, MailError> {
        let shared = &*self.shared;
        let connect_timeout = shared.settings.connect_timeout;
        while let Some(mut session) = self.kept() {
            if timeout(connect_timeout, session.is_alive()).await == Ok(true) {
                return Ok(session);
            }
        }
        let connect = Session::connect(&shared.settings, shared.tls.as_ref());
        timeout(connect_timeout, connect).await.unwrap_or_else(|_| {
            let settings = &shared.settings;
            let (host, port) = (&settings.host, settings.port());
            Err(MailError::unavailable(format_args!(
                "{host}:{port} did not let us in within {connect_timeout:?}"
            )))
        })
    }

    fn late(&self, what: &str) -> MailError {
        MailError::unavailable(format_args!("{what} within {:?}", self.shared.settings.send_timeout))
    }

    fn keep(&self, session: Session) {
        let since = self.shared.clock.now();
        self.idle().push(Idle { session, since });
    }

    /// Takes the session that was used last. Those that were not used for too long are dropped.
    fn kept(&self) -> Option<Session> {
        let now = self.shared.clock.now();
        let mut idle = self.idle();
        idle.retain(|idle| now - idle.since < KEEP_IDLE);
        idle.pop().map(|idle| idle.session)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SmtpMailer").field(&self.shared.settings).finish()
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<Option<TlsParameters>, SettingsError> {
    if settings.security == SmtpSecurity::None {
        return Ok(None);
    }
    let refuse = |reason: &str| SettingsError::RootCertificates(reason.to_owned());
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.root_certificates {
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(refuse("there is no certificate in PEM"));
        }
        let certificate =
            Certificate::from_pem(pem.as_bytes()).map_err(|error| refuse(&error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map(Some).map_err(|error| refuse(&error.to_string()))
}
