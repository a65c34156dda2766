//! The records of closing, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

use crate::access::{READ_STEPS, WRITE_STEPS};

/// Key of revaluations.
pub(crate) const REVALUATION: &str = "closing.revaluation";
/// Key of fiscal years that were closed.
pub(crate) const FISCAL_YEAR: &str = "closing.fiscal_year";

/// Key of closes of periods.
pub(crate) const PERIOD_CLOSE: &str = "closing.period_close";
/// Key of the steps that a tenant adds to them.
pub(crate) const CLOSE_STEP: &str = "closing.close_step";

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
            ("undoneAt", Stored::Column("undone_at")),
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
    SystemEntity {
        definition: include_str!("../entities/period_close.json"),
        table: "closing.period_close",
        fields: &[
            ("entity", Stored::Column("entity")),
            ("period", Stored::Column("period_id")),
            ("name", Stored::Column("name")),
            ("startsOn", Stored::Column("starts_on")),
            ("endsOn", Stored::Column("ends_on")),
            ("lastPostedBy", Stored::Column("last_posted_by")),
            ("signedAt", Stored::Column("signed_at")),
            ("signedBy", Stored::Column("signed_by")),
            ("digest", Stored::Column("digest")),
            ("reopenedAt", Stored::Column("reopened_at")),
            ("reopenedBy", Stored::Column("reopened_by")),
            ("reopenedBecause", Stored::Column("reopened_because")),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "closing.list_period_closes",
        write: "closing.open_period_close",
    },
    SystemEntity {
        definition: include_str!("../entities/close_step.json"),
        table: "closing.close_step",
        fields: &[
            ("position", Stored::Column("position")),
            ("text", Stored::Column("text")),
            ("who", Stored::Column("who")),
            ("entity", Stored::Column("entity")),
        ],
        parts: TableParts { updated: true, deleted: true, ..PARTS },
        read: READ_STEPS,
        write: WRITE_STEPS,
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
    "createdAt,createdBy,entity,date,reversesOn,rates,difference,currency,journal,reversal,undoneAt";
