//! What was posted on some days, as a part of statements: the sums of whole months as they are kept, and lines for the days that
//! these are too many or too few. All reports of balances and movements read the books through it.
//!
//! Its parameters are `$1` the tenant, `$2` the legal entity, `$3` the key of a dimension, `$4` the codes of its values, `$5` and
//! `$6` the whole months, and `$7` to `$9` the parts of months. All are bound in any case, so a statement's own begin at `$10`.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_ledger::DimensionFilter;
use sqlx::postgres::Postgres;
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, postgres::PgArguments};

use athyper_kernel_ledger_model::days::Days;
use athyper_kernel_ledger_model::legal_entity::EntityId;

/// Whose books are read, and as far as which days and values of a dimension take them.
#[derive(Clone, Copy, Debug)]
pub struct Books<'b> {
    /// The legal entity.
    pub entity: EntityId,
    /// The days.
    pub days: &'b Days,
    /// Only what is about these values of a dimension.
    pub filter: Option<&'b DimensionFilter>,
}

/// Which sums are wanted, in SQL that holds for monthly balances and for lines alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums {
    /// The columns that each row is for.
    pub(crate) by: &'static str,
    /// The name of each sum, and what is summed up.
    pub(crate) of: &'static [(&'static str, &'static str)],
    /// A condition on what is summed up.
    pub(crate) only: &'static str,
}

impl Books<'_> {
    /// A table of these sums, which has several rows for the same `by`.
    pub(crate) fn sums(&self, sums: Sums) -> String {
        let Sums { by, of, only } = sums;
        let summed: Vec<String> = of.iter().map(|(name, what)| format!(", sum({what}) as {name}")).collect();
        let signed: Vec<String> =
            of.iter().map(|(name, _)| format!(", part.sign * of_part.{name}")).collect();
        let (summed, signed) = (summed.concat(), signed.concat());
        let (monthly, lines) = (monthly(self.filter), lines(self.filter));
        format!(
            "(select {by}{summed} from {monthly} kept \
                 where month >= coalesce($5, '-infinity'::date) and month < $6 and {only} group by {by} \
             union all \
             select {by}{signed} from unnest($7::date[], $8::date[], $9::smallint[]) as part (first, last, sign) \
             cross join lateral (select {by}{summed} from finance.journal_line line \
                 where line.tenant_id = $1 and line.entity_id = $2 and line.posted_on between part.first and part.last \
                 and {only} and {lines} group by {by}) of_part)"
        )
    }

    /// A query of a statement with such a table, whose parameters are bound.
    pub(crate) fn query<'q, Row>(
        &self,
        tx: &(impl TenantConnection + ?Sized),
        statement: String,
    ) -> QueryAs<'q, Postgres, Row, PgArguments>
    where
        Row: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let parts = &self.days.parts;
        sqlx::query_as(AssertSqlSafe(statement))
            .bind(tx.tenant_id().uuid())
            .bind(self.entity.uuid())
            .bind(self.filter.map(|filter| filter.key.clone()))
            .bind(self.filter.map(|filter| filter.values.clone()))
            .bind(self.days.first_month)
            .bind(self.days.end_month)
            .bind(parts.iter().map(|part| part.first).collect::<Vec<_>>())
            .bind(parts.iter().map(|part| part.last).collect::<Vec<_>>())
            .bind(parts.iter().map(|part| part.sign).collect::<Vec<_>>())
    }
}

/// The monthly balances, as a table of account, currency, month and amounts.
fn monthly(filter: Option<&DimensionFilter>) -> &'static str {
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

/// The condition on lines, which are called `line`. Its parameters are `$3` and `$4`.
pub(crate) fn lines(filter: Option<&DimensionFilter>) -> &'static str {
    match filter {
        None => "$3::text is null and $4::text[] is null",
        Some(filter) if filter.values.is_empty() => {
            "line.dimensions ->> $3 is null and $4::text[] is not null"
        }
        Some(_) => "line.dimensions ->> $3 = any($4)",
    }
}
