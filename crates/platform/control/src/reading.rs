//! Whether an operator may read in a tenant: asked by the edge at each of their requests.

use async_trait::async_trait;
use athyper_kernel_db::Database;
use athyper_kernel_error::Problem;
use athyper_kernel_http::OperatorAccess;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::TenantId;

use crate::store::elevations;

/// Lets an operator read in a tenant for as long as one of their elevations names it. It asks the database each time:
/// operators are few, and an elevation that was ended has ended.
#[derive(Clone, Debug)]
pub struct Reading {
    database: Database,
}

impl Reading {
    /// Elevations in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl OperatorAccess for Reading {
    async fn reason_to_read(
        &self,
        operator: &TenantContext,
        tenant: TenantId,
    ) -> Result<Option<String>, Problem> {
        let mut tx = self.database.read_tx(operator).await?;
        let now = self.database.clock().now();
        let live = elevations::find_live(&mut tx, &operator.actor().id, Some(tenant), now).await?;
        Ok(live.map(|elevation| elevation.reason))
    }
}
