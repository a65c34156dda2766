//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::{ScheduleDef, SchedulePolicy};
use athyper_kernel_module::DomainModule;
use chrono::TimeDelta;

use crate::entities::ENTITIES;
use crate::jobs::verify_ledger::VerifyLedger;
use crate::{access, deps, routes};

/// The general ledger.
pub const MODULE: DomainModule = DomainModule {
    name: "finance",
    schema: Some(Schema {
        name: "finance",
        migrations: &[
            Migration {
                version: 1,
                description: "expand general ledger",
                sql: include_str!("../migrations/0001_expand_general_ledger.sql"),
            },
            Migration {
                version: 2,
                description: "expand entities",
                sql: include_str!("../migrations/0002_expand_entities.sql"),
            },
            Migration {
                version: 3,
                description: "expand legal entities",
                sql: include_str!("../migrations/0003_expand_legal_entities.sql"),
            },
            Migration {
                version: 4,
                description: "expand day guards",
                sql: include_str!("../migrations/0004_expand_day_guards.sql"),
            },
            Migration {
                version: 5,
                description: "expand closing journals",
                sql: include_str!("../migrations/0005_expand_closing_journals.sql"),
            },
            Migration {
                version: 6,
                description: "expand adjusting lines",
                sql: include_str!("../migrations/0006_expand_adjusting_lines.sql"),
            },
            Migration {
                version: 7,
                description: "expand signed off periods",
                sql: include_str!("../migrations/0007_expand_signed_off_periods.sql"),
            },
            Migration {
                version: 8,
                description: "expand undone allocations",
                sql: include_str!("../migrations/0008_expand_undone_allocations.sql"),
            },
            Migration {
                version: 9,
                description: "expand line guards",
                sql: include_str!("../migrations/0009_expand_line_guards.sql"),
            },
            Migration {
                version: 10,
                description: "expand line worth",
                sql: include_str!("../migrations/0010_expand_line_worth.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // A night's proof that did not come to pass is made up for during the day.
    schedules: &[ScheduleDef::cron::<VerifyLedger>("30 2 * * *")
        .policy(SchedulePolicy { catch_up: TimeDelta::hours(20), ..SchedulePolicy::DEFAULT })],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
