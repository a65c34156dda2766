//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Bank accounts.
pub const MODULE: DomainModule = DomainModule {
    name: "banking",
    schema: Some(Schema {
        name: "banking",
        migrations: &[Migration {
            version: 1,
            description: "expand banking",
            sql: include_str!("../migrations/0001_expand_banking.sql"),
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
