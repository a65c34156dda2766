//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::schedule::ScheduleDef;
use athyper_kernel_module::DomainModule;
use athyper_kernel_vault::SealedColumn;

use crate::factors::TOTP_PURPOSE;
use crate::jobs::forget::Forget;
use crate::{access, deps, routes};

/// Local accounts.
pub const MODULE: DomainModule = DomainModule {
    name: "accounts",
    schema: Some(Schema {
        name: "accounts",
        migrations: &[Migration {
            version: 1,
            description: "expand accounts",
            sql: include_str!("../migrations/0001_expand_accounts.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef::cron::<Forget>("15 3 * * *")],
    entities: &[],
    sealed: &[SealedColumn { table: "accounts.factor", column: "secret", purpose: TOTP_PURPOSE }],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
