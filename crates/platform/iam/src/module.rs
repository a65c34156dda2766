//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

const MIGRATIONS: &[Migration] = &[
    step(
        1,
        "expand principals and groups",
        include_str!("../migrations/0001_expand_principals_and_groups.sql"),
    ),
    step(2, "expand roles and bindings", include_str!("../migrations/0002_expand_roles_and_bindings.sql")),
    step(
        3,
        "contract reviews and separation",
        include_str!("../migrations/0003_contract_reviews_and_separation.sql"),
    ),
    step(
        4,
        "backfill names of permissions",
        include_str!("../migrations/0004_backfill_names_of_permissions.sql"),
    ),
    step(5, "backfill names of imports", include_str!("../migrations/0005_backfill_names_of_imports.sql")),
];

const fn step(version: i64, description: &'static str, sql: &'static str) -> Migration {
    Migration { version, description, sql }
}

/// Identity and access.
pub const MODULE: DomainModule = DomainModule {
    name: "iam",
    schema: Some(Schema { name: "iam", migrations: MIGRATIONS }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
