//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// Platform control.
pub const MODULE: DomainModule = DomainModule {
    name: "control",
    schema: Some(Schema {
        name: "control",
        migrations: &[Migration {
            version: 1,
            description: "expand elevations",
            sql: include_str!("../migrations/0001_expand_elevations.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
