//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Closing the books.
pub const MODULE: DomainModule = DomainModule {
    name: "closing",
    schema: Some(Schema {
        name: "closing",
        migrations: &[
            Migration {
                version: 1,
                description: "expand closing",
                sql: include_str!("../migrations/0001_expand_closing.sql"),
            },
            Migration {
                version: 2,
                description: "expand period closes",
                sql: include_str!("../migrations/0002_expand_period_closes.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
