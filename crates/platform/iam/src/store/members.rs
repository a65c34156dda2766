//! Tables `iam.group_member` and `iam.group_child`: who is in which group.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::group::{GroupId, Member, MemberRef};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    name: String,
    added_at: DateTime<Utc>,
}

/// Adds a member. Gives back whether it was none before.
pub(crate) async fn insert(tx: &mut TenantTx, group: GroupId, member: MemberRef) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let (statement, id) = match member {
        MemberRef::Principal(id) => (
            "insert into iam.group_member (tenant_id, group_id, principal_id, added_at, added_by) \
             values ($1, $2, $3, $4, $5) on conflict (tenant_id, group_id, principal_id) do nothing",
            id.uuid(),
        ),
        MemberRef::Group(id) => (
            "insert into iam.group_child (tenant_id, group_id, child_id, added_at, added_by) \
             values ($1, $2, $3, $4, $5) on conflict (tenant_id, group_id, child_id) do nothing",
            id.uuid(),
        ),
    };
    let added = sqlx::query(statement)
        .bind(tenant)
        .bind(group.uuid())
        .bind(id)
        .bind(now)
        .bind(actor)
        .execute(tx.conn())
        .await?;
    Ok(added.rows_affected() > 0)
}

/// Removes a member, a principal or a group. Gives back whether it was one.
pub(crate) async fn delete(tx: &mut TenantTx, group: GroupId, member: Uuid) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let mut gone = 0;
    for statement in [
        "delete from iam.group_member where tenant_id = $1 and group_id = $2 and principal_id = $3",
        "delete from iam.group_child where tenant_id = $1 and group_id = $2 and child_id = $3",
    ] {
        let done = sqlx::query(statement).bind(tenant).bind(group.uuid()).bind(member);
        gone += done.execute(tx.conn()).await?.rows_affected();
    }
    Ok(gone > 0)
}

/// Takes a group out of all that it is in, and all members out of it.
pub(crate) async fn delete_all(tx: &mut TenantTx, group: GroupId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    for statement in [
        "delete from iam.group_member where tenant_id = $1 and group_id = $2",
        "delete from iam.group_child where tenant_id = $1 and (group_id = $2 or child_id = $2)",
    ] {
        sqlx::query(statement).bind(tenant).bind(group.uuid()).execute(tx.conn()).await?;
    }
    Ok(())
}

/// At most `limit` direct members of a group whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    group: GroupId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Member>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select all_members.id, all_members.kind, all_members.name, all_members.added_at from ( \
             select p.id, p.kind, p.user_name as name, m.added_at from iam.group_member m \
             join iam.principal p on p.tenant_id = m.tenant_id and p.id = m.principal_id \
             where m.tenant_id = $1 and m.group_id = $2 and p.status <> 'deprovisioned' \
             union all \
             select g.id, 'group', g.display_name, c.added_at from iam.group_child c \
             join iam.principal_group g on g.tenant_id = c.tenant_id and g.id = c.child_id \
             where c.tenant_id = $1 and c.group_id = $2) all_members \
         where $3::uuid is null or all_members.id > $3 order by all_members.id limit $4",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    let member = |row: Row| Member { id: row.id, kind: row.kind, name: row.name, added_at: row.added_at };
    Ok(rows.into_iter().map(member).collect())
}

/// The groups that a group is in, through any number of others, itself included.
pub(crate) async fn groups_above(
    tx: &mut impl TenantConnection,
    group: GroupId,
) -> Result<Vec<GroupId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "with recursive above (id) as ( \
             select $2::uuid \
             union \
             select c.group_id from iam.group_child c join above on c.tenant_id = $1 and c.child_id = above.id) \
         select id from above",
    )
    .bind(tenant)
    .bind(group.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// The principals in a group, through any number of others.
pub(crate) async fn principals_in(
    tx: &mut impl TenantConnection,
    group: GroupId,
) -> Result<Vec<PrincipalId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "with recursive below (id) as ( \
             select $2::uuid \
             union \
             select c.child_id from iam.group_child c join below on c.tenant_id = $1 and c.group_id = below.id) \
         select distinct m.principal_id from iam.group_member m join below \
         on m.tenant_id = $1 and m.group_id = below.id",
    )
    .bind(tenant)
    .bind(group.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// Takes a principal out of all groups that it is in directly.
pub(crate) async fn leave_all(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.group_member where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(principal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The direct members of groups, as far as SCIM knows them, people and groups: group, id, and whether it is a group.
pub(crate) async fn of_directory(
    tx: &mut impl TenantConnection,
    groups: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, bool)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select m.group_id, p.id, false from iam.group_member m \
         join iam.principal p on p.tenant_id = m.tenant_id and p.id = m.principal_id \
         where m.tenant_id = $1 and m.group_id = any($2) and p.kind = 'user' and p.status <> 'deprovisioned' \
         union all \
         select c.group_id, c.child_id, true from iam.group_child c \
         where c.tenant_id = $1 and c.group_id = any($2) order by 1, 2",
    )
    .bind(tenant)
    .bind(groups)
    .fetch_all(tx.conn())
    .await?)
}

/// The groups that principals are in directly: principal, id of the group, and its name.
pub(crate) async fn groups_of_directory(
    tx: &mut impl TenantConnection,
    principals: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select m.principal_id, g.id, g.display_name from iam.group_member m \
         join iam.principal_group g on g.tenant_id = m.tenant_id and g.id = m.group_id \
         where m.tenant_id = $1 and m.principal_id = any($2) order by m.principal_id, g.id",
    )
    .bind(tenant)
    .bind(principals)
    .fetch_all(tx.conn())
    .await?)
}

/// Adds members that are none yet.
pub(crate) async fn insert_all(
    tx: &mut TenantTx,
    group: GroupId,
    members: &[MemberRef],
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let (mut people, mut groups) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            MemberRef::Principal(id) => people.push(id.uuid()),
            MemberRef::Group(id) => groups.push(id.uuid()),
        }
    }
    for (statement, ids) in [
        (
            "insert into iam.group_member (tenant_id, group_id, principal_id, added_at, added_by) \
             select $1, $2, new.id, $4, $5 from unnest($3::uuid[]) as new (id)",
            people,
        ),
        (
            "insert into iam.group_child (tenant_id, group_id, child_id, added_at, added_by) \
             select $1, $2, new.id, $4, $5 from unnest($3::uuid[]) as new (id)",
            groups,
        ),
    ] {
        let insert = sqlx::query(statement).bind(tenant).bind(group.uuid()).bind(ids).bind(now);
        insert.bind(&actor).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Removes members, principals and groups.
pub(crate) async fn delete_these(tx: &mut TenantTx, group: GroupId, ids: &[Uuid]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    for statement in [
        "delete from iam.group_member where tenant_id = $1 and group_id = $2 and principal_id = any($3)",
        "delete from iam.group_child where tenant_id = $1 and group_id = $2 and child_id = any($3)",
    ] {
        sqlx::query(statement).bind(tenant).bind(group.uuid()).bind(ids).execute(tx.conn()).await?;
    }
    Ok(())
}
