//! Table `iam.principal`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::org_unit::OrgUnitId;
use crate::model::principal::{Authority, Principal, PrincipalKind, Status};
use crate::model::profile::Profile;
use crate::store::contacts;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    status: String,
    authority: String,
    user_name: String,
    external_id: Option<String>,
    manager_id: Option<Uuid>,
    org_unit_id: Option<Uuid>,
    #[sqlx(flatten)]
    profile: Profile,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Principal {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of principal {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            kind: PrincipalKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            status: Status::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            authority: Authority::parse(&row.authority).ok_or_else(|| corrupt("authority"))?,
            user_name: row.user_name,
            external_id: row.external_id,
            manager: row.manager_id.map(Id::from_uuid),
            org_unit: row.org_unit_id.map(Id::from_uuid),
            profile: row.profile,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Which principals a list shows. What is none does not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only of this kind.
    pub(crate) kind: Option<PrincipalKind>,
    /// Only in this status; without it those that are deprovisioned are left out.
    pub(crate) status: Option<Status>,
    /// Only of this name.
    pub(crate) user_name: Option<String>,
    /// Only with this external id.
    pub(crate) external_id: Option<String>,
    /// Only with this mail address.
    pub(crate) email: Option<String>,
    /// Only in this unit or below it.
    pub(crate) org_unit: Option<OrgUnitId>,
    /// Only what the caller reaches; everything where it is none.
    pub(crate) reach: Option<Reach>,
}

/// Which principals a caller reaches: those of these units, and these.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// The units, each with all below it.
    pub(crate) org_units: Vec<Uuid>,
    /// Single principals.
    pub(crate) ids: Vec<Uuid>,
}

/// Enters a principal, at version 1, with its addresses and numbers.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Principal) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let profile = &new.profile;
    sqlx::query(
        "insert into iam.principal (tenant_id, id, kind, status, authority, user_name, external_id, manager_id, \
         org_unit_id, given_name, middle_name, family_name, formatted_name, honorific_prefix, honorific_suffix, \
         display_name, nick_name, title, user_type, employee_number, organization, department, preferred_language, \
         locale, timezone, description, version, created_at, created_by, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26, 1, $27, $28, $27)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.kind.as_str())
    .bind(new.status.as_str())
    .bind(new.authority.as_str())
    .bind(&new.user_name)
    .bind(&new.external_id)
    .bind(new.manager.map(Id::uuid))
    .bind(new.org_unit.map(Id::uuid))
    .bind(&profile.given_name)
    .bind(&profile.middle_name)
    .bind(&profile.family_name)
    .bind(&profile.formatted_name)
    .bind(&profile.honorific_prefix)
    .bind(&profile.honorific_suffix)
    .bind(&profile.display_name)
    .bind(&profile.nick_name)
    .bind(&profile.title)
    .bind(&profile.user_type)
    .bind(&profile.employee_number)
    .bind(&profile.organization)
    .bind(&profile.department)
    .bind(&profile.preferred_language)
    .bind(&profile.locale)
    .bind(&profile.timezone)
    .bind(&profile.description)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    contacts::replace(tx, new.id, profile).await
}

/// Stores all that may change of a principal but its status, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, changed: &Principal) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let profile = &changed.profile;
    sqlx::query(
        "update iam.principal set authority = $3, user_name = $4, external_id = $5, manager_id = $6, \
         org_unit_id = $7, given_name = $8, middle_name = $9, family_name = $10, formatted_name = $11, \
         honorific_prefix = $12, honorific_suffix = $13, display_name = $14, nick_name = $15, title = $16, \
         user_type = $17, employee_number = $18, organization = $19, department = $20, preferred_language = $21, \
         locale = $22, timezone = $23, description = $24, updated_at = $25, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(changed.authority.as_str())
    .bind(&changed.user_name)
    .bind(&changed.external_id)
    .bind(changed.manager.map(Id::uuid))
    .bind(changed.org_unit.map(Id::uuid))
    .bind(&profile.given_name)
    .bind(&profile.middle_name)
    .bind(&profile.family_name)
    .bind(&profile.formatted_name)
    .bind(&profile.honorific_prefix)
    .bind(&profile.honorific_suffix)
    .bind(&profile.display_name)
    .bind(&profile.nick_name)
    .bind(&profile.title)
    .bind(&profile.user_type)
    .bind(&profile.employee_number)
    .bind(&profile.organization)
    .bind(&profile.department)
    .bind(&profile.preferred_language)
    .bind(&profile.locale)
    .bind(&profile.timezone)
    .bind(&profile.description)
    .bind(now)
    .execute(tx.conn())
    .await?;
    contacts::replace(tx, changed.id, profile).await
}

/// Stores the status of a principal, and gives it its next version.
pub(crate) async fn set_status(tx: &mut TenantTx, id: PrincipalId, status: Status) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.principal set status = $3, updated_at = $4, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(status.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The principal with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: PrincipalId,
) -> Result<Option<Principal>, DbError> {
    Ok(load(tx, &[id.uuid()]).await?.pop())
}

/// The principal with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PrincipalId) -> Result<Option<Principal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from iam.principal where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// At most `limit` principals that come after `after`, a user name in lower case and an id, by user name.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    filter: &Filter,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<Principal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from iam.principal p where tenant_id = $1 \
         and ($2::text is null or kind = $2) \
         and (status = $3 or ($3::text is null and status <> 'deprovisioned')) \
         and ($4::text is null or lower(user_name) = lower($4)) \
         and ($5::text is null or external_id = $5) \
         and ($6::text is null or exists (select 1 from iam.principal_contact c where c.tenant_id = $1 \
             and c.principal_id = p.id and c.kind = 'email' and lower(c.value) = lower($6))) \
         and ($7::uuid is null or org_unit_id in (select below.id from iam.org_unit top join iam.org_unit below \
             on below.tenant_id = top.tenant_id and below.path >= top.path and below.path < top.path || 'g' \
             where top.tenant_id = $1 and top.id = $7)) \
         and ($8::text is null or (lower(user_name), id) > ($8, $9)) \
         and ($11::uuid[] is null or org_unit_id = any($11) or id = any($12)) \
         order by lower(user_name), id limit $10",
    )
    .bind(tenant)
    .bind(filter.kind.map(PrincipalKind::as_str))
    .bind(filter.status.map(Status::as_str))
    .bind(&filter.user_name)
    .bind(&filter.external_id)
    .bind(&filter.email)
    .bind(filter.org_unit.map(Id::uuid))
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .bind(filter.reach.as_ref().map(|reach| &reach.org_units))
    .bind(filter.reach.as_ref().map(|reach| &reach.ids))
    .fetch_all(tx.conn())
    .await?;
    let mut found = load(tx, &ids).await?;
    let place = |principal: &Principal| ids.iter().position(|id| *id == principal.id.uuid());
    found.sort_by_key(place);
    Ok(found)
}

/// The key of a principal in [`list`].
pub(crate) async fn sort_key(
    tx: &mut impl TenantConnection,
    id: PrincipalId,
) -> Result<(String, Uuid), DbError> {
    let tenant = tx.tenant_id().uuid();
    // The database's idea of lower case, which the index has.
    let name =
        sqlx::query_scalar("select lower(user_name) from iam.principal where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_one(tx.conn())
            .await?;
    Ok((name, id.uuid()))
}

/// The principals with these ids, as far as they exist, in no order.
pub(crate) async fn load(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<Principal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, kind, status, authority, user_name, external_id, manager_id, org_unit_id, given_name, \
         middle_name, family_name, formatted_name, honorific_prefix, honorific_suffix, display_name, nick_name, \
         title, user_type, employee_number, organization, department, preferred_language, locale, timezone, \
         description, version, created_at, updated_at \
         from iam.principal where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let mut principals = rows.into_iter().map(Principal::try_from).collect::<Result<Vec<_>, _>>()?;
    contacts::add_to(tx, &mut principals).await?;
    Ok(principals)
}
