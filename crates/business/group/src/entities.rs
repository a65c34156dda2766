//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

use crate::access::{READ_RATES, WRITE_RATES};

/// Key of relations.
pub(crate) const RELATION: &str = "group.relation";
/// Key of entries between legal entities.
pub(crate) const ENTRY: &str = "group.entry";
/// Key of nettings.
pub(crate) const NETTING: &str = "group.netting";
/// Key of groups.
pub(crate) const GROUP: &str = "group.group";
/// Key of average rates.
pub(crate) const AVERAGE_RATE: &str = "group.average_rate";
/// Key of consolidations.
pub(crate) const RUN: &str = "group.run";

const PARTS: TableParts = TableParts { state: false, updated: false, deleted: false, custom: true };

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/relation.json"),
        table: "group_books.relation",
        fields: &[
            ("aEntity", Stored::Column("a_entity")),
            ("aDueFrom", Stored::Column("a_due_from")),
            ("aDueTo", Stored::Column("a_due_to")),
            ("bEntity", Stored::Column("b_entity")),
            ("bDueFrom", Stored::Column("b_due_from")),
            ("bDueTo", Stored::Column("b_due_to")),
            ("aParty", Stored::Column("a_party")),
            ("bParty", Stored::Column("b_party")),
            ("validFrom", Stored::Column("valid_from")),
            ("validTo", Stored::Column("valid_to")),
        ],
        parts: PARTS,
        read: "group.list_relations",
        write: "group.create_relation",
    },
    SystemEntity {
        definition: include_str!("../entities/entry.json"),
        table: "group_books.entry",
        fields: &[
            ("fromEntity", Stored::Column("from_entity")),
            ("toEntity", Stored::Column("to_entity")),
            ("date", Stored::Column("date")),
            ("currency", Stored::Column("currency")),
            ("amount", Stored::Column("amount")),
            ("reference", Stored::Column("reference")),
            ("narration", Stored::Column("narration")),
            ("fromJournal", Stored::Column("from_journal")),
            ("toJournal", Stored::Column("to_journal")),
            ("reversedOn", Stored::Column("reversed_on")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "group.list_entries",
        write: "group.post_entry",
    },
    SystemEntity {
        definition: include_str!("../entities/netting.json"),
        table: "group_books.netting",
        fields: &[
            ("entity", Stored::Column("a_entity")),
            ("partner", Stored::Column("b_entity")),
            ("date", Stored::Column("date")),
            ("currency", Stored::Column("currency")),
            ("receivable", Stored::Column("a_receives")),
            ("payable", Stored::Column("b_receives")),
            ("rest", Stored::Column("rest")),
            ("reference", Stored::Column("reference")),
            ("narration", Stored::Column("narration")),
            ("entityJournal", Stored::Column("a_journal")),
            ("partnerJournal", Stored::Column("b_journal")),
            ("undoneOn", Stored::Column("undone_on")),
            ("pairs", Stored::Lines(&NETTED)),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "group.list_nettings",
        write: "group.run_netting",
    },
    SystemEntity {
        definition: include_str!("../entities/group.json"),
        table: "group_books.consolidation_group",
        fields: &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("parent", Stored::Column("parent")),
            ("currency", Stored::Column("currency")),
        ],
        parts: PARTS,
        read: "group.list_groups",
        write: "group.create_group",
    },
    SystemEntity {
        definition: include_str!("../entities/average_rate.json"),
        table: "group_books.average_rate",
        fields: &[
            ("currency", Stored::Column("currency")),
            ("presentationCurrency", Stored::Column("presentation_currency")),
            ("firstDay", Stored::Column("first_day")),
            ("lastDay", Stored::Column("last_day")),
            ("rate", Stored::Column("rate")),
            ("source", Stored::Column("source")),
        ],
        parts: TableParts { updated: true, deleted: true, ..PARTS },
        read: READ_RATES,
        write: WRITE_RATES,
    },
    SystemEntity {
        definition: include_str!("../entities/run.json"),
        table: "group_books.run",
        fields: &[
            ("group", Stored::Column("group_id")),
            ("groupCode", Stored::Column("group_code")),
            ("from", Stored::Column("from_date")),
            ("date", Stored::Column("date")),
            ("currency", Stored::Column("currency")),
            ("digest", Stored::Column("digest")),
            ("finalAt", Stored::Column("final_at")),
            ("finalBy", Stored::Column("final_by")),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "group.list_runs",
        write: "group.create_run",
    },
];

/// The lines of entries.
const LINES: LineTable = LineTable {
    table: "group_books.entry_line",
    record: "entry_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("side", "side"),
        ("account", "account"),
        ("amount", "amount"),
        ("base", "base"),
    ],
};

/// What was netted.
const NETTED: LineTable = LineTable {
    table: "group_books.netting_line",
    record: "netting_id",
    position: "line_no",
    columns: &[("lineNo", "line_no"), ("reference", "reference"), ("amount", "amount")],
};

/// What a list of nettings shows unless other fields are asked for: all but what was netted.
pub(crate) const NETTING_WITHOUT_LINES: &str = "createdAt,createdBy,state,entity,partner,date,currency,receivable,payable,rest,reference,\
    narration,entityJournal,partnerJournal,undoneOn";

/// What a list of entries shows unless other fields are asked for: all but the lines.
pub(crate) const ENTRY_WITHOUT_LINES: &str = "createdAt,createdBy,state,fromEntity,toEntity,date,currency,amount,reference,narration,\
    fromJournal,toJournal,reversedOn";
