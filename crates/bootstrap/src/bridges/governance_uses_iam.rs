//! Governance asks who has which role and ends bindings; identity and access does it, in the transaction of the one who asks.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_governance::model::binding::{BindingId, RoleBinding, Scope, Subject};
use athyper_governance::model::review::Outcome;
use athyper_governance::ports::{Access, Which};
use athyper_iam::ports::Duties;
use athyper_iam::{
    Ended, ReviewedBinding, ReviewedScope, ReviewedSubject, active_bindings, bindings_by_id, caller_rights,
    end_bindings, is_active_principal, is_part_of, lock_access, role_word, tell_of_change,
};
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, Catalogue, GrantedRights};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

struct Bindings {
    catalogue: Catalogue,
    duties: Arc<dyn Duties>,
}

/// Who knows which roles there are, and who has them.
pub fn access(catalogue: Catalogue, duties: Arc<dyn Duties>) -> Arc<dyn Access> {
    Arc::new(Bindings { catalogue, duties })
}

fn seen(binding: ReviewedBinding) -> RoleBinding {
    RoleBinding {
        id: Id::from_uuid(binding.id),
        subject: match binding.subject {
            ReviewedSubject::Principal(id) => Subject::Principal(id),
            ReviewedSubject::Group(id) => Subject::Group(id),
        },
        role: binding.role,
        scope: match binding.scope {
            ReviewedScope::Tenant => Scope::Tenant,
            ReviewedScope::OrgUnit(id) => Scope::OrgUnit { id },
            ReviewedScope::Module(module) => Scope::Module { module },
            ReviewedScope::Record(record_type, id) => Scope::Record { record_type, id },
        },
    }
}

fn asked(subject: Subject) -> ReviewedSubject {
    match subject {
        Subject::Principal(id) => ReviewedSubject::Principal(id),
        Subject::Group(id) => ReviewedSubject::Group(id),
    }
}

fn uuids(ids: &[BindingId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

#[async_trait]
impl Access for Bindings {
    async fn lock(&self, tx: &mut TenantTx) -> Result<(), DbError> {
        lock_access(tx).await
    }

    async fn caller(&self, tx: &mut TenantTx, caller: &Caller) -> Result<Arc<GrantedRights>, Problem> {
        caller_rights(tx, &self.catalogue, &self.duties, caller).await
    }

    async fn changed(&self, tx: &mut TenantTx) -> Result<(), DbError> {
        tell_of_change(tx).await
    }

    async fn is_active(&self, tx: &mut TenantTx, id: PrincipalId) -> Result<Option<bool>, DbError> {
        is_active_principal(tx, id).await
    }

    async fn role_word(&self, tx: &mut TenantTx, name: &str) -> Result<Option<String>, DbError> {
        role_word(tx, &self.catalogue, name).await
    }

    async fn active_bindings(&self, tx: &mut TenantTx, which: Which) -> Result<Vec<RoleBinding>, DbError> {
        let found = active_bindings(tx, which.subject.map(asked), which.role).await?;
        Ok(found.into_iter().map(seen).collect())
    }

    async fn bindings(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[BindingId],
    ) -> Result<Vec<RoleBinding>, DbError> {
        Ok(bindings_by_id(tx, &uuids(ids)).await?.into_iter().map(seen).collect())
    }

    async fn is_part_of(
        &self,
        tx: &mut TenantTx,
        principal: PrincipalId,
        subject: Subject,
    ) -> Result<bool, DbError> {
        match subject {
            Subject::Principal(id) => Ok(id == principal),
            Subject::Group(id) => is_part_of(tx, principal, id).await,
        }
    }

    async fn end_bindings(
        &self,
        tx: &mut TenantTx,
        ids: &[BindingId],
    ) -> Result<Vec<(BindingId, Outcome)>, DbError> {
        let outcome = |(id, ended)| {
            let outcome = match ended {
                Ended::Now => Outcome::Revoked,
                Ended::Before => Outcome::EndedBefore,
                Ended::Never => Outcome::LastAdministrator,
            };
            (Id::from_uuid(id), outcome)
        };
        Ok(end_bindings(tx, &uuids(ids)).await?.into_iter().map(outcome).collect())
    }
}
