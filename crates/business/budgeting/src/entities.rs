//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

/// Key of budgets.
pub(crate) const BUDGET: &str = "budgeting.budget";
/// Key of transfers.
pub(crate) const TRANSFER: &str = "budgeting.transfer";
/// Key of commitments.
pub(crate) const COMMITMENT: &str = "budgeting.commitment";
/// Key of what went beyond a budget that warns.
pub(crate) const OVERRUN: &str = "budgeting.overrun";
/// Key of funds.
pub(crate) const FUND: &str = "budgeting.fund";

/// What the tables have of the columns of records.
const PARTS: TableParts = TableParts { state: false, updated: false, deleted: false, custom: true };

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/budget.json"),
        table: "budgeting.budget",
        fields: &[
            ("entity", Stored::Column("entity")),
            ("name", Stored::Column("name")),
            ("firstDay", Stored::Column("first_day")),
            ("lastDay", Stored::Column("last_day")),
            ("currency", Stored::Column("currency")),
            ("fund", Stored::Column("fund_id")),
            ("writtenBy", Stored::Column("written_by")),
            ("approvedBy", Stored::Column("approved_by")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "budgeting.list_budgets",
        write: "budgeting.update_budget",
    },
    SystemEntity {
        definition: include_str!("../entities/transfer.json"),
        table: "budgeting.transfer",
        fields: &[
            ("kind", Stored::Column("kind")),
            ("budget", Stored::Column("budget_id")),
            ("into", Stored::Column("into_id")),
            ("reason", Stored::Column("reason")),
            ("total", Stored::Column("total")),
            ("currency", Stored::Column("currency")),
            ("lines", Stored::Lines(&TRANSFER_LINES)),
        ],
        parts: PARTS,
        read: "budgeting.list_transfers",
        write: "budgeting.create_transfer",
    },
    SystemEntity {
        definition: include_str!("../entities/commitment.json"),
        table: "budgeting.commitment",
        fields: &[
            ("line", Stored::Column("line_key")),
            ("entity", Stored::Column("entity")),
            ("date", Stored::Column("date")),
            ("account", Stored::Column("account")),
            ("reference", Stored::Column("reference")),
            ("currency", Stored::Column("currency")),
            ("amount", Stored::Column("amount")),
            ("reserved", Stored::Column("reserved")),
            ("committed", Stored::Column("committed")),
            ("consumed", Stored::Column("consumed")),
            ("posted", Stored::Column("posted")),
            ("released", Stored::Column("released")),
            ("expiresAt", Stored::Column("expires_at")),
        ],
        parts: TableParts { state: true, ..PARTS },
        read: "budgeting.list_commitments",
        write: "budgeting.create_commitment",
    },
    SystemEntity {
        definition: include_str!("../entities/overrun.json"),
        table: "budgeting.overrun",
        fields: &[
            ("line", Stored::Column("line_key")),
            ("subject", Stored::Column("subject")),
            ("subjectId", Stored::Column("subject_id")),
            ("excess", Stored::Column("excess")),
            ("currency", Stored::Column("currency")),
            ("message", Stored::Column("message")),
        ],
        parts: PARTS,
        read: "budgeting.list_overruns",
        write: "budgeting.create_commitment",
    },
    SystemEntity {
        definition: include_str!("../entities/fund.json"),
        table: "budgeting.fund",
        fields: &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("parent", Stored::Column("parent_id")),
            ("currency", Stored::Column("currency")),
            ("received", Stored::Column("received")),
            ("held", Stored::Column("held")),
            ("planned", Stored::Column("planned")),
            ("free", Stored::Column("free")),
        ],
        parts: PARTS,
        read: "budgeting.list_funds",
        write: "budgeting.create_fund",
    },
];

/// The lines of budgets.
const LINES: LineTable = LineTable {
    table: "budgeting.line",
    record: "budget_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("key", "key"),
        ("label", "label"),
        ("parent", "parent"),
        ("side", "side"),
        ("control", "control"),
        ("tolerance", "tolerance"),
    ],
};

/// The lines of transfers.
const TRANSFER_LINES: LineTable = LineTable {
    table: "budgeting.transfer_line",
    record: "transfer_id",
    position: "line_no",
    columns: &[("lineNo", "line_no"), ("key", "key"), ("month", "month"), ("amount", "amount")],
};

/// What a list of budgets shows unless other fields are asked for: all but the lines.
pub(crate) const BUDGET_WITHOUT_LINES: &str =
    "state,createdAt,createdBy,entity,name,firstDay,lastDay,currency,fund,writtenBy,approvedBy";

/// What a list of transfers shows unless other fields are asked for: all but the lines.
pub(crate) const TRANSFER_WITHOUT_LINES: &str = "createdAt,createdBy,kind,budget,into,reason,total,currency";
