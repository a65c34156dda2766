//! Table `federation.gift`: what mappings gave to whom.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

use crate::error::Error;
use crate::model::mapping::MappingId;
use crate::model::provider::ProviderId;
use crate::ports::Given;

/// A gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) mapping: MappingId,
    pub(crate) person: PrincipalId,
    pub(crate) given: Given,
}

#[derive(sqlx::FromRow)]
struct Row {
    mapping_id: Uuid,
    principal_id: Uuid,
    kind: String,
    target_id: Uuid,
}

impl TryFrom<Row> for Gift {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let given = match row.kind.as_str() {
            "group" => Given::Group(row.target_id),
            "binding" => Given::Binding(row.target_id),
            other => return Err(DbError::Corrupt(format!("gift of kind {other}"))),
        };
        let (mapping, person) = (Id::from_uuid(row.mapping_id), Id::from_uuid(row.principal_id));
        Ok(Self { mapping, person, given })
    }
}

/// Notes what was given.
pub(crate) async fn insert(tx: &mut TenantTx, provider: ProviderId, gift: &Gift) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let (kind, target) = match gift.given {
        Given::Group(id) => ("group", id),
        Given::Binding(id) => ("binding", id),
    };
    sqlx::query(
        "insert into federation.gift (tenant_id, mapping_id, principal_id, provider_id, kind, target_id, given_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(gift.mapping.uuid())
    .bind(gift.person.uuid())
    .bind(provider.uuid())
    .bind(kind)
    .bind(target)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a provider gave to a person.
pub(crate) async fn of_person(
    tx: &mut impl TenantConnection,
    provider: ProviderId,
    person: PrincipalId,
) -> Result<Vec<Gift>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select mapping_id, principal_id, kind, target_id from federation.gift \
         where tenant_id = $1 and provider_id = $2 and principal_id = $3 order by mapping_id",
    )
    .bind(tenant)
    .bind(provider.uuid())
    .bind(person.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Gift::try_from).collect()
}

/// What a mapping gave to anybody.
pub(crate) async fn of_mapping(
    tx: &mut impl TenantConnection,
    mapping: MappingId,
) -> Result<Vec<Gift>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select mapping_id, principal_id, kind, target_id from federation.gift \
         where tenant_id = $1 and mapping_id = $2 order by principal_id",
    )
    .bind(tenant)
    .bind(mapping.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Gift::try_from).collect()
}

/// Forgets what a mapping gave, to one person or to all.
pub(crate) async fn delete(
    tx: &mut TenantTx,
    mapping: MappingId,
    person: Option<PrincipalId>,
) -> Result<(), Error> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "delete from federation.gift where tenant_id = $1 and mapping_id = $2 \
         and ($3::uuid is null or principal_id = $3)",
    )
    .bind(tenant)
    .bind(mapping.uuid())
    .bind(person.map(Id::uuid))
    .execute(tx.conn())
    .await?;
    Ok(())
}
