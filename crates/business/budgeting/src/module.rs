//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::ScheduleDef;
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::jobs::expire_reservations::ExpireReservations;
use crate::{access, deps, routes};

/// Budgets, commitments and funds.
pub const MODULE: DomainModule = DomainModule {
    name: "budgeting",
    schema: Some(Schema {
        name: "budgeting",
        migrations: &[
            Migration {
                version: 1,
                description: "expand budgeting",
                sql: include_str!("../migrations/0001_expand_budgeting.sql"),
            },
            Migration {
                version: 2,
                description: "expand line guards",
                sql: include_str!("../migrations/0002_expand_line_guards.sql"),
            },
            Migration {
                version: 3,
                description: "expand fund of budget",
                sql: include_str!("../migrations/0003_expand_fund_of_budget.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // Until the next quarter of an hour an expired reservation holds its amount, which refuses too much and never too little.
    schedules: &[ScheduleDef::cron::<ExpireReservations>("*/15 * * * *")],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
