//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// The metadata studio.
pub const MODULE: DomainModule = DomainModule {
    name: "metadata",
    schema: Some(Schema {
        name: "metadata",
        migrations: &[
            Migration {
                version: 1,
                description: "expand designs",
                sql: include_str!("../migrations/0001_expand_designs.sql"),
            },
            Migration {
                version: 2,
                description: "expand plans",
                sql: include_str!("../migrations/0002_expand_plans.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    entities: &[],
    sealed: &[],
    schedules: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
