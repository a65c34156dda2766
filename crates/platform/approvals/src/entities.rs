//! Requests for approval as an entity: what they are is said by the file of `entities/`, and here where they lie.

use athyper_kernel_entity::{Stored, SystemEntity, TableParts};

/// Key of requests for approval.
pub(crate) const REQUEST: &str = "approvals.request";

/// All entities of approvals. What was asked in full is shown by its own operation alone.
pub(crate) const ENTITIES: &[SystemEntity] = &[SystemEntity {
    definition: include_str!("../entities/request.json"),
    table: "approvals.request",
    fields: &[
        ("operation", Stored::Column("operation")),
        ("path", Stored::Column("path")),
        ("role", Stored::Column("role")),
        ("expiresAt", Stored::Column("expires_at")),
        ("decidedAt", Stored::Column("decided_at")),
        ("decidedBy", Stored::Column("decided_by")),
        ("reason", Stored::Column("reason")),
        ("usedAt", Stored::Column("used_at")),
    ],
    parts: TableParts { state: true, updated: true, deleted: false, custom: false },
    read: "approvals.list_requests",
    write: "approvals.approve_request",
}];
