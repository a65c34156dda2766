//! The trail asks by which names it knows a person whose values are erased; identity and access answers.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_audit::Persons;
use athyper_iam::names_of_person;
use athyper_kernel_db::{DbError, TenantTx};

struct Principals;

/// Who knows by which names the trail knows a person.
pub fn persons() -> Arc<dyn Persons> {
    Arc::new(Principals)
}

#[async_trait]
impl Persons for Principals {
    async fn names(&self, tx: &mut TenantTx, name: &str) -> Result<Vec<String>, DbError> {
        names_of_person(tx, name).await
    }
}
