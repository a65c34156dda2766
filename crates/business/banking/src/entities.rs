//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

/// Key of bank accounts.
pub(crate) const ACCOUNT: &str = "banking.account";
/// Key of statements.
pub(crate) const STATEMENT: &str = "banking.statement";
/// Key of the lines of statements.
pub(crate) const LINE: &str = "banking.line";
/// Key of rules.
pub(crate) const RULE: &str = "banking.rule";
/// Key of reconciliations.
pub(crate) const RECONCILIATION: &str = "banking.reconciliation";
/// Key of payment runs.
pub(crate) const PAYMENT_RUN: &str = "banking.payment_run";

/// What the tables have of the columns of records.
const PARTS: TableParts = TableParts { state: true, updated: false, deleted: false, custom: true };

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    SystemEntity {
        definition: include_str!("../entities/account.json"),
        table: "banking.bank_account",
        fields: &[
            ("name", Stored::Column("name")),
            ("holder", Stored::Column("holder")),
            ("iban", Stored::Column("iban")),
            ("number", Stored::Column("number")),
            ("bic", Stored::Column("bic")),
            ("currency", Stored::Column("currency")),
            ("entity", Stored::Column("entity")),
            ("ledgerAccount", Stored::Column("ledger_account")),
            ("signedOffUntil", Stored::Column("signed_off_until")),
        ],
        parts: PARTS,
        read: "banking.list_accounts",
        write: "banking.update_account",
    },
    SystemEntity {
        definition: include_str!("../entities/statement.json"),
        table: "banking.statement",
        fields: &[
            ("account", Stored::Column("account_id")),
            ("reference", Stored::Column("reference")),
            ("format", Stored::Column("format")),
            ("currency", Stored::Column("currency")),
            ("firstDay", Stored::Column("first_day")),
            ("lastDay", Stored::Column("last_day")),
            ("opening", Stored::Column("opening")),
            ("closing", Stored::Column("closing")),
            ("closingOn", Stored::Column("closing_on")),
            ("gap", Stored::Column("gap")),
        ],
        parts: TableParts { state: false, ..PARTS },
        read: "banking.list_statements",
        write: "banking.import_statements",
    },
    SystemEntity {
        definition: include_str!("../entities/line.json"),
        table: "banking.statement_line",
        fields: &[
            ("account", Stored::Column("account_id")),
            ("statement", Stored::Column("statement_id")),
            ("bookedOn", Stored::Column("booked_on")),
            ("valueOn", Stored::Column("value_on")),
            ("amount", Stored::Column("amount")),
            ("currency", Stored::Column("currency")),
            ("name", Stored::Column("name")),
            ("counterparty", Stored::Column("account")),
            ("purpose", Stored::Column("purpose")),
            ("endToEnd", Stored::Column("end_to_end")),
            ("creditorReference", Stored::Column("creditor_reference")),
            ("isReversal", Stored::Column("is_reversal")),
            ("journalNumber", Stored::Column("journal_number")),
            ("postedAt", Stored::Column("posted_at")),
            ("postedBy", Stored::Column("posted_by")),
        ],
        parts: PARTS,
        read: "banking.list_lines",
        write: "banking.match_line",
    },
    SystemEntity {
        definition: include_str!("../entities/rule.json"),
        table: "banking.matching_rule",
        fields: &[
            ("name", Stored::Column("name")),
            ("priority", Stored::Column("priority")),
            ("account", Stored::Column("account_id")),
            ("counterparty", Stored::Column("counterparty")),
            ("ledgerAccount", Stored::Column("ledger_account")),
        ],
        parts: PARTS,
        read: "banking.list_rules",
        write: "banking.update_rule",
    },
    SystemEntity {
        definition: include_str!("../entities/reconciliation.json"),
        table: "banking.reconciliation",
        fields: &[
            ("account", Stored::Column("account_id")),
            ("asOf", Stored::Column("as_of")),
            ("currency", Stored::Column("currency")),
            ("statementBalance", Stored::Column("statement_balance")),
            ("ledgerBalance", Stored::Column("ledger_balance")),
            ("signedAt", Stored::Column("signed_at")),
            ("signedBy", Stored::Column("signed_by")),
        ],
        parts: PARTS,
        read: "banking.list_reconciliations",
        write: "banking.open_reconciliation",
    },
    SystemEntity {
        definition: include_str!("../entities/payment_run.json"),
        table: "banking.payment_run",
        fields: &[
            ("number", Stored::Column("number")),
            ("account", Stored::Column("account_id")),
            ("executionOn", Stored::Column("execution_on")),
            ("currency", Stored::Column("currency")),
            ("total", Stored::Column("total")),
            ("approvedBy", Stored::Column("approved_by")),
            ("exportedBy", Stored::Column("exported_by")),
            ("payments", Stored::Lines(&PAYMENTS)),
        ],
        parts: PARTS,
        read: "banking.list_payment_runs",
        write: "banking.create_payment_run",
    },
];

/// The payments of runs.
const PAYMENTS: LineTable = LineTable {
    table: "banking.payment",
    record: "run_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("name", "name"),
        ("iban", "iban"),
        ("amount", "amount"),
        ("endToEnd", "end_to_end"),
    ],
};

/// What a list of payment runs shows unless other fields are asked for: all but the payments.
pub(crate) const RUN_WITHOUT_PAYMENTS: &str =
    "state,createdAt,createdBy,number,account,executionOn,currency,total,approvedBy,exportedBy";
