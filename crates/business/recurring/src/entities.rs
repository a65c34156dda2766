//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

/// Key of recurring entries.
pub(crate) const ENTRY: &str = "recurring.entry";
/// Key of their occurrences.
pub(crate) const OCCURRENCE: &str = "recurring.occurrence";

/// What the tables have of the columns of records.
const PARTS: TableParts = TableParts { state: true, updated: false, deleted: false, custom: true };

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/entry.json"),
        table: "recurring.entry",
        fields: &[
            ("entity", Stored::Column("entity")),
            ("name", Stored::Column("name")),
            ("narration", Stored::Column("narration")),
            ("currency", Stored::Column("currency")),
            ("every", Stored::Column("every")),
            ("interval", Stored::Column("step_width")),
            ("dayOfMonth", Stored::Column("day_of_month")),
            ("firstDay", Stored::Column("first_day")),
            ("lastDay", Stored::Column("last_day")),
            ("occurrences", Stored::Column("occurrences")),
            ("reversal", Stored::Column("reversal")),
            ("reversesOn", Stored::Column("reverses_on")),
            ("spread", Stored::Column("spread")),
            ("sequence", Stored::Column("sequence")),
            ("isAutomatic", Stored::Column("is_automatic")),
            ("nextNumber", Stored::Column("next_number")),
            ("nextOn", Stored::Column("next_on")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: PARTS,
        read: "recurring.list_entries",
        write: "recurring.update_entry",
    },
    SystemEntity {
        definition: include_str!("../entities/occurrence.json"),
        table: "recurring.occurrence",
        fields: &[
            ("entry", Stored::Column("entry_id")),
            ("entity", Stored::Column("entity")),
            ("number", Stored::Column("number")),
            ("step", Stored::Column("step")),
            ("dueOn", Stored::Column("due_on")),
            ("attempts", Stored::Column("attempts")),
            ("problem", Stored::Column("problem")),
            ("problemCode", Stored::Column("problem_code")),
            ("reason", Stored::Column("reason")),
            ("journal", Stored::Column("journal_id")),
            ("journalNumber", Stored::Column("journal_number")),
        ],
        parts: PARTS,
        read: "recurring.list_occurrences",
        write: "recurring.run_entries",
    },
];

/// The lines of entries.
const LINES: LineTable = LineTable {
    table: "recurring.entry_line",
    record: "entry_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("account", "account"),
        ("amount", "amount"),
        ("party", "party_id"),
        ("memo", "memo"),
    ],
};

/// What a list of entries shows unless other fields are asked for: all but the lines.
pub(crate) const WITHOUT_LINES: &str = "state,createdAt,createdBy,entity,name,narration,currency,every,interval,dayOfMonth,firstDay,\
    lastDay,occurrences,reversal,reversesOn,spread,sequence,isAutomatic,nextNumber,nextOn";
