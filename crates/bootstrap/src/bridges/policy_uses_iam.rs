//! Policies ask who is who; identity and access answers, in the transaction of the one who asks.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_iam::{known_names, principal_rights, principals_rights};
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Catalogue, GrantedRights};
use athyper_kernel_types::{Clock, PrincipalId};
use athyper_policy::ports::{NamedKind, Subjects};
use uuid::Uuid;

struct Principals {
    catalogue: Catalogue,
    clock: Clock,
}

/// Who knows who is who.
pub fn subjects(catalogue: Catalogue, clock: Clock) -> Arc<dyn Subjects> {
    Arc::new(Principals { catalogue, clock })
}

#[async_trait]
impl Subjects for Principals {
    async fn principal(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Arc<GrantedRights>>, DbError> {
        principal_rights(tx, &self.catalogue, &self.clock, id).await
    }

    async fn known(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, NamedKind)>, DbError> {
        let kind = |word: &str| match word {
            "role" => Some(NamedKind::Role),
            "group" => Some(NamedKind::Group),
            "org_unit" => Some(NamedKind::OrgUnit),
            "user" => Some(NamedKind::Person),
            "service" => Some(NamedKind::Service),
            _ => None,
        };
        let found = known_names(tx, ids).await?.into_iter();
        Ok(found.filter_map(|(id, word)| Some((id, kind(&word)?))).collect())
    }

    async fn principals(
        &self,
        tx: &mut dyn TenantConnection,
        after: Option<PrincipalId>,
        limit: u32,
    ) -> Result<Vec<(PrincipalId, Arc<GrantedRights>)>, DbError> {
        principals_rights(tx, &self.catalogue, &self.clock, after, limit).await
    }
}
