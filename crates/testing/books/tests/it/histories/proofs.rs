//! What must hold of the ledger whatever happened. Each proof is named by the invariant that it is of:
//!
//! - I1 every journal balances in each currency and in base currency, to the last minor unit;
//! - I2 no rate is made up (steps without a rate are refused);
//! - I3 what is posted never changes, and a journal and its reversal are nothing together;
//! - I4 the numbers of a book and year are 1 to n in the order of posting;
//! - I5 nothing is posted into a closed period;
//! - I6 the trial balance is zero at every instant, and for each value of a dimension that balances;
//! - I7 open items make up the control accounts, by party and currency;
//! - I8 no more is settled than there was;
//! - I10 the close of a year moves its result, and nothing else;
//! - I11, I12 what is asked twice is done once, and what breaks off leaves nothing behind;
//! - I13 kept sums are those of the lines, exactly.
//!
//! I9, of taxes, is proven where taxes are: in `invoicing`.

use std::collections::{BTreeMap, BTreeSet};

use athyper_test_kit::{Client, TestApp};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::steps::{Caller, Seen};
use super::{CURRENCIES, ENTITIES, FIRST, LENGTH, YEAR_END};
use crate::statement_histories::Dice;

/// Statements that find what contradicts an invariant, as text.
const CONTRADICTIONS: [(&str, &str); 14] = [
    (
        "I1: a journal does not balance in a currency",
        "\
        select format('%s %s', journal_id, currency) from finance.journal_line where posted_on is not null \
        group by journal_id, currency having sum(debit) <> sum(credit)",
    ),
    (
        "I1: a journal does not balance in base currency",
        "\
        select journal_id::text from finance.journal_line where posted_on is not null \
        group by journal_id having sum(base_debit) <> sum(base_credit)",
    ),
    (
        "I1: an amount in base currency has parts of a minor unit",
        "\
        select format('%s %s', journal_id, line_no) from finance.journal_line where base_debit <> round(base_debit, 2) \
        or base_credit <> round(base_credit, 2)",
    ),
    (
        "I3: a journal and its reversal are not nothing",
        "\
        with pair as (select journal.reverses_id as id, line.* from finance.journal journal \
            join finance.journal_line line on line.journal_id in (journal.id, journal.reverses_id) \
            where journal.reverses_id is not null and journal.state <> 'draft') \
        select format('%s %s', id, account_id) from pair group by id, account_id, currency, dimensions \
        having sum(debit) <> sum(credit) or sum(base_debit) <> sum(base_credit)",
    ),
    (
        "I3: a reversal is not marked on what it reverses, or marked twice",
        "\
        select original.number from finance.journal original left join finance.journal reversal \
        on reversal.reverses_id = original.id and reversal.state <> 'draft' \
        where original.state <> 'draft' and (original.reversed_by_id is distinct from reversal.id \
        or (original.state = 'reversed') <> (reversal.id is not null))",
    ),
    (
        "I4: numbers are not 1 to n",
        "\
        select format('%s %s %s', entity_id, book, fiscal_year) from finance.journal where state <> 'draft' \
        group by entity_id, book, fiscal_year having (min(sequence), max(sequence), count(distinct sequence)) <> (1, count(*), count(*)) \
        or count(distinct number) <> count(*)",
    ),
    (
        "I7: open items are not the control account",
        "\
        with lines as (select line.entity_id, account_id, party_id, line.currency, sum(debit - credit) as amount, \
                sum(base_debit - base_credit) as base from finance.journal_line line \
            join finance.account account on account.id = line.account_id and account.use in ('receivable', 'payable') \
            where posted_on is not null group by line.entity_id, account_id, party_id, line.currency), \
        items as (select entity_id, account_id, party_id, currency, sum(open) as amount, sum(open_base) as base \
            from finance.open_item group by entity_id, account_id, party_id, currency) \
        select format('%s of %s: items %s at %s, lines %s at %s', currency, party_id, items.amount, items.base, lines.amount, lines.base) \
        from lines full join items using (entity_id, account_id, party_id, currency) \
        where (coalesce(lines.amount, 0), coalesce(lines.base, 0)) <> (coalesce(items.amount, 0), coalesce(items.base, 0))",
    ),
    (
        "I8: an item is not what it was made with less what settled it",
        "\
        select item.id::text from finance.open_item item left join (select item_id, sum(amount) as amount, sum(base) as base \
            from finance.settlement group by item_id) settled on settled.item_id = item.id \
        where (item.open, item.open_base) <> (item.amount + coalesce(settled.amount, 0), item.base + coalesce(settled.base, 0))",
    ),
    (
        "I8: more of an item is settled than there was, or something is left at nothing",
        "\
        select id::text from finance.open_item where open not between least(amount, 0) and greatest(amount, 0) \
        or open_base not between least(base, 0) and greatest(base, 0) or (open = 0 and open_base <> 0)",
    ),
    (
        "I8: an allocation and its undoing do not settle what they say",
        "\
        select allocation.id::text from finance.allocation allocation left join (select allocation_id, count(*) as times, \
            sum(amount) as amount, sum(base) as base from finance.settlement group by allocation_id) settled \
            on settled.allocation_id = allocation.id \
        where settled.times is distinct from case when undone_on is null then 2 else 4 end or settled.amount <> 0 \
        or settled.base <> case when undone_on is null then credit_base - debit_base else 0 end",
    ),
    (
        "I12: something that broke off left a journal behind",
        "\
        select id::text from finance.journal where source_entity = 'test.broken_off'",
    ),
    (
        "I11: a document was posted twice",
        "\
        select source_id::text from finance.journal where source_entity = 'test.asked_again' group by source_id having count(*) <> 1",
    ),
    (
        "I13: a kept sum is not that of its lines",
        "\
        with lines as (select entity_id, account_id, currency, date_trunc('month', posted_on)::date as month, sum(debit) as debit, \
                sum(credit) as credit, sum(base_debit) as base_debit, sum(base_credit) as base_credit \
            from finance.journal_line where posted_on is not null group by 1, 2, 3, 4), \
        kept as (select entity_id, account_id, currency, month, sum(debit) as debit, sum(credit) as credit, \
            sum(base_debit) as base_debit, sum(base_credit) as base_credit from finance.balance group by 1, 2, 3, 4) \
        select format('%s %s %s', account_id, currency, month) from lines full join kept using (entity_id, account_id, currency, month) \
        where (lines.debit, lines.credit, lines.base_debit, lines.base_credit) \
            is distinct from (kept.debit, kept.credit, kept.base_debit, kept.base_credit)",
    ),
    (
        "I13: a kept sum of a value of a dimension is not that of its lines",
        "\
        with lines as (select entity_id, named.key as dimension, named.value, account_id, currency, \
                date_trunc('month', posted_on)::date as month, sum(debit) as debit, sum(credit) as credit, \
                sum(base_debit) as base_debit, sum(base_credit) as base_credit \
            from finance.journal_line cross join lateral jsonb_each_text(dimensions) as named \
            where posted_on is not null group by 1, 2, 3, 4, 5, 6), \
        kept as (select entity_id, dimension, value, account_id, currency, month, sum(debit) as debit, sum(credit) as credit, \
            sum(base_debit) as base_debit, sum(base_credit) as base_credit from finance.dimension_balance group by 1, 2, 3, 4, 5, 6) \
        select format('%s %s %s', value, account_id, month) \
        from lines full join kept using (entity_id, dimension, value, account_id, currency, month) \
        where (lines.debit, lines.credit, lines.base_debit, lines.base_credit) \
            is distinct from (kept.debit, kept.credit, kept.base_debit, kept.base_credit)",
    ),
];

/// What is kept from one proof to the next.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Digests of all posted rows.
    rows: BTreeSet<String>,
    /// How far the numbers of each book are given.
    series: BTreeMap<(Uuid, String, NaiveDate), i64>,
    /// The journals that were posted.
    journals: BTreeSet<Uuid>,
}

async fn texts(admin: &mut PgConnection, statement: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_all(admin).await.unwrap()
}

/// Proves all that can be seen in the tables; `before` is what there was when the round began.
pub(crate) async fn check(app: &TestApp, kept: &mut Kept, before: &Seen, when: &str) {
    let mut admin = app.db.superuser().await;
    for (invariant, statement) in CONTRADICTIONS {
        let found = texts(&mut admin, statement).await;
        assert!(found.is_empty(), "{when}: {invariant}: {found:?}");
    }
    // I3: every row that was posted is there as it was.
    let rows = "select md5((to_jsonb(journal) - array['state', 'reversed_by_id', 'version'])::text) from finance.journal journal \
             where state <> 'draft' \
         union all select md5(to_jsonb(line)::text) from finance.journal_line line where posted_on is not null \
         union all select md5(to_jsonb(settlement)::text) from finance.settlement settlement";
    let rows: BTreeSet<String> = texts(&mut admin, rows).await.into_iter().collect();
    assert!(kept.rows.is_subset(&rows), "{when}: I3: posted rows have changed");
    kept.rows = rows;
    check_new(&mut admin, kept, before, when).await;
}

#[derive(sqlx::FromRow)]
struct New {
    id: Uuid,
    entity_id: Uuid,
    book: String,
    fiscal_year: NaiveDate,
    sequence: i64,
    date: NaiveDate,
    period_id: Option<Uuid>,
    version: Option<i64>,
}

/// I4 and I5, of the journals that were posted since the last proof.
async fn check_new(admin: &mut PgConnection, kept: &mut Kept, before: &Seen, when: &str) {
    let all: Vec<New> = sqlx::query_as(
        "select journal.id, journal.entity_id, book, fiscal_year, sequence, date, period.id as period_id, period.version \
         from finance.journal journal left join finance.period period on period.entity_id = journal.entity_id \
         and journal.date between period.starts_on and period.ends_on where journal.state <> 'draft' order by sequence",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    let mut series = kept.series.clone();
    for journal in all {
        let of = (journal.entity_id, journal.book.clone(), journal.fiscal_year);
        let last = series.entry(of.clone()).or_default();
        *last = journal.sequence.max(*last);
        if !kept.journals.insert(journal.id) {
            continue;
        }
        let given = kept.series.get(&of).copied().unwrap_or_default();
        assert!(journal.sequence > given, "{when}: I4: {} came after {given}", journal.sequence);
        let period = journal.period_id.zip(journal.version);
        let is_into_closed = period.is_none_or(|(id, version)| before.was_closed(id, version));
        assert!(!is_into_closed, "{when}: I5: {} is posted on {}", journal.id, journal.date);
    }
    kept.series = series;
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

/// I6: trial balances of some days, by the report and by the lines.
pub(crate) async fn check_reports(app: &TestApp, client: &Client, dice: &mut Dice, when: &str) {
    let mut admin = app.db.superuser().await;
    let first: NaiveDate = FIRST.parse().unwrap();
    let by_chance = first + Days::new(dice.below(LENGTH));
    for day in [by_chance, "2025-02-28".parse().unwrap(), "2025-12-31".parse().unwrap()] {
        for (entity, _) in ENTITIES {
            let currencies = CURRENCIES.map(|code| (Some(code), None));
            let slices = ["north", "south", ""].map(|value| (None, Some(value)));
            for (currency, branch) in [(None, None)].into_iter().chain(currencies).chain(slices) {
                let mut path = format!("/v1/finance/reports/trial-balance?asOf={day}&entity={entity}");
                path += &currency.map(|code| format!("&currency={code}")).unwrap_or_default();
                path += &branch.map(|value| format!("&dimension=branch:{value}")).unwrap_or_default();
                let report = get(client, &path).await;
                assert_eq!(report["totals"]["debit"], report["totals"]["credit"], "{when}: I6: {path}");
                let shown: BTreeMap<String, Decimal> = report["lines"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|line| (line["account"].as_str().unwrap().to_owned(), decimal(&line["balance"])))
                    .collect();
                let lines = of_lines(&mut admin, entity, day, (currency, branch)).await;
                assert_eq!(shown, lines, "{when}: I6: {path}");
            }
        }
    }
}

/// Balances of all accounts, summed up from the lines.
async fn of_lines(
    admin: &mut PgConnection,
    entity: &str,
    day: NaiveDate,
    (currency, branch): (Option<&str>, Option<&str>),
) -> BTreeMap<String, Decimal> {
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "with line as (select account.code, case when $3::text is null then base_debit - base_credit else debit - credit end as amount \
             from finance.journal_line line join finance.account account on account.id = line.account_id \
             join finance.legal_entity entity on entity.id = line.entity_id \
             where entity.code = $1 and posted_on <= $2 and ($3::text is null or line.currency = $3) \
             and ($4::text is null or coalesce(dimensions ->> 'branch', '') = $4)) \
         select code, sum(amount) from line group by code having sum(amount) <> 0",
    )
    .bind(entity)
    .bind(day)
    .bind(currency)
    .bind(branch)
    .fetch_all(admin)
    .await
    .unwrap();
    rows.into_iter().collect()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// I10: a year that is closed leaves no result, and its balance sheet is what it was.
pub(crate) async fn check_year_end(caller: &Caller, when: &str) {
    for (entity, _) in ENTITIES {
        let mut admin = caller.app.db.superuser().await;
        let closed: Option<Uuid> =
            sqlx::query_scalar("select id from closing.fiscal_year where entity = $1 and state = 'closed'")
                .bind(entity)
                .fetch_optional(&mut admin)
                .await
                .unwrap();
        if let Some(id) = closed {
            let path = format!("/v1/closing/fiscal-years/{id}/reopen");
            caller.admin.post(&path, &json!({"reason": "To close it anew"})).await.expect(200);
        }
        let path = format!("/v1/finance/reports/trial-balance?asOf={YEAR_END}&entity={entity}");
        let before = get(&caller.accountant, &path).await;
        let close = json!({"entity": entity, "lastDay": YEAR_END});
        caller.admin.post("/v1/closing/fiscal-years", &close).await.expect(201);
        let after = get(&caller.accountant, &path).await;
        let of = |report: &Value, is_result: bool| -> BTreeMap<String, Decimal> {
            let lines = report["lines"].as_array().unwrap().iter();
            lines
                .filter(|line| {
                    ["income", "expense"].contains(&line["type"].as_str().unwrap()) == is_result
                        && line["account"] != "Retained"
                })
                .map(|line| (line["account"].as_str().unwrap().to_owned(), decimal(&line["balance"])))
                .collect()
        };
        let retained = |report: &Value| -> Decimal {
            let lines = report["lines"].as_array().unwrap().iter();
            lines.filter(|line| line["account"] == "Retained").map(|line| decimal(&line["balance"])).sum()
        };
        assert_eq!(of(&after, true), BTreeMap::new(), "{when}: I10: {entity} has a result left");
        assert_eq!(
            of(&after, false),
            of(&before, false),
            "{when}: I10: the balance sheet of {entity} has changed"
        );
        let result: Decimal = of(&before, true).values().sum();
        assert_eq!(retained(&after) - retained(&before), result, "{when}: I10: {entity}");
    }
}
