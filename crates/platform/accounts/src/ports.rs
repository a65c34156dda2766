//! What this domain asks of others: who somebody is, and what becomes of a sign-in.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use axum::http::{HeaderMap, HeaderValue};
use sqlx::PgConnection;
use uuid::Uuid;

/// A person of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Id.
    pub id: PrincipalId,
    /// Name by which the person signs in.
    pub login: String,
    /// Address that mail goes to; nothing can be sent without.
    pub mail: Option<String>,
    /// Whether the person may sign in.
    pub is_active: bool,
}

/// Knows the persons of a tenant. The domain that keeps them implements it.
#[async_trait]
pub trait People: Send + Sync {
    /// The person who signs in by this name or mail address, in any spelling of case.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn by_login(
        &self,
        conn: &mut PgConnection,
        context: &TenantContext,
        login: &str,
    ) -> Result<Option<Person>, Problem>;

    /// The person with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn by_id(
        &self,
        conn: &mut PgConnection,
        context: &TenantContext,
        id: PrincipalId,
    ) -> Result<Option<Person>, Problem>;
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// By a password.
    Password,
    /// By a password and a second factor.
    SecondFactor,
}

/// A sign-in that succeeded.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who it is.
    pub person: Person,
    /// How that was proved.
    pub strength: Strength,
    /// Address that the request came from.
    pub address: Option<IpAddr>,
}

/// A session that was started.
#[derive(Debug, Default)]
pub struct Started {
    /// The cookies that the answer sets.
    pub cookies: Vec<HeaderValue>,
    /// Id of the session, as [`Caller`](athyper_kernel_http::Caller)s of it show it; where there is one, the second factor of
    /// the sign-in counts as fresh in it.
    pub session: Option<Uuid>,
}

/// Starts and ends sessions. The domain that keeps them implements it.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Starts a session, in the transaction of the sign-in. `headers` are those of the request.
    ///
    /// # Errors
    /// When no session can be started; then the sign-in has not happened.
    async fn start(
        &self,
        tx: &mut TenantTx,
        signed_in: &SignedIn,
        headers: &HeaderMap,
    ) -> Result<Started, Problem>;

    /// Ends all sessions of a person, as part of the transaction.
    ///
    /// # Errors
    /// When that cannot be done; then nothing of the transaction may be kept.
    async fn end_all(&self, tx: &mut TenantTx, person: PrincipalId, reason: &str) -> Result<(), Problem>;
}

impl fmt::Debug for dyn People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("People")
    }
}

impl fmt::Debug for dyn Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}
