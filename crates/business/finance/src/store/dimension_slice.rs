//! The books as far as a filter by a dimension takes them, as parts of statements. Their parameters are `$1` the tenant, `$2` the
//! legal entity, `$3` the key of the dimension and `$4` the codes of its values; the last two are bound in any case.

use athyper_kernel_ledger::DimensionFilter;

/// The monthly balances, as a table of account, currency, month and amounts.
pub(crate) fn monthly(filter: Option<&DimensionFilter>) -> &'static str {
    match filter {
        None => {
            "(select account_id, currency, month, debit, credit, base_debit, base_credit from finance.balance \
             where tenant_id = $1 and entity_id = $2 and $3::text is null and $4::text[] is null)"
        }
        // What names no value is all without what names one.
        Some(filter) if filter.values.is_empty() => {
            "(select account_id, currency, month, debit, credit, base_debit, base_credit from finance.balance \
             where tenant_id = $1 and entity_id = $2 \
             union all select account_id, currency, month, -debit, -credit, -base_debit, -base_credit \
             from finance.dimension_balance where tenant_id = $1 and entity_id = $2 and dimension = $3 \
             and $4::text[] is not null)"
        }
        Some(_) => {
            "(select account_id, currency, month, debit, credit, base_debit, base_credit \
             from finance.dimension_balance where tenant_id = $1 and entity_id = $2 and dimension = $3 \
             and value = any($4))"
        }
    }
}

/// The condition on lines, which are called `line`.
pub(crate) fn lines(filter: Option<&DimensionFilter>) -> &'static str {
    match filter {
        None => "$3::text is null and $4::text[] is null",
        Some(filter) if filter.values.is_empty() => {
            "line.dimensions ->> $3 is null and $4::text[] is not null"
        }
        Some(_) => "line.dimensions ->> $3 = any($4)",
    }
}
