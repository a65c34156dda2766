//! What was posted to sets of accounts by month, from `finance.balance`, `finance.dimension_balance` and, where lines must name
//! several values, the lines themselves.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::{AccountSet, Selection, Turnover};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// The accounts of each asked set: `chosen (place, account_id)`, from `$2` places, `$3` first codes, `$4` last codes and `$5` codes
/// of accounts with all below them.
const CHOSEN: &str = "with recursive asked as ( \
         select place, first_code, last_code, top \
         from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as a (place, first_code, last_code, top) \
     ), chosen (place, account_id) as ( \
         select asked.place, account.id from asked join finance.account account on account.tenant_id = $1 \
             and (account.code = asked.top or (asked.top is null and account.code collate \"C\" between asked.first_code and asked.last_code)) \
         union \
         select chosen.place, below.id from chosen join asked on asked.place = chosen.place and asked.top is not null \
             join finance.account below on below.tenant_id = $1 and below.parent_id = chosen.account_id \
     )";

/// The columns of the asked sets.
struct Asked {
    places: Vec<i32>,
    first: Vec<Option<String>>,
    last: Vec<Option<String>>,
    top: Vec<Option<String>>,
}

impl Asked {
    fn of<'s>(sets: impl Iterator<Item = &'s AccountSet>) -> Self {
        let mut asked = Self { places: Vec::new(), first: Vec::new(), last: Vec::new(), top: Vec::new() };
        for (place, set) in (0..).zip(sets) {
            let (first, last, top) = match set {
                AccountSet::One(code) => (Some(code.clone()), Some(code.clone()), None),
                AccountSet::Range { first, last } => (Some(first.clone()), Some(last.clone()), None),
                AccountSet::Under(code) => (None, None, Some(code.clone())),
            };
            asked.places.push(place);
            asked.first.push(first);
            asked.last.push(last);
            asked.top.push(top);
        }
        asked
    }
}

/// What was posted to each selection in the months between these, which are given by their first days.
pub(crate) async fn by_month(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: Uuid,
    (first, last): (NaiveDate, NaiveDate),
    selections: &[Selection],
) -> Result<Vec<Turnover>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let asked = Asked::of(selections.iter().map(|selection| &selection.accounts));
    let dimensions: Vec<_> = selections.iter().map(|selection| json!(selection.dimensions)).collect();
    let only = |selection: &Selection| match selection.dimensions.iter().next() {
        Some((key, value)) if selection.dimensions.len() == 1 => (Some(key.clone()), Some(value.clone())),
        _ => (None, None),
    };
    let (keys, values): (Vec<_>, Vec<_>) = selections.iter().map(only).unzip();
    let statement = format!(
        "{CHOSEN}, about as (select place, named, key, value \
             from unnest($2::int[], $9::jsonb[], $10::text[], $11::text[]) as d (place, named, key, value)), \
         picked as (select chosen.place, chosen.account_id, about.named, about.key, about.value \
             from chosen join about on about.place = chosen.place), \
         movement as ( \
             select picked.place, sums.month, sums.base_debit - sums.base_credit as base \
             from picked join finance.balance sums on sums.tenant_id = $1 and sums.entity_id = $6 \
                 and sums.account_id = picked.account_id and sums.month between $7 and $8 \
             where picked.named = '{{}}' \
             union all \
             select picked.place, sums.month, sums.base_debit - sums.base_credit \
             from picked join finance.dimension_balance sums on sums.tenant_id = $1 and sums.entity_id = $6 \
                 and sums.dimension = picked.key and sums.value = picked.value \
                 and sums.account_id = picked.account_id and sums.month between $7 and $8 \
             where picked.key is not null \
             union all \
             select picked.place, date_trunc('month', line.posted_on)::date, line.base_debit - line.base_credit \
             from picked join finance.journal_line line on line.tenant_id = $1 and line.entity_id = $6 \
                 and line.account_id = picked.account_id and line.posted_on >= $7 \
                 and line.posted_on < ($8::date + interval '1 month') and line.dimensions @> picked.named \
             where picked.named <> '{{}}' and picked.key is null \
             union all \
             select picked.place, date_trunc('month', journal.date)::date, line.base_credit - line.base_debit \
             from finance.journal journal \
             join finance.journal_line line on line.tenant_id = $1 and line.journal_id = journal.id \
             join picked on picked.account_id = line.account_id and line.dimensions @> picked.named \
             where journal.tenant_id = $1 and journal.entity_id = $6 and journal.book = 'closing' \
                 and journal.state <> 'draft' and journal.date >= $7 and journal.date < ($8::date + interval '1 month') \
         ) select place, month, sum(base) as base from movement group by place, month having sum(base) <> 0 order by place, month"
    );
    let rows: Vec<(i32, NaiveDate, Decimal)> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(&asked.places)
        .bind(&asked.first)
        .bind(&asked.last)
        .bind(&asked.top)
        .bind(entity)
        .bind(first)
        .bind(last)
        .bind(&dimensions)
        .bind(&keys)
        .bind(&values)
        .fetch_all(tx.conn())
        .await?;
    let turnover = |(place, month, base)| Turnover {
        selection: usize::try_from(place).unwrap_or(usize::MAX),
        month,
        base,
    };
    Ok(rows.into_iter().map(turnover).collect())
}

/// Codes of the accounts in each set, as position of the set and code, sorted.
pub(crate) async fn members(
    tx: &mut (impl TenantConnection + ?Sized),
    sets: &[&AccountSet],
) -> Result<Vec<(i32, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let asked = Asked::of(sets.iter().copied());
    let statement = format!(
        "{CHOSEN} select chosen.place, account.code from chosen \
         join finance.account account on account.tenant_id = $1 and account.id = chosen.account_id \
         order by chosen.place, account.code"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(&asked.places)
        .bind(&asked.first)
        .bind(&asked.last)
        .bind(&asked.top)
        .fetch_all(tx.conn())
        .await?)
}

/// The accounts with these codes and all above each: code asked for, and code of itself or of one above it.
pub(crate) async fn paths(
    tx: &mut (impl TenantConnection + ?Sized),
    codes: &[&str],
) -> Result<Vec<(String, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "with recursive path (asked, id, code, parent_id) as ( \
             select code, id, code, parent_id from finance.account where tenant_id = $1 and code = any($2) \
             union \
             select path.asked, above.id, above.code, above.parent_id from path \
                 join finance.account above on above.tenant_id = $1 and above.id = path.parent_id \
         ) select asked, code from path",
    )
    .bind(tenant)
    .bind(codes)
    .fetch_all(tx.conn())
    .await?)
}
