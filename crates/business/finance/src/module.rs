//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_jobs::{JobPayload as _, ScheduleDef};
use athyper_kernel_module::DomainModule;

use crate::jobs::verify_ledger::VerifyLedger;
use crate::{access, deps, routes};

/// The general ledger.
pub const MODULE: DomainModule = DomainModule {
    name: "finance",
    schema: Some(Schema {
        name: "finance",
        migrations: &[Migration {
            version: 1,
            description: "expand general ledger",
            sql: include_str!("../migrations/0001_expand_general_ledger.sql"),
        }],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[ScheduleDef {
        name: VerifyLedger::NAME,
        cron: "30 2 * * *",
        job: VerifyLedger::NAME,
        queue: VerifyLedger::QUEUE,
        max_attempts: VerifyLedger::MAX_ATTEMPTS,
    }],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
