//! Table `iam.role_binding`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::binding::{BindingId, RoleBinding, Scope, Subject};
use crate::model::group::GroupId;
use crate::model::role::RoleId;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    principal_id: Option<Uuid>,
    group_id: Option<Uuid>,
    role_id: Uuid,
    scope_kind: String,
    org_unit_id: Option<Uuid>,
    module: Option<String>,
    record_type: Option<String>,
    record_id: Option<Uuid>,
    reason: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    created_by: String,
    version: i64,
}

impl TryFrom<Row> for RoleBinding {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("role binding {}", row.id));
        let subject = match (row.principal_id, row.group_id) {
            (Some(id), None) => Subject::Principal(Id::from_uuid(id)),
            (None, Some(id)) => Subject::Group(Id::from_uuid(id)),
            _ => return Err(corrupt()),
        };
        let scope =
            match (row.scope_kind.as_str(), row.org_unit_id, row.module, row.record_type, row.record_id) {
                ("tenant", ..) => Scope::Tenant,
                ("org_unit", Some(id), ..) => Scope::OrgUnit { id: Id::from_uuid(id) },
                ("module", _, Some(module), ..) => Scope::Module { module },
                ("record", _, _, Some(record_type), Some(id)) => Scope::Record { record_type, id },
                _ => return Err(corrupt()),
            };
        Ok(Self {
            id: Id::from_uuid(row.id),
            subject,
            role: Id::from_uuid(row.role_id),
            role_key: None,
            scope,
            reason: row.reason,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Enters a binding, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &RoleBinding) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (principal, group) = match new.subject {
        Subject::Principal(id) => (Some(id.uuid()), None),
        Subject::Group(id) => (None, Some(id.uuid())),
    };
    let (mut org_unit, mut module, mut record_type, mut record_id) = (None, None, None, None);
    match &new.scope {
        Scope::Tenant => {}
        Scope::OrgUnit { id } => org_unit = Some(id.uuid()),
        Scope::Module { module: name } => module = Some(name),
        Scope::Record { record_type: kind, id } => (record_type, record_id) = (Some(kind), Some(*id)),
    }
    sqlx::query(
        "insert into iam.role_binding (tenant_id, id, principal_id, group_id, role_id, scope_kind, org_unit_id, \
         module, record_type, record_id, reason, expires_at, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(principal)
    .bind(group)
    .bind(new.role.uuid())
    .bind(new.scope.kind())
    .bind(org_unit)
    .bind(module)
    .bind(record_type)
    .bind(record_id)
    .bind(&new.reason)
    .bind(new.expires_at)
    .bind(new.created_at)
    .bind(&new.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends bindings that have not ended, and gives each its next version.
pub(crate) async fn end(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update iam.role_binding set ended_at = $3, ended_by = $4, version = version + 1 \
         where tenant_id = $1 and id = any($2) and ended_at is null",
    )
    .bind(tenant)
    .bind(ids)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose bindings, or of which role.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// Of these principals themselves.
    pub(crate) principals: Vec<Uuid>,
    /// Of these groups.
    pub(crate) groups: Vec<Uuid>,
    /// Of this role.
    pub(crate) role: Option<RoleId>,
    /// Of any.
    pub(crate) all: bool,
}

/// The bindings that hold at this moment, oldest first.
pub(crate) async fn active(
    tx: &mut impl TenantConnection,
    now: DateTime<Utc>,
    which: &Which,
) -> Result<Vec<RoleBinding>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, principal_id, group_id, role_id, scope_kind, org_unit_id, module, record_type, record_id, \
         reason, expires_at, ended_at, created_at, created_by, version from iam.role_binding \
         where tenant_id = $1 and ended_at is null and (expires_at is null or expires_at > $2) \
         and (principal_id = any($3) or group_id = any($4) or role_id = $5 or $6) order by id",
    )
    .bind(tenant)
    .bind(now)
    .bind(&which.principals)
    .bind(&which.groups)
    .bind(which.role.map(Id::uuid))
    .bind(which.all)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(RoleBinding::try_from).collect()
}

/// The binding with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: BindingId) -> Result<Option<RoleBinding>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from iam.role_binding where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// The binding with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: BindingId,
) -> Result<Option<RoleBinding>, DbError> {
    Ok(load(tx, &[id.uuid()]).await?.pop())
}

/// Which bindings a list shows. What is none does not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only of this principal itself.
    pub(crate) principal: Option<PrincipalId>,
    /// Only of this group.
    pub(crate) group: Option<GroupId>,
    /// Only of this role.
    pub(crate) role: Option<RoleId>,
    /// Also those that have ended or run out.
    pub(crate) with_past: bool,
}

/// At most `limit` bindings whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    now: DateTime<Utc>,
    filter: &Filter,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<RoleBinding>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, principal_id, group_id, role_id, scope_kind, org_unit_id, module, record_type, record_id, \
         reason, expires_at, ended_at, created_at, created_by, version from iam.role_binding \
         where tenant_id = $1 and ($2::uuid is null or principal_id = $2) and ($3::uuid is null or group_id = $3) \
         and ($4::uuid is null or role_id = $4) \
         and ($5 or (ended_at is null and (expires_at is null or expires_at > $6))) \
         and ($7::uuid is null or id > $7) order by id limit $8",
    )
    .bind(tenant)
    .bind(filter.principal.map(Id::uuid))
    .bind(filter.group.map(Id::uuid))
    .bind(filter.role.map(Id::uuid))
    .bind(filter.with_past)
    .bind(now)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(RoleBinding::try_from).collect()
}

/// How many people administer the tenant for good: active users with this role in the whole tenant and without an end, by
/// themselves or by a group.
pub(crate) async fn count_lasting(tx: &mut impl TenantConnection, role: RoleId) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with recursive bound as ( \
             select principal_id, group_id from iam.role_binding where tenant_id = $1 and role_id = $2 \
             and scope_kind = 'tenant' and ended_at is null and expires_at is null), \
         below (id) as ( \
             select group_id from bound where group_id is not null \
             union \
             select c.child_id from iam.group_child c join below on c.tenant_id = $1 and c.group_id = below.id) \
         select count(*) from iam.principal p where p.tenant_id = $1 and p.kind = 'user' and p.status = 'active' \
         and (p.id in (select principal_id from bound) or exists (select 1 from iam.group_member m \
             where m.tenant_id = $1 and m.principal_id = p.id and m.group_id in (select id from below)))",
    )
    .bind(tenant)
    .bind(role.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// Ends all bindings of a principal itself.
pub(crate) async fn end_of(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let now = tx.now();
    let which = Which { principals: vec![principal.uuid()], ..Which::default() };
    let ids: Vec<Uuid> = active(tx, now, &which).await?.iter().map(|binding| binding.id.uuid()).collect();
    end(tx, &ids).await
}

/// Lets a binding hold again that the same transaction ended.
pub(crate) async fn take_up(tx: &mut TenantTx, id: Uuid) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update iam.role_binding set ended_at = null, ended_by = null, version = version - 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The bindings with these ids, as far as they exist, in no order.
pub(crate) async fn load(
    tx: &mut (impl TenantConnection + ?Sized),
    ids: &[Uuid],
) -> Result<Vec<RoleBinding>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, principal_id, group_id, role_id, scope_kind, org_unit_id, module, record_type, record_id, \
         reason, expires_at, ended_at, created_at, created_by, version from iam.role_binding \
         where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(RoleBinding::try_from).collect()
}
