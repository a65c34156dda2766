//! Generations: a counter for each realm, tenant, person and provider. Sessions that were born before it moved have ended, however many.

use std::borrow::Cow;

use athyper_kernel_db::{DbError, SystemTx, TenantTx, announce, announce_for};
use athyper_kernel_types::{PLATFORM_TENANT, TenantId};
use uuid::Uuid;

use crate::error::Error;
use crate::model::session::Generations;

/// Topic of changes of generations.
pub(crate) const TOPIC: &str = "security.generation";

/// What a generation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope<'r> {
    /// A realm; the platform's own.
    Realm(&'r str),
    /// The tenant.
    Tenant,
    /// A person in the tenant.
    Subject(&'r str),
    /// A provider of the tenant.
    Provider(Uuid),
}

impl<'r> Scope<'r> {
    fn parts(self) -> (&'static str, Cow<'r, str>) {
        match self {
            Self::Realm(realm_key) => ("realm", realm_key.into()),
            Self::Tenant => ("tenant", "".into()),
            Self::Subject(subject) => ("subject", subject.into()),
            Self::Provider(id) => ("provider", id.to_string().into()),
        }
    }

    /// The key of a change, and of what is kept in memory.
    pub(crate) fn key(self) -> String {
        let (scope, name) = self.parts();
        format!("{scope} {name}")
    }

    /// Whose row it is.
    pub(crate) fn owner(self, tenant: TenantId) -> TenantId {
        if matches!(self, Self::Realm(_)) { PLATFORM_TENANT } else { tenant }
    }
}

const NEXT: &str = "insert into security.generation as present (tenant_id, scope, name, value, reason, changed_at) \
     values ($1, $2, $3, 1, $4, $5) on conflict (tenant_id, scope, name) \
     do update set value = present.value + 1, reason = excluded.reason, changed_at = excluded.changed_at";

/// Moves the generation of the tenant, or of one of its persons or providers, on.
pub(crate) async fn advance(tx: &mut TenantTx, scope: Scope<'_>, reason: &str) -> Result<(), DbError> {
    let (kind, name) = scope.parts();
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query(NEXT)
        .bind(tenant.uuid())
        .bind(kind)
        .bind(&*name)
        .bind(reason)
        .bind(now)
        .execute(tx.conn())
        .await?;
    announce(tx, TOPIC, &scope.key()).await
}

/// Moves the generation of a realm on.
pub(crate) async fn advance_realm(tx: &mut SystemTx, realm_key: &str, reason: &str) -> Result<(), DbError> {
    let scope = Scope::Realm(realm_key);
    let (kind, name) = scope.parts();
    let now = tx.now();
    sqlx::query(NEXT)
        .bind(PLATFORM_TENANT.uuid())
        .bind(kind)
        .bind(&*name)
        .bind(reason)
        .bind(now)
        .execute(tx.conn())
        .await?;
    announce_for(tx, PLATFORM_TENANT, TOPIC, &scope.key()).await
}

/// One generation; nought where it never moved.
pub(crate) async fn find(tx: &mut SystemTx, tenant: TenantId, scope: Scope<'_>) -> Result<i64, Error> {
    let (kind, name) = scope.parts();
    let value: Option<i64> = sqlx::query_scalar(
        "select value from security.generation where tenant_id = $1 and scope = $2 and name = $3",
    )
    .bind(scope.owner(tenant).uuid())
    .bind(kind)
    .bind(&*name)
    .fetch_optional(tx.conn())
    .await?;
    Ok(value.unwrap_or_default())
}

/// Those that a session of this person depends on, begun by this provider where there is one.
pub(crate) async fn all(
    tx: &mut SystemTx,
    tenant: TenantId,
    realm_key: &str,
    subject: &str,
    provider: Option<Uuid>,
) -> Result<Generations, Error> {
    let of_provider = match provider {
        Some(id) => find(tx, tenant, Scope::Provider(id)).await?,
        None => 0,
    };
    Ok(Generations {
        realm: find(tx, tenant, Scope::Realm(realm_key)).await?,
        tenant: find(tx, tenant, Scope::Tenant).await?,
        subject: find(tx, tenant, Scope::Subject(subject)).await?,
        provider: of_provider,
    })
}
