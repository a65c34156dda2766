//! How long it takes to get a record and the first page of a list, with few records in the tenant and with many, beside a
//! thousand small tenants: `cargo xtask bench records`. All is asked for twice, and the second time compared. The figures are
//! printed, and held against nothing: machines differ.

use std::time::{Duration, Instant};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_entity::sortable;
use athyper_kernel_record_model::Entity;
use athyper_test_kit::{TestApp, TestOptions};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::agreement::encoded;
use super::dice::Dice;
use crate::{new_entity_id, publish};

/// Small tenants, and the records of each.
const SMALL_TENANTS: i64 = 1_000;
const OF_SMALL_TENANT: i64 = 10;
/// Records that are made by one statement.
const BATCH: i64 = 250_000;
/// Different sizes, in a circle of such steps, so that those of one kind lie among the others; each label is that of ten records.
const SIZES: usize = 1_000;
const STEP: usize = 919;

/// A thousandth of the few records is ten, so that both show as many.
const TEN: &str = "limit=10";

/// What is measured, by a name.
const QUESTIONS: [&str; 10] = [
    "get",
    "filter by a label, 10 found",
    "filter by a size, a thousandth found",
    "filter by a bound, a thousandth found",
    "filter by a beginning, a thousandth found",
    "filter by a beginning, in its order",
    "first page by size",
    "last page by label",
    "first page, newest",
    "count by a label",
];

pub(super) async fn put(app: &TestApp) -> Entity {
    let indexed = |key: &str, kind: &str| json!({"key": key, "label": key, "type": kind, "indexed": true});
    let note = json!({"key": "note", "label": "note", "type": "text"});
    let fields = json!([indexed("size", "integer"), indexed("label", "text"), note]);
    let def = json!({"key": "item", "label": "item", "plural": "items", "fields": fields});
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    let entity = publish(&mut tx, id, serde_json::from_value(def).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
    entity
}

/// Makes the records of these numbers as the service would, but for their revisions.
async fn fill(admin: &mut PgConnection, tenant: &str, entity: &Entity, from: i64, to: i64) {
    let (size, label) = (entity.slot("size").unwrap(), entity.slot("label").unwrap());
    let note = entity.slot("note").unwrap();
    let sizes: Vec<String> = (0..SIZES).map(|size| sortable::number(Decimal::from(size))).collect();
    let id = "('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
    let of_record = format!(
        "insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, updated_by) \
         select '{tenant}', '{entity}', {id}, 1, jsonb_build_object('{size}', n * {STEP} % {SIZES}, '{label}', 'l' || n / 10, \
         '{note}', 'note ' || n), now(), 'b', now(), 'b' from generate_series($1::bigint, $2::bigint) n",
        entity = entity.id
    );
    let of_index = format!(
        "insert into records.field_value (tenant_id, entity_id, slot, record_id, value) select '{tenant}', '{entity}', slot, \
         {id}, case slot when {size} then ($3::text[])[n * {STEP} % {SIZES} + 1] else 'l' || n / 10 end \
         from generate_series($1::bigint, $2::bigint) n, unnest(array[{size}, {label}]) slot",
        entity = entity.id
    );
    let mut first = from;
    while first < to {
        let last = to.min(first + BATCH) - 1;
        sqlx::query(AssertSqlSafe(of_record.clone()))
            .bind(first)
            .bind(last)
            .execute(&mut *admin)
            .await
            .unwrap();
        let query = sqlx::query(AssertSqlSafe(of_index.clone())).bind(first).bind(last).bind(&sizes);
        query.execute(&mut *admin).await.unwrap();
        first = last + 1;
    }
}

/// Many records at once: the indexes are made anew when all are there.
pub(super) async fn fill_many(admin: &mut PgConnection, tenant: &str, entity: &Entity, from: i64, to: i64) {
    let names = ["record_by_update", "field_value_by_value", "field_value_sampled"];
    let sql = "select indexdef from pg_indexes where schemaname = 'records' and indexname = any($1)";
    let indexes: Vec<String> = sqlx::query_scalar(sql).bind(names).fetch_all(&mut *admin).await.unwrap();
    assert_eq!(indexes.len(), names.len());
    for name in names {
        run(admin, &format!("drop index records.{name}")).await;
    }
    fill(admin, tenant, entity, from, to).await;
    run(admin, "set maintenance_work_mem = '512MB'").await;
    for index in indexes {
        run(admin, &index).await;
    }
}

pub(super) async fn run(admin: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(admin).await.unwrap();
}

/// A thousand tenants with an entity and a few records of their own.
pub(crate) async fn small_tenants(admin: &mut PgConnection, entity: &Entity) {
    let statement = format!(
        "with tenant as (select gen_random_uuid() as id from generate_series(1, {SMALL_TENANTS})), \
         entity as (insert into records.entity (tenant_id, id, key, version, definition, slots, published_at, published_by) \
         select t.id, gen_random_uuid(), e.key, 1, e.definition, e.slots, now(), 'b' from tenant t, records.entity e \
         where e.id = '{}' returning tenant_id, id), \
         made as (insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, \
         updated_by) select tenant_id, id, gen_random_uuid(), 1, '{{}}', now(), 'b', now(), 'b' from entity, \
         generate_series(1, {OF_SMALL_TENANT}) returning tenant_id, entity_id, id) \
         insert into records.field_value (tenant_id, entity_id, slot, record_id, value) \
         select tenant_id, entity_id, slot, id, 'l1' from made, unnest(array[1, 2]) slot",
        entity.id
    );
    run(admin, &statement).await;
}

/// The address of a question, about a random record of so many.
fn address(question: &str, dice: &mut Dice, records: i64) -> String {
    let records = usize::try_from(records).unwrap();
    let path = "/v1/records/item";
    match question {
        "get" => format!("{path}/01890000-0000-7000-8000-{:012x}", dice.below(records)),
        "filter by a label, 10 found" => {
            format!("{path}?filter={}", encoded(&format!("label == 'l{}'", dice.below(records / 10))))
        }
        "filter by a size, a thousandth found" => {
            format!("{path}?{TEN}&filter={}", encoded(&format!("size == {}", dice.below(SIZES))))
        }
        "filter by a bound, a thousandth found" => {
            format!("{path}?{TEN}&filter={}", encoded(&format!("size >= {}", SIZES - 1)))
        }
        // Of many different labels, where there are many records.
        beginning if beginning.starts_with("filter by a beginning") => {
            let filter = format!("label.startsWith('l{}')", 100 + dice.below(900));
            let sort = if beginning.ends_with("in its order") { "&sort=label" } else { "" };
            format!("{path}?{TEN}&filter={}{sort}", encoded(&filter))
        }
        "first page by size" => format!("{path}?sort=size"),
        "last page by label" => format!("{path}?sort=-label"),
        "first page, newest" => path.to_owned(),
        _ => format!("{path}/count?filter={}", encoded(&format!("label == 'l{}'", dice.below(records / 10)))),
    }
}

/// The middle of the times that each question takes.
async fn measure(app: &TestApp, records: i64, rounds: usize) -> Vec<Duration> {
    let (client, mut dice) = (app.user("demo", "admin"), Dice::new(1));
    let mut middles = Vec::new();
    for question in QUESTIONS {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let address = address(question, &mut dice, records);
            let started = Instant::now();
            client.get(&address).await.expect(200);
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let middle = times[times.len() / 2];
        println!("{records:>10} records, {question}: {:.3} ms", middle.as_secs_f64() * 1e3);
        middles.push(middle);
    }
    middles
}

async fn bench(few: i64, many: i64, rounds: usize) {
    let mut options = TestOptions::default();
    options.rates.enabled = false;
    let app = TestApp::with(&[crate::MODULE], options).await;
    let entity = put(&app).await;
    let tenant = app.db.tenant_id("demo").to_string();
    let mut admin = app.db.superuser().await;
    small_tenants(&mut admin, &entity).await;
    fill(&mut admin, &tenant, &entity, 0, few).await;
    run(&mut admin, "vacuum analyze").await;
    measure(&app, few, rounds).await;
    let before = measure(&app, few, rounds).await;
    let started = Instant::now();
    fill_many(&mut admin, &tenant, &entity, few, many).await;
    run(&mut admin, "vacuum analyze").await;
    let size: i64 = sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    println!(
        "{many} records in {:.0} s, {} MB with their indexes",
        started.elapsed().as_secs_f64(),
        size >> 20
    );
    admin.close().await.unwrap();
    // The first time what is asked for comes from the disk, the second time from the memory as with few records.
    measure(&app, many, rounds).await;
    let after = measure(&app, many, rounds).await;
    println!("{:<42} {few:>12} {many:>12}    ratio", "median, ms, at so many records");
    for ((question, before), after) in QUESTIONS.iter().zip(before).zip(after) {
        let (before, after) = (before.as_secs_f64() * 1e3, after.as_secs_f64() * 1e3);
        println!("{question:<42} {before:>12.3} {after:>12.3} {:>8.2}", after / before);
    }
}

#[tokio::test]
async fn the_bench_runs() {
    bench(100, 1_000, 3).await;
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench records"]
async fn bench_records() {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its size by whoever starts it")]
    let records = std::env::var("ATHYPER_BENCH_RECORDS").ok();
    let many = records.map_or(100_000, |records| records.parse().expect("a number of records"));
    bench(10_000, many, 400).await;
}
