//! Who comes by a provider of the tenant: by link, and by mail address.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

use crate::model::group::GroupId;

/// Most people with one mail address that are looked at: two say already that it is nobody's own.
const MOST: i64 = 10;

/// The principal that a subject of a provider is linked to.
pub(crate) async fn linked(
    tx: &mut impl TenantConnection,
    provider: &str,
    subject: &str,
) -> Result<Option<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select principal_id from iam.principal_link where tenant_id = $1 and provider = $2 and subject = $3",
    )
    .bind(tenant)
    .bind(provider)
    .bind(subject)
    .fetch_optional(tx.conn())
    .await?)
}

/// Principals with a mail address or a user name that is one, also those that are gone. Case does not count.
pub(crate) async fn by_mail(tx: &mut impl TenantConnection, mail: &str) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select p.id from iam.principal p where p.tenant_id = $1 and (lower(p.user_name) = lower($2) \
         or exists (select 1 from iam.principal_contact c where c.tenant_id = p.tenant_id \
             and c.principal_id = p.id and c.kind = 'email' and lower(c.value) = lower($2))) \
         order by p.id desc limit $3",
    )
    .bind(tenant)
    .bind(mail)
    .bind(MOST)
    .fetch_all(tx.conn())
    .await?)
}

/// Whether a principal is in a group itself.
pub(crate) async fn is_member(
    tx: &mut impl TenantConnection,
    group: GroupId,
    principal: PrincipalId,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from iam.group_member where tenant_id = $1 and group_id = $2 and principal_id = $3)",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(principal.uuid())
    .fetch_one(tx.conn())
    .await?)
}
