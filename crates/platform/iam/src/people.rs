//! The persons of a tenant, as domains that sign people in ask for them.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::{PrincipalId, TenantId};
use sqlx::PgConnection;

use crate::store::people;

/// A person of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRecord {
    /// Id of the principal.
    pub id: PrincipalId,
    /// User name.
    pub user_name: String,
    /// Primary mail address, else the first one.
    pub email: Option<String>,
    /// Whether the person may sign in.
    pub is_active: bool,
}

/// The person of this user name, else the only one with this mail address, in any spelling of case. The connection is one of
/// a transaction of the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn person_by_login(
    conn: &mut PgConnection,
    tenant: TenantId,
    login: &str,
) -> Result<Option<PersonRecord>, DbError> {
    people::by_login(conn, tenant, login).await
}

/// The person with this id; none who is deprovisioned.
///
/// # Errors
/// When the database does not answer.
pub async fn person_by_id(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: PrincipalId,
) -> Result<Option<PersonRecord>, DbError> {
    people::by_id(conn, tenant, id).await
}

/// All names by which the trail knows the person that this subject or id is of: the id of the principal and the subjects of
/// its links. Only the name itself where it is of nobody, or of more than one.
///
/// # Errors
/// When the database does not answer.
pub async fn names_of_person(tx: &mut TenantTx, name: &str) -> Result<Vec<String>, DbError> {
    let mut names = people::names(tx, name).await?;
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
    Ok(names)
}
