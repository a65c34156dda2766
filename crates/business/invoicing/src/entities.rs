//! The records of this domain, as entities: what they are is said by the files of `entities/`, and here where they lie.

use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};

use crate::access::{READ_REFERENCE, WRITE_REFERENCE};

/// Key of invoices and notes.
pub(crate) const INVOICE: &str = "invoicing.invoice";
/// Key of payments.
pub(crate) const PAYMENT: &str = "invoicing.payment";

/// What the tables of documents have of the columns of records.
const OF_DOCUMENTS: TableParts = TableParts { state: true, updated: false, deleted: false, custom: true };
/// What the tables of reference data have.
const OF_REFERENCE: TableParts = TableParts { state: false, updated: true, deleted: true, custom: true };

/// All entities of this domain.
pub(crate) const ENTITIES: &[SystemEntity] = &[
    reference(
        include_str!("../entities/tax_code.json"),
        "invoicing.tax_code",
        &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("kind", Stored::Column("kind")),
            ("rate", Stored::Column("rate")),
            ("inclusive", Stored::Column("inclusive")),
            ("sequence", Stored::Column("sequence")),
            ("affectsBase", Stored::Column("affects_base")),
            ("part", Stored::Column("part")),
            ("nonRecoverable", Stored::Column("non_recoverable")),
            ("members", Stored::Column("members")),
            ("validFrom", Stored::Column("valid_from")),
            ("validUntil", Stored::Column("valid_until")),
        ],
    ),
    reference(
        include_str!("../entities/terms.json"),
        "invoicing.terms",
        &[
            ("code", Stored::Column("code")),
            ("name", Stored::Column("name")),
            ("instalments", Stored::Column("instalments")),
            ("discountPercent", Stored::Column("discount_percent")),
            ("discountDays", Stored::Column("discount_days")),
            ("discountOfNet", Stored::Column("discount_of_net")),
            ("onWorkingDays", Stored::Column("on_working_days")),
        ],
    ),
    reference(
        include_str!("../entities/party.json"),
        "invoicing.party",
        &[
            ("name", Stored::Column("name")),
            ("terms", Stored::Column("terms")),
            ("taxCode", Stored::Column("tax_code")),
            ("accountGroup", Stored::Column("account_group")),
            ("currency", Stored::Column("currency")),
            ("language", Stored::Column("language")),
            ("email", Stored::Column("email")),
            ("reminded", Stored::Column("reminded")),
        ],
    ),
    reference(
        include_str!("../entities/dunning_level.json"),
        "invoicing.dunning_level",
        &[
            ("level", Stored::Column("level")),
            ("daysOverdue", Stored::Column("days_overdue")),
            ("subject", Stored::Column("subject")),
            ("body", Stored::Column("body")),
        ],
    ),
    reference(
        include_str!("../entities/number_series.json"),
        "invoicing.number_series",
        &[
            ("kind", Stored::Column("kind")),
            ("entity", Stored::Column("entity")),
            ("pattern", Stored::Column("pattern")),
            ("firstMonth", Stored::Column("first_month")),
        ],
    ),
    reference(
        include_str!("../entities/write_off_limit.json"),
        "invoicing.write_off_limit",
        &[("currency", Stored::Column("currency")), ("amount", Stored::Column("amount"))],
    ),
    SystemEntity {
        definition: include_str!("../entities/invoice.json"),
        table: "invoicing.invoice",
        fields: &[
            ("number", Stored::Column("number")),
            ("kind", Stored::Column("kind")),
            ("date", Stored::Column("date")),
            ("entity", Stored::Column("entity")),
            ("party", Stored::Column("party_id")),
            ("partyName", Stored::Column("party_name")),
            ("supplierNumber", Stored::Column("supplier_number")),
            ("corrects", Stored::Column("corrects_id")),
            ("currency", Stored::Column("currency")),
            ("rate", Stored::Column("rate")),
            ("net", Stored::Column("net")),
            ("gross", Stored::Column("gross")),
            ("open", Stored::Column("open")),
            ("dueOn", Stored::Column("due_on")),
            ("memo", Stored::Column("memo")),
            ("journal", Stored::Column("journal")),
            ("postedAt", Stored::Column("posted_at")),
            ("postedBy", Stored::Column("posted_by")),
            ("lines", Stored::Lines(&LINES)),
        ],
        parts: OF_DOCUMENTS,
        read: "invoicing.list_invoices",
        write: "invoicing.update_invoice",
    },
    SystemEntity {
        definition: include_str!("../entities/payment.json"),
        table: "invoicing.payment",
        fields: &[
            ("number", Stored::Column("number")),
            ("direction", Stored::Column("direction")),
            ("date", Stored::Column("date")),
            ("entity", Stored::Column("entity")),
            ("party", Stored::Column("party_id")),
            ("partyName", Stored::Column("party_name")),
            ("bankAccount", Stored::Column("bank_account")),
            ("currency", Stored::Column("currency")),
            ("amount", Stored::Column("amount")),
            ("rate", Stored::Column("rate")),
            ("unallocated", Stored::Column("unallocated")),
            ("reference", Stored::Column("reference")),
            ("memo", Stored::Column("memo")),
            ("journal", Stored::Column("journal")),
            ("postedAt", Stored::Column("posted_at")),
            ("postedBy", Stored::Column("posted_by")),
        ],
        parts: OF_DOCUMENTS,
        read: "invoicing.list_payments",
        write: "invoicing.update_payment",
    },
];

/// An entity that the records service writes.
const fn reference(
    definition: &'static str,
    table: &'static str,
    fields: &'static [(&'static str, Stored)],
) -> SystemEntity {
    SystemEntity {
        definition,
        table,
        fields,
        parts: OF_REFERENCE,
        read: READ_REFERENCE,
        write: WRITE_REFERENCE,
    }
}

/// The lines of invoices.
const LINES: LineTable = LineTable {
    table: "invoicing.invoice_line",
    record: "invoice_id",
    position: "line_no",
    columns: &[
        ("lineNo", "line_no"),
        ("account", "account"),
        ("role", "role"),
        ("text", "text"),
        ("quantity", "quantity"),
        ("unitPrice", "unit_price"),
        ("discountPercent", "discount_percent"),
        ("amount", "amount"),
        ("taxCodes", "tax_codes"),
        ("dimensions", "dimensions"),
    ],
};

/// What a list of invoices shows unless other fields are asked for: all but the lines.
pub(crate) const INVOICE_WITHOUT_LINES: &str = "state,createdAt,createdBy,number,kind,date,entity,party,partyName,\
     supplierNumber,corrects,currency,rate,net,gross,open,dueOn,memo,journal,postedAt,postedBy";
