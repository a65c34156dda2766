//! The schemas that belong to this crate.

use crate::{Migration, Schema};

/// Tenants, their data keys, changes, idempotency keys, number series, and the function that protects a tenant's table.
pub const PLATFORM_SCHEMA: Schema = Schema {
    name: "platform",
    migrations: &[
        Migration {
            version: 1,
            description: "expand foundation",
            sql: include_str!("../migrations/platform/0001_expand_foundation.sql"),
        },
        Migration {
            version: 2,
            description: "expand changes",
            sql: include_str!("../migrations/platform/0002_expand_changes.sql"),
        },
        Migration {
            version: 3,
            description: "expand tenants",
            sql: include_str!("../migrations/platform/0003_expand_tenants.sql"),
        },
        Migration {
            version: 4,
            description: "expand tenant key",
            sql: include_str!("../migrations/platform/0004_expand_tenant_key.sql"),
        },
        Migration {
            version: 5,
            description: "expand key destruction",
            sql: include_str!("../migrations/platform/0005_expand_key_destruction.sql"),
        },
    ],
};

/// The audit trail.
pub const AUDIT_SCHEMA: Schema = Schema {
    name: "audit",
    migrations: &[
        Migration {
            version: 1,
            description: "expand event",
            sql: include_str!("../migrations/audit/0001_expand_event.sql"),
        },
        Migration {
            version: 2,
            description: "expand chain",
            sql: include_str!("../migrations/audit/0002_expand_chain.sql"),
        },
        Migration {
            version: 3,
            description: "expand governance",
            sql: include_str!("../migrations/audit/0003_expand_governance.sql"),
        },
    ],
};
