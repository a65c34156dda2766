//! What this domain hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::entities::ENTITIES;
use crate::{access, deps, routes};

/// Group accounting.
pub const MODULE: DomainModule = DomainModule {
    name: "group",
    schema: Some(Schema {
        name: "group_books",
        migrations: &[
            Migration {
                version: 1,
                description: "expand intercompany",
                sql: include_str!("../migrations/group_books/0001_expand_intercompany.sql"),
            },
            Migration {
                version: 2,
                description: "expand consolidation",
                sql: include_str!("../migrations/group_books/0002_expand_consolidation.sql"),
            },
            Migration {
                version: 3,
                description: "expand netting",
                sql: include_str!("../migrations/group_books/0003_expand_netting.sql"),
            },
            Migration {
                version: 4,
                description: "expand netting due days",
                sql: include_str!("../migrations/group_books/0004_expand_netting_due_days.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: ENTITIES,
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
