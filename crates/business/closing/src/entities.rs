//! The records of closing, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

/// Key of revaluations.
pub(crate) const REVALUATION: &str = "closing.revaluation";
/// Key of fiscal years that were closed.
pub(crate) const FISCAL_YEAR: &str = "closing.fiscal_year";

const PARTS: TableParts = TableParts { state: false, updated: false, deleted: false, custom: true };

/// All entities of closing.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/revaluation.json"),
        table: "closing.revaluation",
        fields: &[
            ("entity", Stored::Column("entity")),
            ("date", Stored::Column("date")),
            ("reversesOn", Stored::Column("reverses_on")),
            ("rates", Stored::Column("rates")),
            ("difference", Stored::Column("difference")),
            ("currency", Stored::Column("currency")),
            ("journal", Stored::Column("journal_id")),
            ("reversal", Stored::Column("reversal_id")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: PARTS,
        read: "closing.list_revaluations",
        write: "closing.create_revaluation",
    },
    SystemEntity {
        definition: include_str!("../entities/fiscal_year.json"),
        table: "closing.fiscal_year",
        fields: &[
            ("entity", Stored::Column("entity")),
            ("firstDay", Stored::Column("first_day")),
            ("lastDay", Stored::Column("last_day")),
            ("result", Stored::Column("result")),
            ("currency", Stored::Column("currency")),
            ("journal", Stored::Column("journal_id")),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "closing.list_fiscal_years",
        write: "closing.close_fiscal_year",
    },
];

/// The lines of revaluations.
const LINES: LineTable = LineTable {
    table: "closing.revaluation_line",
    record: "revaluation_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("account", "account"),
        ("party", "party_id"),
        ("item", "item_id"),
        ("reference", "reference"),
        ("currency", "currency"),
        ("amount", "amount"),
        ("rate", "rate"),
        ("carried", "carried"),
        ("worth", "worth"),
    ],
};

/// What a list of revaluations shows unless other fields are asked for: all but the lines.
pub(crate) const WITHOUT_LINES: &str =
    "createdAt,createdBy,entity,date,reversesOn,rates,difference,currency,journal,reversal";
