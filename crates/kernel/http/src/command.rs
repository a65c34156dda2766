//! A state change: body read, transaction open, idempotency honoured, and one commit at the end.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{AtOnce, LastWrite, LazyTenantTx, TenantTx};
use athyper_kernel_error::{Problem, ProblemKind};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::idempotency::{self, IdempotencyKey, Seen};
use crate::version::if_match_allows;
use crate::{Body, Caller, Intake, ProblemResponse, Reply};

/// What the handler of a state change takes. The body has been read before the transaction was opened, so a slow
/// sender holds no connection to the database. With a [`LazyTenantTx`] it has no transaction yet.
#[derive(Debug)]
pub struct Command<B, T = TenantTx> {
    /// The tenant's transaction; rolled back unless [`Command::finish`] is reached.
    pub tx: T,
    /// The decoded body.
    pub body: B,
    caller: Caller,
    if_match: Option<String>,
    idempotency: Option<IdempotencyKey>,
}

impl<B, T> Command<B, T> {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Holds the caller's `If-Match` against the record's version, where the caller sent one.
    ///
    /// # Errors
    /// 412 when the record has another version.
    pub fn check_version(&self, current: i64) -> Result<(), Problem> {
        match &self.if_match {
            Some(sent) if !if_match_allows(sent, current) => Err(Problem::version_changed(current)),
            _ => Ok(()),
        }
    }

    /// As [`Command::check_version`], for changes that must name the version they are made on.
    ///
    /// # Errors
    /// 428 without `If-Match`, 412 when the record has another version.
    pub fn require_version(&self, current: i64) -> Result<(), Problem> {
        if self.if_match.is_none() {
            return Err(Problem::new(
                ProblemKind::PreconditionRequired,
                "request.version_required",
                "send If-Match with the ETag that you read",
            ));
        }
        self.check_version(current)
    }
}

impl<B> Command<B> {
    /// Keeps the answer for the idempotency key, writes the audit event, commits, and answers.
    ///
    /// # Errors
    /// When the database refuses; then nothing was kept.
    pub async fn finish(self, event: AuditEvent, reply: Reply) -> Result<Reply, ProblemResponse> {
        let kept = reply.clone();
        self.finish_once(event, reply, &kept).await
    }

    /// As [`Command::finish`], for an answer with a secret that is shown once: `kept` is what the same idempotency key is
    /// answered with later.
    ///
    /// # Errors
    /// As [`Command::finish`].
    pub async fn finish_once(
        mut self,
        event: AuditEvent,
        reply: Reply,
        kept: &Reply,
    ) -> Result<Reply, ProblemResponse> {
        let event = self.remember(event, kept).await?;
        self.tx.commit(event).await?;
        Ok(reply)
    }

    /// As [`Command::finish`], of a change that ends with a write, which takes no statement of its own.
    ///
    /// # Errors
    /// As [`Command::finish`]; also where the write finds nothing to write.
    pub async fn finish_with(
        mut self,
        last: LastWrite,
        event: AuditEvent,
        reply: Reply,
    ) -> Result<Reply, ProblemResponse> {
        let event = self.remember(event, &reply).await?;
        self.tx.commit_with(last, event).await?;
        Ok(reply)
    }

    /// Keeps the answer for the idempotency key; gives the event as it is written.
    async fn remember(&mut self, event: AuditEvent, kept: &Reply) -> Result<AuditEvent, ProblemResponse> {
        let event = self.caller.agreed(&mut self.tx, event).await?;
        if let Some(key) = &self.idempotency {
            idempotency::remember(&mut self.tx, key, kept).await?;
        }
        Ok(self.caller.trace(event))
    }
}

impl<B> Command<B, LazyTenantTx> {
    /// Whether it may be done by one statement: an answer that is kept for an idempotency key, or that somebody agreed to, takes a
    /// transaction.
    pub fn may_finish_at_once(&self) -> bool {
        self.idempotency.is_none() && self.caller.agreement().is_none()
    }

    /// Does all of the change by one statement, and writes the audit event by it. Says whether it did: where it did not, nothing was
    /// done, and the command is to be [opened](Self::open).
    ///
    /// # Errors
    /// When the database refuses; then nothing was kept.
    pub async fn finish_at_once(&self, change: AtOnce, event: AuditEvent) -> Result<bool, ProblemResponse> {
        if !self.may_finish_at_once() {
            return Ok(false);
        }
        Ok(self.tx.at_once(change, self.caller.trace(event)).await?)
    }

    /// The command with its transaction open.
    ///
    /// # Errors
    /// When no connection to the database can be had in time.
    pub async fn open(self) -> Result<Command<B>, ProblemResponse> {
        let Self { tx, body, caller, if_match, idempotency } = self;
        Ok(Command { tx: tx.into_opened().await?, body, caller, if_match, idempotency })
    }
}

impl<S: Send + Sync, B: Body> FromRequest<S> for Command<B> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let command = Command::<B, LazyTenantTx>::from_request(request, state).await?;
        command.open().await.map_err(IntoResponse::into_response)
    }
}

impl<S: Send + Sync, B: Body> FromRequest<S> for Command<B, LazyTenantTx> {
    type Rejection = Response;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts).map_err(IntoResponse::into_response)?;
        let refuse = |problem: Problem| ProblemResponse(problem).into_response();
        let intake = Intake::of(&caller);
        let (content, decoded) = B::take(&parts.headers, body, &intake).await.map_err(refuse)?;
        let key = IdempotencyKey::of(&parts, caller.operation(), &content).map_err(refuse)?;
        let if_match = header_text(&parts.headers, "if-match");
        let mut tx = caller.edge().database.lazy_tenant_tx(caller.context());
        if let Some(key) = &key {
            let opened = tx.opened().await.map_err(|error| refuse(error.into()))?;
            let answer = match idempotency::claim(opened, key).await {
                Ok(Seen::Never) => None,
                Ok(Seen::Before(reply)) => Some(reply.into_response()),
                Err(problem) => Some(refuse(problem)),
            };
            if let Some(answer) = answer {
                // Ended here and not later by the pool: until then the key counts as being served.
                let tx = tx.into_opened().await.map_err(|error| refuse(error.into()))?;
                tx.rollback().await.map_err(|error| refuse(error.into()))?;
                decoded.discard(&intake).await;
                return Err(answer);
            }
        }
        Ok(Self { tx, body: decoded, caller, if_match, idempotency: key })
    }
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
