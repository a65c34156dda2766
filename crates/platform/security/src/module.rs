//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::{ScheduleDef, SchedulePolicy};
use athyper_kernel_module::DomainModule;
use athyper_kernel_vault::SealedColumn;
use chrono::TimeDelta;

use crate::jobs::purge_sessions::PurgeSessions;
use crate::jobs::reseal_values::ResealValues;
use crate::service::PURPOSE;
use crate::{access, deps, routes};

/// A day that was missed is made up for.
const DAILY: SchedulePolicy = SchedulePolicy { catch_up: TimeDelta::hours(20), ..SchedulePolicy::DEFAULT };

/// Sessions of browsers, and the keys that values at rest are sealed with.
pub const MODULE: DomainModule = DomainModule {
    name: "security",
    schema: Some(Schema {
        name: "security",
        migrations: &[
            Migration {
                version: 1,
                description: "expand sessions",
                sql: include_str!("../migrations/0001_expand_sessions.sql"),
            },
            Migration {
                version: 2,
                description: "expand principals",
                sql: include_str!("../migrations/0002_expand_principals.sql"),
            },
            Migration {
                version: 3,
                description: "expand providers",
                sql: include_str!("../migrations/0003_expand_providers.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[
        ScheduleDef::cron::<PurgeSessions>("40 3 * * *").policy(DAILY),
        // What a key that has sealed enough left behind, and the former keys that nothing needs any more.
        ScheduleDef::cron::<ResealValues>("20 4 * * *").policy(DAILY),
    ],
    entities: &[],
    sealed: &[SealedColumn { table: "security.session", column: "sealed", purpose: PURPOSE }],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
