//! Table `iam.org_unit`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::model::org_unit::{OrgUnit, OrgUnitId, Path};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    parent_id: Option<Uuid>,
    path: String,
    code: String,
    name: String,
    version: i64,
}

impl From<Row> for OrgUnit {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            parent: row.parent_id.map(Id::from_uuid),
            code: row.code,
            name: row.name,
            path: Path::stored(row.path),
            version: row.version,
        }
    }
}

/// Enters a unit, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &OrgUnit) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into iam.org_unit (tenant_id, id, parent_id, path, code, name, version, created_at, created_by, \
         updated_at) values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $7)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.parent.map(Id::uuid))
    .bind(new.path.as_str())
    .bind(&new.code)
    .bind(&new.name)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores code and name of a unit, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, changed: &OrgUnit) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.org_unit set code = $3, name = $4, updated_at = $5, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(&changed.code)
    .bind(&changed.name)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts a unit, with all below it, under another or makes it a root; `from` is its path until now.
pub(crate) async fn move_to(tx: &mut TenantTx, moved: &OrgUnit, from: &Path) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.org_unit set path = $3 || substr(path, char_length($4) + 1) \
         where tenant_id = $1 and path >= $4 and path < $4 || 'g' and id <> $2",
    )
    .bind(tenant)
    .bind(moved.id.uuid())
    .bind(moved.path.as_str())
    .bind(from.as_str())
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update iam.org_unit set parent_id = $3, path = $4, updated_at = $5, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(moved.id.uuid())
    .bind(moved.parent.map(Id::uuid))
    .bind(moved.path.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a unit that nothing refers to.
pub(crate) async fn delete(tx: &mut TenantTx, id: OrgUnitId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.org_unit where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The unit with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: OrgUnitId) -> Result<Option<OrgUnit>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, parent_id, path, code, name, version from iam.org_unit where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(OrgUnit::from))
}

/// At most `limit` units whose path comes after `after`, so that each comes behind the one above it; those below `within`,
/// itself included, where that is given.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    within: Option<&Path>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<OrgUnit>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, parent_id, path, code, name, version from iam.org_unit where tenant_id = $1 \
         and ($2::text is null or (path >= $2 and path < $2 || 'g')) and ($3::text is null or path > $3) \
         order by path limit $4",
    )
    .bind(tenant)
    .bind(within.map(Path::as_str))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(OrgUnit::from).collect())
}

/// How many units the longest way from a unit down to one below it has, itself included.
pub(crate) async fn height(tx: &mut impl TenantConnection, unit: &OrgUnit) -> Result<usize, DbError> {
    let tenant = tx.tenant_id().uuid();
    let deepest: Option<i32> = sqlx::query_scalar(
        "select max(char_length(path) / 33)::int4 from iam.org_unit where tenant_id = $1 and path >= $2 and path < $2 || 'g'",
    )
    .bind(tenant)
    .bind(unit.path.as_str())
    .fetch_one(tx.conn())
    .await?;
    let deepest = usize::try_from(deepest.unwrap_or_default()).unwrap_or_default();
    Ok((deepest + 1).saturating_sub(unit.path.depth()))
}

/// For each of these units, itself and all below it.
pub(crate) async fn subtrees(
    tx: &mut impl TenantConnection,
    roots: &[Uuid],
) -> Result<HashMap<Uuid, Arc<HashSet<Uuid>>>, DbError> {
    if roots.is_empty() {
        return Ok(HashMap::new());
    }
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select top.id, below.id from iam.org_unit top join iam.org_unit below \
         on below.tenant_id = top.tenant_id and below.path >= top.path and below.path < top.path || 'g' \
         where top.tenant_id = $1 and top.id = any($2)",
    )
    .bind(tenant)
    .bind(roots)
    .fetch_all(tx.conn())
    .await?;
    let mut trees: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (top, below) in rows {
        trees.entry(top).or_default().insert(below);
    }
    Ok(trees.into_iter().map(|(top, below)| (top, Arc::new(below))).collect())
}
