//! Table `iam.principal_contact`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

use crate::model::principal::Principal;
use crate::model::profile::{Contact, Profile};

#[derive(sqlx::FromRow)]
struct Row {
    principal_id: Uuid,
    kind: String,
    value: String,
    #[sqlx(rename = "type")]
    contact_type: Option<String>,
    is_primary: bool,
}

/// Stores the addresses and numbers of a principal in the place of those that it had.
pub(crate) async fn replace(tx: &mut TenantTx, id: PrincipalId, profile: &Profile) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.principal_contact where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    let emails = profile.emails.iter().enumerate().map(|(place, one)| ("email", place, one));
    let phones = profile.phones.iter().enumerate().map(|(place, one)| ("phone", place, one));
    let all: Vec<(&str, usize, &Contact)> = emails.chain(phones).collect();
    if all.is_empty() {
        return Ok(());
    }
    let place = |place: usize| i16::try_from(place).unwrap_or(i16::MAX);
    sqlx::query(
        "insert into iam.principal_contact (tenant_id, principal_id, kind, position, value, type, is_primary) \
         select $1, $2, new.kind, new.position, new.value, new.type, new.is_primary \
         from unnest($3::text[], $4::smallint[], $5::text[], $6::text[], $7::bool[]) \
         as new (kind, position, value, type, is_primary)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(all.iter().map(|(kind, _, _)| *kind).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, at, _)| place(*at)).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, _, contact)| contact.value.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, _, contact)| contact.kind.as_deref()).collect::<Vec<_>>())
    .bind(all.iter().map(|(_, _, contact)| contact.primary).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds to principals the addresses and numbers that they have.
pub(crate) async fn add_to(
    tx: &mut impl TenantConnection,
    principals: &mut [Principal],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select principal_id, kind, value, type, is_primary from iam.principal_contact \
         where tenant_id = $1 and principal_id = any($2) order by principal_id, kind, position",
    )
    .bind(tenant)
    .bind(principals.iter().map(|principal| principal.id.uuid()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let contact = Contact { value: row.value, kind: row.contact_type, primary: row.is_primary };
        if let Some(owner) = principals.iter_mut().find(|one| one.id.uuid() == row.principal_id) {
            let profile = &mut owner.profile;
            let list = if row.kind == "email" { &mut profile.emails } else { &mut profile.phones };
            list.push(contact);
        }
    }
    Ok(())
}
