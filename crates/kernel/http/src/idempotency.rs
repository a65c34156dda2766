//! `Idempotency-Key`: the same request gets the first answer, and does its work once.
//!
//! The key is claimed by a lock that lives as long as the command's transaction, and the answer is stored by that same
//! transaction: there is no moment at which the work is done and the key is not known.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use sqlx::types::Json;

use crate::Reply;

/// Header of the key (draft-ietf-httpapi-idempotency-key-header).
const HEADER: &str = "idempotency-key";

/// Longest key, in characters.
const LONGEST_KEY: usize = 255;

/// A caller's key with the digest of what it was sent with.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey {
    /// Whose key it is, where that is not the actor.
    holder: Option<String>,
    key: String,
    request_hash: [u8; 32],
}

impl IdempotencyKey {
    /// The key of this request, if it has one. `content` is the body, or what stands for it alone: its digest.
    pub(crate) fn of(parts: &Parts, operation: &str, content: &[u8]) -> Result<Option<Self>, Problem> {
        let Some(key) = sent(parts, 1)? else { return Ok(None) };
        let mut digest = Sha256::new();
        for part in request(parts, operation, content) {
            digest.update(part);
        }
        Ok(Some(Self { holder: None, key: key.to_owned(), request_hash: digest.finalize().into() }))
    }

    /// A key of this holder, whoever the actor is.
    pub(crate) fn held_by(holder: String, key: String, request_hash: [u8; 32]) -> Self {
        Self { holder: Some(holder), key, request_hash }
    }

    fn holder(&self, tx: &TenantTx) -> String {
        self.holder.clone().unwrap_or_else(|| tx.context().actor().id.clone())
    }
}

/// The key that was sent, if one was, of at least `shortest` characters.
pub(crate) fn sent(parts: &Parts, shortest: usize) -> Result<Option<&str>, Problem> {
    let Some(value) = parts.headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if key.len() < shortest || key.len() > LONGEST_KEY {
        let message = format!("send {shortest} to {LONGEST_KEY} visible ASCII characters");
        return Err(Problem::new(ProblemKind::Malformed, "request.invalid_idempotency_key", &*message)
            .with_fields(vec![FieldError::new("#idempotency-key", "invalid", message)]));
    }
    Ok(Some(key))
}

/// What makes a request the same as another: its operation, its place and its content, each behind its length, which keeps
/// two different requests from reading alike.
pub(crate) fn request<'a>(
    parts: &'a Parts,
    operation: &'a str,
    content: &'a [u8],
) -> impl Iterator<Item = Vec<u8>> + 'a {
    let uri = parts.uri.path_and_query().map_or("", |path| path.as_str());
    [operation.as_bytes(), uri.as_bytes(), content].into_iter().map(|part| {
        let mut told = (part.len() as u64).to_be_bytes().to_vec();
        told.extend_from_slice(part);
        told
    })
}

/// Whether the key was used before.
pub(crate) enum Seen {
    /// Never: do the work.
    Never,
    /// With the same request: this was the answer.
    Before(Reply),
}

#[derive(sqlx::FromRow)]
struct Stored {
    request_hash: Vec<u8>,
    status: i16,
    headers: Json<Vec<(String, String)>>,
    body: Vec<u8>,
}

/// Claims the key for this transaction.
pub(crate) async fn claim(tx: &mut TenantTx, key: &IdempotencyKey) -> Result<Seen, Problem> {
    let (tenant, holder) = (tx.tenant_id().uuid(), key.holder(tx));
    // A request that was refused holds its key for the moment that its rollback takes, so this one waits a little.
    let locked = sqlx::query(
        "select set_config('lock_timeout', '250ms', true), pg_advisory_xact_lock(hashtextextended($1, 0)), \
         set_config('lock_timeout', '0', true)",
    )
    .bind(format!("idempotency {tenant} {holder} {}", key.key))
    .execute(tx.conn())
    .await
    .map_err(DbError::from);
    match locked {
        Ok(_) => {}
        Err(DbError::Contended(_)) => {
            let detail = "a request with this Idempotency-Key is being served";
            return Err(Problem::new(ProblemKind::Conflict, "request.in_progress", detail).retry_after(1));
        }
        Err(error) => return Err(error.into()),
    }
    let stored: Option<Stored> = sqlx::query_as(
        "select request_hash, status, headers, body from platform.idempotency_key \
         where tenant_id = $1 and actor_id = $2 and key = $3",
    )
    .bind(tenant)
    .bind(holder)
    .bind(&key.key)
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::from)?;
    match stored {
        None => Ok(Seen::Never),
        Some(stored) if stored.request_hash == key.request_hash => {
            let status = u16::try_from(stored.status).unwrap_or(500);
            Ok(Seen::Before(Reply::replayed(status, stored.headers.0, stored.body.into())))
        }
        Some(_) => {
            let detail = "this Idempotency-Key was used for another request";
            Err(Problem::new(ProblemKind::Invalid, "request.idempotency_key_reused", detail)
                .with_fields(vec![FieldError::new("#idempotency-key", "reused", detail)]))
        }
    }
}

/// Whether this very request of this actor was answered before.
pub(crate) async fn is_answered(
    tx: &mut impl TenantConnection,
    key: &IdempotencyKey,
    actor: &str,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let found: Option<i32> = sqlx::query_scalar(
        "select 1 from platform.idempotency_key \
         where tenant_id = $1 and actor_id = $2 and key = $3 and request_hash = $4",
    )
    .bind(tenant)
    .bind(actor)
    .bind(&key.key)
    .bind(&key.request_hash[..])
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// Stores the answer, in the transaction that does the work.
pub(crate) async fn remember(tx: &mut TenantTx, key: &IdempotencyKey, reply: &Reply) -> Result<(), DbError> {
    let (tenant, now, holder) = (tx.tenant_id().uuid(), tx.now(), key.holder(tx));
    sqlx::query(
        "insert into platform.idempotency_key \
         (tenant_id, actor_id, key, request_hash, status, headers, body, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(holder)
    .bind(&key.key)
    .bind(&key.request_hash[..])
    .bind(i16::try_from(reply.status()).unwrap_or(500))
    .bind(Json(reply.headers()))
    .bind(reply.body())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
