//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::{ScheduleDef, SchedulePolicy};
use athyper_kernel_module::DomainModule;
use chrono::TimeDelta;

use crate::jobs::close_due_reviews::CloseDueReviews;
use crate::{access, deps, routes};

/// Identity and access.
pub const MODULE: DomainModule = DomainModule {
    name: "iam",
    schema: Some(Schema {
        name: "iam",
        migrations: &[
            Migration {
                version: 1,
                description: "expand principals and groups",
                sql: include_str!("../migrations/0001_expand_principals_and_groups.sql"),
            },
            Migration {
                version: 2,
                description: "expand roles and bindings",
                sql: include_str!("../migrations/0002_expand_roles_and_bindings.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // An hour that was missed is made up for: a review that is due revokes what nobody wanted to keep.
    schedules: &[ScheduleDef::cron::<CloseDueReviews>("7 * * * *")
        .policy(SchedulePolicy { catch_up: TimeDelta::hours(1), ..SchedulePolicy::DEFAULT })],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
