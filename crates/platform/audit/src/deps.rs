//! All that this service needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};

use crate::jobs::{apply_retention, verify_trail};
use crate::model::keys::AuditKeys;
use crate::ports::{CheckpointStore, Persons};
use crate::routes;

/// The database: events of reads are written beside them, and retention crosses tenants.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The keys that checkpoints are signed with and believed by.
pub const AUDIT_KEYS: Token<AuditKeys> = Token::new("audit.keys");

/// Where checkpoints are kept outside the database.
pub const CHECKPOINT_STORE: Token<dyn CheckpointStore> = Token::new("audit.checkpointStore");

/// Who knows by which names the trail knows a person.
pub const PERSONS: Token<dyn Persons> = Token::new("audit.persons");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[DATABASE.name(), AUDIT_KEYS.name(), CHECKPOINT_STORE.name(), PERSONS.name()];

/// What the commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The database.
    pub(crate) database: Database,
    /// The trusted keys.
    pub(crate) keys: Arc<AuditKeys>,
    /// Where checkpoints are kept outside the database.
    pub(crate) store: Arc<dyn CheckpointStore>,
    /// Who knows by which names the trail knows a person.
    pub(crate) persons: Arc<dyn Persons>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs of the trail.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            database: (*scope.resolve(&DATABASE).await?).clone(),
            keys: scope.resolve(&AUDIT_KEYS).await?,
            store: scope.resolve(&CHECKPOINT_STORE).await?,
            persons: scope.resolve(&PERSONS).await?,
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let (of_retention, of_verification) = (deps.clone(), deps.clone());
    vec![
        JobType::new(&apply_retention::ApplyRetention {}, move |run, payload| {
            apply_retention::run(run, of_retention.clone(), payload)
        })
        .limit_per_tenant(1),
        JobType::new(&verify_trail::VerifyTrail { from_checkpoints: false }, move |run, payload| {
            verify_trail::run(run, of_verification.clone(), payload)
        })
        .limit_per_tenant(1)
        .schedulable(),
    ]
}
