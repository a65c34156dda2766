//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::{ScheduleDef, SchedulePolicy};
use athyper_kernel_module::DomainModule;
use chrono::TimeDelta;

use crate::jobs::close_due_reviews::CloseDueReviews;
use crate::{access, deps, routes};

/// Governance of access.
pub const MODULE: DomainModule = DomainModule {
    name: "governance",
    schema: Some(Schema {
        name: "governance",
        migrations: &[
            Migration {
                version: 1,
                description: "expand reviews and separation",
                sql: include_str!("../migrations/0001_expand_reviews_and_separation.sql"),
            },
            Migration {
                version: 2,
                description: "backfill names of permissions",
                sql: include_str!("../migrations/0002_backfill_names_of_permissions.sql"),
            },
            Migration {
                version: 3,
                description: "backfill names of imports",
                sql: include_str!("../migrations/0003_backfill_names_of_imports.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // An hour that was missed is made up for: a review that is due revokes what nobody wanted to keep.
    schedules: &[ScheduleDef::cron::<CloseDueReviews>("7 * * * *")
        .policy(SchedulePolicy { catch_up: TimeDelta::hours(1), ..SchedulePolicy::DEFAULT })],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
