//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::{ScheduleDef, SchedulePolicy};
use athyper_kernel_module::DomainModule;
use chrono::TimeDelta;

use crate::jobs::expire_requests::ExpireRequests;
use crate::{access, deps, entities, routes};

/// Approvals.
pub const MODULE: DomainModule = DomainModule {
    name: "approvals",
    schema: Some(Schema {
        name: "approvals",
        migrations: &[Migration {
            version: 1,
            description: "expand requests",
            sql: include_str!("../migrations/0001_expand_requests.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef::cron::<ExpireRequests>("17 * * * *")
        .policy(SchedulePolicy { catch_up: TimeDelta::hours(1), ..SchedulePolicy::DEFAULT })],
    entities: entities::ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
