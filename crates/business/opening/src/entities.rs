//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{Stored, SystemEntity, TableParts};

/// Key of opening balances.
pub(crate) const BALANCES: &str = "opening.balances";

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[SystemEntity {
    definition: include_str!("../entities/balances.json"),
    table: "opening.balances",
    fields: &[
        ("entity", Stored::Column("entity")),
        ("date", Stored::Column("date")),
        ("rows", Stored::Column("file_rows")),
        ("openingBalance", Stored::Column("opening_balance")),
        ("currency", Stored::Column("currency")),
        ("journals", Stored::Column("journals")),
        ("sha256", Stored::Column("sha256")),
    ],
    parts: TableParts { state: true, updated: false, deleted: false, custom: true },
    read: "opening.list_balances",
    write: "opening.import_balances",
}];
