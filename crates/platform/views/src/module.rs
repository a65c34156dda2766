//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;
use athyper_kernel_records::RECORDS;

use crate::{access, deps, routes};

/// Views. Its table was one of the records service before, whose migrations therefore run first.
pub const MODULE: DomainModule = DomainModule {
    name: "views",
    schema: Some(Schema {
        name: "views",
        migrations: &[Migration {
            version: 1,
            description: "expand views",
            sql: include_str!("../migrations/0001_expand_views.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: &[RECORDS.name()],
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
