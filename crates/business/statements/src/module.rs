//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Financial statements.
pub const MODULE: DomainModule = DomainModule {
    name: "statements",
    schema: Some(Schema {
        name: "statements",
        migrations: &[Migration {
            version: 1,
            description: "expand statements",
            sql: include_str!("../migrations/0001_expand_statements.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
