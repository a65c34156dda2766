//! The records of the ledger, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

use crate::access::{READ_DIMENSIONS, READ_EXCHANGE_RATES, WRITE_DIMENSIONS, WRITE_EXCHANGE_RATES};

/// Key of accounts.
pub(crate) const ACCOUNT: &str = "finance.account";
/// Key of periods.
pub(crate) const PERIOD: &str = "finance.period";
/// Key of journals.
pub(crate) const JOURNAL: &str = "finance.journal";

/// Key of legal entities.
pub(crate) const LEGAL_ENTITY: &str = "finance.legal_entity";
/// Key of the rules that choose accounts.
pub(crate) const ACCOUNT_RULE: &str = "finance.account_rule";
/// Key of exchange rates.
pub(crate) const EXCHANGE_RATE: &str = "finance.exchange_rate";
/// Key of dimensions.
pub(crate) const DIMENSION: &str = "finance.dimension";
/// Key of open items.
pub(crate) const OPEN_ITEM: &str = "finance.open_item";
/// Key of allocations.
pub(crate) const ALLOCATION: &str = "finance.allocation";

/// What the tables of the ledger have of the columns of records.
const PARTS: TableParts = TableParts { state: true, updated: false, deleted: false, custom: true };

/// The same for those without states.
const STATELESS: TableParts = TableParts { state: false, ..PARTS };

/// What tables have that the records service writes.
const WRITTEN_BY_RECORDS: TableParts =
    TableParts { state: false, updated: true, deleted: true, custom: true };

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
            ("use", Stored::Column("use")),
            ("currency", Stored::Column("currency")),
            ("requiredDimensions", Stored::Column("required_dimensions")),
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
            ("entity", Stored::Column("entity_id")),
            ("isSignedOff", Stored::Column("signed_off")),
            ("locked", Stored::Column("locked")),
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
            ("entity", Stored::Column("entity_id")),
            ("book", Stored::Column("book")),
        ],
        parts: PARTS,
        read: "finance.list_journals",
        write: "finance.update_journal",
    },
    SystemEntity {
        definition: include_str!("../entities/legal_entity.json"),
        table: "finance.legal_entity",
        fields: &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("baseCurrency", Stored::Column("base_currency")),
            ("fiscalYearStart", Stored::Column("fiscal_year_start")),
            ("roundingLimit", Stored::Column("rounding_limit")),
        ],
        parts: STATELESS,
        read: "finance.list_legal_entities",
        write: "finance.update_legal_entity",
    },
    SystemEntity {
        definition: include_str!("../entities/account_rule.json"),
        table: "finance.account_rule",
        fields: &[
            ("role", Stored::Column("role")),
            ("entity", Stored::Column("entity_id")),
            ("facts", Stored::Column("facts")),
            ("account", Stored::Column("account_id")),
        ],
        parts: STATELESS,
        read: "finance.list_account_rules",
        write: "finance.create_account_rule",
    },
    SystemEntity {
        definition: include_str!("../entities/exchange_rate.json"),
        table: "finance.exchange_rate",
        fields: &[
            ("currency", Stored::Column("currency")),
            ("baseCurrency", Stored::Column("base_currency")),
            ("validOn", Stored::Column("valid_on")),
            ("rate", Stored::Column("rate")),
            ("source", Stored::Column("source")),
        ],
        parts: WRITTEN_BY_RECORDS,
        read: READ_EXCHANGE_RATES,
        write: WRITE_EXCHANGE_RATES,
    },
    SystemEntity {
        definition: include_str!("../entities/dimension.json"),
        table: "finance.dimension",
        fields: &[
            ("key", Stored::Column("key")),
            ("name", Stored::Column("name")),
            ("balancing", Stored::Column("balancing")),
        ],
        parts: WRITTEN_BY_RECORDS,
        read: READ_DIMENSIONS,
        write: WRITE_DIMENSIONS,
    },
    SystemEntity {
        definition: include_str!("../entities/dimension_value.json"),
        table: "finance.dimension_value",
        fields: &[
            ("dimension", Stored::Column("dimension_id")),
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
        ],
        parts: TableParts { state: true, ..WRITTEN_BY_RECORDS },
        read: READ_DIMENSIONS,
        write: WRITE_DIMENSIONS,
    },
    SystemEntity {
        definition: include_str!("../entities/open_item.json"),
        table: "finance.open_item",
        fields: &[
            ("entity", Stored::Column("entity_id")),
            ("account", Stored::Column("account_id")),
            ("party", Stored::Column("party_id")),
            ("journal", Stored::Column("journal_id")),
            ("date", Stored::Column("date")),
            ("dueOn", Stored::Column("due_on")),
            ("reference", Stored::Column("reference")),
            ("currency", Stored::Column("currency")),
            ("rate", Stored::Column("rate")),
            ("amount", Stored::Column("amount")),
            ("base", Stored::Column("base")),
            ("open", Stored::Column("open")),
            ("openBase", Stored::Column("open_base")),
        ],
        parts: STATELESS,
        read: "finance.list_open_items",
        write: "finance.allocate_items",
    },
    SystemEntity {
        definition: include_str!("../entities/allocation.json"),
        table: "finance.allocation",
        fields: &[
            ("debit", Stored::Column("debit_id")),
            ("credit", Stored::Column("credit_id")),
            ("amount", Stored::Column("amount")),
            ("date", Stored::Column("allocated_on")),
            ("journal", Stored::Column("journal_id")),
            ("undoneOn", Stored::Column("undone_on")),
            ("undoReason", Stored::Column("undo_reason")),
            ("undoJournal", Stored::Column("undo_journal_id")),
        ],
        parts: STATELESS,
        read: "finance.list_allocations",
        write: "finance.allocate_items",
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
        ("baseDebit", "base_debit"),
        ("baseCredit", "base_credit"),
        ("rate", "rate"),
        ("party", "party_id"),
        ("dueOn", "due_on"),
        ("dimensions", "dimensions"),
        ("taxCode", "tax_code"),
        ("taxBase", "tax_base"),
        ("settles", "settles_id"),
    ],
};

/// What a list of journals shows unless other fields are asked for: all but the lines.
pub(crate) const JOURNAL_WITHOUT_LINES: &str = "state,createdAt,createdBy,entity,book,number,date,payee,narration,reference,reverses,\
     reversedBy,postedAt,postedBy";
