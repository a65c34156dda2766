//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Opening the books. Its schema takes a table over from the ledger's, so it comes after it.
pub const MODULE: DomainModule = DomainModule {
    name: "opening",
    schema: Some(Schema {
        name: "opening",
        migrations: &[Migration {
            version: 1,
            description: "expand opening",
            sql: include_str!("../migrations/0001_expand_opening.sql"),
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
