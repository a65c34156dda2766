//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::ScheduleDef;
use athyper_kernel_module::DomainModule;

use crate::jobs::purge_decisions::PurgeDecisions;
use crate::{access, deps, routes};

/// Policies of tenants.
pub const MODULE: DomainModule = DomainModule {
    name: "policy",
    schema: Some(Schema {
        name: "policy",
        migrations: &[
            Migration {
                version: 1,
                description: "expand policies",
                sql: include_str!("../migrations/0001_expand_policies.sql"),
            },
            Migration {
                version: 2,
                description: "expand facts of decisions",
                sql: include_str!("../migrations/0002_expand_facts_of_decisions.sql"),
            },
            Migration {
                version: 3,
                description: "expand shadows and networks",
                sql: include_str!("../migrations/0003_expand_shadows_and_networks.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef::cron::<PurgeDecisions>("50 3 * * *")],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
