//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::ScheduleDef;
use athyper_kernel_module::DomainModule;

use crate::jobs::purge_imports::PurgeImports;
use crate::{access, deps, routes};

/// Import and export of records.
pub const MODULE: DomainModule = DomainModule {
    name: "transfer",
    schema: Some(Schema {
        name: "transfer",
        migrations: &[Migration {
            version: 1,
            description: "expand imports",
            sql: include_str!("../migrations/0001_expand_imports.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef::cron::<PurgeImports>("40 3 * * *")],
    sealed: &[],
    entities: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
