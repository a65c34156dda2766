//! Policies ask who is who; identity and access answers, in the transaction of the one who asks.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_iam::ports::Duties;
use athyper_iam::{SubjectFacts, caller_facts, principal_facts};
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Caller, Catalogue};
use athyper_kernel_policy::{Subject, SubjectKind};
use athyper_kernel_types::{Clock, PrincipalId};
use athyper_policy::ports::Subjects;
use uuid::Uuid;

struct Principals {
    catalogue: Catalogue,
    duties: Arc<dyn Duties>,
    clock: Clock,
}

/// Who knows who is who.
pub fn subjects(catalogue: Catalogue, duties: Arc<dyn Duties>, clock: Clock) -> Arc<dyn Subjects> {
    Arc::new(Principals { catalogue, duties, clock })
}

fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}

fn seen(facts: SubjectFacts) -> Subject {
    Subject {
        id: facts.actor,
        principal: facts.principal.map(|id| id.to_string()),
        names: facts.names,
        kind: if facts.is_service { SubjectKind::Service } else { SubjectKind::Person },
        roles: facts.roles,
        groups: texts(&facts.groups),
        units_above: texts(&facts.units_above),
        units_below: texts(&facts.units_below),
        reports: facts.reports,
    }
}

#[async_trait]
impl Subjects for Principals {
    async fn caller(
        &self,
        tx: &mut dyn TenantConnection,
        caller: &Caller,
    ) -> Result<Option<Subject>, DbError> {
        let facts = caller_facts(tx, &self.catalogue, &self.duties, &self.clock, caller).await?;
        Ok(facts.map(seen))
    }

    async fn principal(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Subject>, DbError> {
        Ok(principal_facts(tx, &self.catalogue, &self.clock, id).await?.map(seen))
    }
}
