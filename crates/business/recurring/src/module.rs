//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::ScheduleDef;
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::jobs::make_occurrences::MakeOccurrences;
use crate::{access, deps, routes};

/// Recurring entries, accruals, deferrals and allocation keys.
pub const MODULE: DomainModule = DomainModule {
    name: "recurring",
    schema: Some(Schema {
        name: "recurring",
        migrations: &[
            Migration {
                version: 1,
                description: "expand recurring",
                sql: include_str!("../migrations/0001_expand_recurring.sql"),
            },
            Migration {
                version: 2,
                description: "expand allocations",
                sql: include_str!("../migrations/0002_expand_allocations.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // Each hour, so that in every zone a new day is met soon after it has begun; within a day the second run finds nothing.
    schedules: &[ScheduleDef::cron::<MakeOccurrences>("20 * * * *")],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
