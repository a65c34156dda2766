//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;
use athyper_kernel_vault::SealedColumn;

use crate::connection::PURPOSE;
use crate::{access, deps, routes};

/// A tenant's own identity providers.
pub const MODULE: DomainModule = DomainModule {
    name: "federation",
    schema: Some(Schema {
        name: "federation",
        migrations: &[Migration {
            version: 1,
            description: "expand federation",
            sql: include_str!("../migrations/0001_expand_federation.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[SealedColumn { table: "federation.provider", column: "client_secret", purpose: PURPOSE }],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
