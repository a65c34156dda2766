//! What the records service hands over to the platform, as data.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_module::DomainModule;

use crate::deps::{self, RECORDS};
use crate::{access, routes};

/// The records service.
pub const MODULE: DomainModule = DomainModule {
    name: "records",
    schema: Some(Schema {
        name: "records",
        migrations: &[
            Migration {
                version: 1,
                description: "expand records",
                sql: include_str!("../migrations/0001_expand_records.sql"),
            },
            Migration {
                version: 2,
                description: "expand preparation",
                sql: include_str!("../migrations/0002_expand_preparation.sql"),
            },
            Migration {
                version: 3,
                description: "expand attachments",
                sql: include_str!("../migrations/0003_expand_attachments.sql"),
            },
            Migration {
                version: 4,
                description: "expand views",
                sql: include_str!("../migrations/0004_expand_views.sql"),
            },
            Migration {
                version: 5,
                description: "expand duplicates",
                sql: include_str!("../migrations/0005_expand_duplicates.sql"),
            },
            Migration {
                version: 6,
                description: "expand statistics",
                sql: include_str!("../migrations/0006_expand_statistics.sql"),
            },
            Migration {
                version: 7,
                description: "expand samples",
                sql: include_str!("../migrations/0007_expand_samples.sql"),
            },
        ],
    }),
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: &[RECORDS.name()],
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
