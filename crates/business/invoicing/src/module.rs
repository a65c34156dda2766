//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Receivables and payables.
pub const MODULE: DomainModule = DomainModule {
    name: "invoicing",
    schema: Some(Schema {
        name: "invoicing",
        migrations: &[
            Migration {
                version: 1,
                description: "expand receivables and payables",
                sql: include_str!("../migrations/0001_expand_receivables_and_payables.sql"),
            },
            Migration {
                version: 2,
                description: "expand undone allocations",
                sql: include_str!("../migrations/0002_expand_undone_allocations.sql"),
            },
            Migration {
                version: 3,
                description: "expand line guards",
                sql: include_str!("../migrations/0003_expand_line_guards.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    // Reminders go out when a tenant puts them on a schedule of its own.
    schedules: &[],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
