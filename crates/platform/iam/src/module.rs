//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// Identity and access.
pub const MODULE: DomainModule = DomainModule {
    name: "iam",
    schema: Some(Schema {
        name: "iam",
        migrations: &[
            Migration {
                version: 1,
                description: "expand principals and groups",
                sql: include_str!("../migrations/0001_expand_principals_and_groups.sql"),
            },
            Migration {
                version: 2,
                description: "expand roles and bindings",
                sql: include_str!("../migrations/0002_expand_roles_and_bindings.sql"),
            },
            Migration {
                version: 3,
                description: "contract reviews and separation",
                sql: include_str!("../migrations/0003_contract_reviews_and_separation.sql"),
            },
            Migration {
                version: 4,
                description: "backfill names of permissions",
                sql: include_str!("../migrations/0004_backfill_names_of_permissions.sql"),
            },
            Migration {
                version: 5,
                description: "backfill names of imports",
                sql: include_str!("../migrations/0005_backfill_names_of_imports.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
