//! Accounts ask who somebody is; identity and access answers.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_accounts::ports::{People, Person};
use athyper_iam::{PersonRecord, person_by_id, person_by_login};
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use sqlx::PgConnection;

struct Principals;

/// Who knows the persons of a tenant.
pub fn people() -> Arc<dyn People> {
    Arc::new(Principals)
}

fn person(record: PersonRecord) -> Person {
    Person { id: record.id, login: record.user_name, mail: record.email, is_active: record.is_active }
}

#[async_trait]
impl People for Principals {
    async fn by_login(
        &self,
        conn: &mut PgConnection,
        context: &TenantContext,
        login: &str,
    ) -> Result<Option<Person>, Problem> {
        Ok(person_by_login(conn, context.tenant_id(), login).await?.map(person))
    }

    async fn by_id(
        &self,
        conn: &mut PgConnection,
        context: &TenantContext,
        id: PrincipalId,
    ) -> Result<Option<Person>, Problem> {
        Ok(person_by_id(conn, context.tenant_id(), id).await?.map(person))
    }
}
