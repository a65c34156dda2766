//! The records of the ledger, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

/// Key of accounts.
pub(crate) const ACCOUNT: &str = "finance.account";
/// Key of periods.
pub(crate) const PERIOD: &str = "finance.period";
/// Key of journals.
pub(crate) const JOURNAL: &str = "finance.journal";

/// What the tables of the ledger have of the columns of records.
const PARTS: TableParts = TableParts { state: true, updated: false, deleted: false, custom: true };

/// All entities of the ledger.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/account.json"),
        table: "finance.account",
        fields: &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("type", Stored::Column("type")),
            ("parent", Stored::Column("parent_id")),
            ("postable", Stored::Column("postable")),
            ("openedOn", Stored::Column("opened_on")),
        ],
        parts: PARTS,
        read: "finance.list_accounts",
        write: "finance.update_account",
    },
    SystemEntity {
        definition: include_str!("../entities/period.json"),
        table: "finance.period",
        fields: &[
            ("name", Stored::Column("name")),
            ("startsOn", Stored::Column("starts_on")),
            ("endsOn", Stored::Column("ends_on")),
        ],
        parts: PARTS,
        read: "finance.list_periods",
        write: "finance.create_period",
    },
    SystemEntity {
        definition: include_str!("../entities/journal.json"),
        table: "finance.journal",
        fields: &[
            ("number", Stored::Column("number")),
            ("date", Stored::Column("date")),
            ("payee", Stored::Column("payee")),
            ("narration", Stored::Column("narration")),
            ("reference", Stored::Column("reference")),
            ("reverses", Stored::Column("reverses_id")),
            ("reversedBy", Stored::Column("reversed_by_id")),
            ("postedAt", Stored::Column("posted_at")),
            ("postedBy", Stored::Column("posted_by")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: PARTS,
        read: "finance.list_journals",
        write: "finance.update_journal",
    },
];

/// The lines of journals.
const LINES: LineTable = LineTable {
    table: "finance.journal_line",
    record: "journal_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("account", "account_id"),
        ("debit", "debit"),
        ("credit", "credit"),
        ("currency", "currency"),
        ("memo", "memo"),
    ],
};

/// What a list of journals shows unless other fields are asked for: all but the lines.
pub(crate) const JOURNAL_WITHOUT_LINES: &str = "state,createdAt,createdBy,number,date,payee,narration,reference,reverses,\
     reversedBy,postedAt,postedBy";
