//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::ScheduleDef;
use athyper_kernel_module::DomainModule;

use crate::jobs::remove_attachments::RemoveAttachments;
use crate::{access, deps, routes};

/// Attachments. Its table was one of the records service before, whose migrations therefore run first.
pub const MODULE: DomainModule = DomainModule {
    name: "attachments",
    schema: Some(Schema {
        name: "attachments",
        migrations: &[Migration {
            version: 1,
            description: "expand attachments",
            sql: include_str!("../migrations/0001_expand_attachments.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef::cron::<RemoveAttachments>("37 * * * *")],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
