//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{Stored, SystemEntity, TableParts};

use crate::access::{READ_LAYOUTS, WRITE_LAYOUTS};

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[SystemEntity {
    definition: include_str!("../entities/layout.json"),
    table: "statements.layout",
    fields: &[
        ("code", Stored::Column("code")),
        ("name", Stored::Column("name")),
        ("statement", Stored::Column("statement")),
        ("isDefault", Stored::Column("is_default")),
        ("rows", Stored::Column("rows")),
    ],
    parts: TableParts { state: false, updated: true, deleted: true, custom: true },
    read: READ_LAYOUTS,
    write: WRITE_LAYOUTS,
}];
