//! Approvals ask who is who; identity and access answers, in the transaction of the one who asks.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_approvals::ports::People;
use athyper_iam::{makers_of_keys, principal_rights};
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Catalogue, GrantedRights};
use athyper_kernel_types::{Clock, PrincipalId};

struct Principals {
    catalogue: Catalogue,
    clock: Clock,
}

/// Who knows who is who.
pub fn people(catalogue: Catalogue, clock: Clock) -> Arc<dyn People> {
    Arc::new(Principals { catalogue, clock })
}

#[async_trait]
impl People for Principals {
    async fn rights(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Arc<GrantedRights>>, DbError> {
        principal_rights(tx, &self.catalogue, &self.clock, id).await
    }

    async fn makers_of_keys(
        &self,
        tx: &mut dyn TenantConnection,
        service: PrincipalId,
    ) -> Result<Vec<String>, DbError> {
        makers_of_keys(tx, service).await
    }
}
