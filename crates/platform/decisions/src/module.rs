//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// Decision tables.
pub const MODULE: DomainModule = DomainModule {
    name: "decisions",
    schema: Some(Schema {
        name: "decisions",
        migrations: &[Migration {
            version: 1,
            description: "expand models",
            sql: include_str!("../migrations/0001_expand_models.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    entities: &[],
    sealed: &[],
    schedules: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
