//! The plans of lists walk along an index, however many records there are.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_cel::{Cache, Expression, Limits};
use athyper_kernel_db::{AUDIT_SCHEMA, PLATFORM_SCHEMA, TenantTx};
use athyper_kernel_entity::EntityDef;
use athyper_kernel_policy::{Circumstances, Granted, Predicate, Question, RuleName, Subject};
use athyper_kernel_record_model::{Traces, terms};
use athyper_test_kit::TestDatabase;
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::*;
use crate::catalogue::publish;
use crate::store::{records, references, traces, unique};
use crate::tests::bench::small_tenants;
use crate::tests::policies::set_of;

mod bounds;
mod conditions;
mod leaps;

/// How many records the tenant has.
const MANY: i32 = 20_000;

fn definition() -> EntityDef {
    let indexed = |key: &str, kind: &str| json!({"key": key, "label": key, "type": kind, "indexed": true});
    let fields = json!([
        indexed("size", "integer"),
        indexed("label", "text"),
        indexed("at", "dateTime"),
        indexed("grade", "integer")
    ]);
    serde_json::from_value(json!({"key": "item", "label": "Item", "plural": "Items", "fields": fields}))
        .unwrap()
}

/// The records for which this holds and that have these words.
fn selected(filter: Option<Expression>, words: &[&str]) -> Selection {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Selection { only: Vec::new(), filter, words, deleted: false, source: String::new() }
}

async fn fill(db: &TestDatabase, entity: &Entity) {
    let mut superuser = db.superuser().await;
    let slot = |key: &str| entity.slot(key).unwrap();
    let (size, label, at, grade) = (slot("size"), slot("label"), slot("at"), slot("grade"));
    let number = format!("data ->> '{size}'");
    let made = format!(
        "with made as (insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, \
         updated_at, updated_by) select '{tenant}', '{entity}', gen_random_uuid(), 1, jsonb_build_object('{size}', n % 1000, \
         '{label}', 'l' || n, '{at}', to_char(timestamp '2026-01-01' + n * interval '1 min', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
         '{grade}', 1 + n % 4), \
         now(), 't', now() - n * interval '1 s', 't' from generate_series(1, {MANY}) n returning id, data), \
         words as (insert into records.word (tenant_id, entity_id, word, record_id, weight) \
         select '{tenant}', '{entity}', data ->> '{label}', id, 8 from made) \
         insert into records.field_value (tenant_id, entity_id, slot, record_id, value) \
         select '{tenant}', '{entity}', slot, id, case slot when {size} then case {number} when '0' then '1' \
         else '2' || 50 + length({number}) || rtrim({number}, '0') end \
         when {grade} then '251' || (data ->> '{grade}') else data ->> slot::text end \
         from made, unnest(array[{size}, {label}, {at}, {grade}]) slot",
        tenant = db.tenant_id("demo"),
        entity = entity.id
    );
    for statement in [made.as_str(), "analyze"] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut superuser).await.unwrap();
    }
}

/// A database with many records of the entity.
async fn filled() -> (TestDatabase, Entity) {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA, crate::MODULE.schema.unwrap()]).await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let id = crate::new_entity_id(&tx);
    let entity = publish(&mut tx, id, definition()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
    fill(&db, &entity).await;
    (db, entity)
}

/// The plan of a page in the middle of a list.
async fn plan(
    tx: &mut TenantTx,
    entity: &Entity,
    filter: Option<&str>,
    search: &[&str],
    sort: &str,
) -> String {
    let context = Context::utc(tx.now());
    let cache = Cache::new(1 << 20, Limits::default());
    let filter = filter.map(|source| terms::condition(&cache, entity, source).unwrap());
    let selection = selected(filter, search);
    let sort = Sort::parse(entity, Some(sort), false).unwrap();
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let place = |value: &str| Place { value: Some(value.to_owned()), id: Uuid::max() };
    let statement = if let SortBy::Field(slot) = sort.by {
        Statement::by_value(tx, &asked, &Keys::of(entity, slot), Some(&place("5")), 51)
    } else {
        let place = place("2026-01-01T00:00:00.000000Z");
        let driver = match sort.by {
            SortBy::Created => Driver::of_page(tx, &asked, Some(&place), 51).await.unwrap(),
            _ => Driver::All,
        };
        match driver {
            Driver::All => Statement::by_record(tx, &asked, Some(&place), 51),
            driver => Statement::stride(tx, &asked, &driver, Some(place.id), (51, 51)),
        }
    };
    explained(tx, statement.unwrap()).await
}

async fn explained(tx: &mut TenantTx, statement: Statement) -> String {
    let arguments = statement.arguments().unwrap();
    let explain = format!("explain {}", statement.text);
    let lines: Vec<String> =
        sqlx::query_scalar_with(AssertSqlSafe(explain), arguments).fetch_all(tx.conn()).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn lists_walk_along_an_index() {
    let (db, entity) = filled().await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    for (filter, search, sort, index) in [
        (None, &[][..], "createdAt", "record_pkey"),
        (None, &[], "-createdAt", "record_pkey"),
        (None, &[], "-updatedAt", "record_by_update"),
        (None, &[], "size", "field_value_by_value"),
        (None, &[], "-size", "field_value_by_value"),
        (None, &[], "label", "field_value_by_value"),
        (None, &[], "-at", "field_value_by_value"),
        (Some("size == 7"), &[], "-createdAt", "field_value_by_value"),
        (Some("label == 'l77' && size < 100"), &[], "-createdAt", "field_value_by_value"),
        (Some("size in [7, 9, 7]"), &[], "-createdAt", "field_value_by_value"),
        (Some("grade >= 3"), &[], "-createdAt", "field_value_by_value"),
        (Some("grade > 1 && grade <= 4"), &[], "createdAt", "field_value_by_value"),
        (None, &["l777"], "-createdAt", "word_pkey"),
    ] {
        let plan = plan(&mut tx, &entity, filter, search, sort).await;
        assert!(plan.contains(index), "{filter:?} {sort} does not use {index}:\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{filter:?} {sort}:\n{plan}");
        // The records of a stride's page are put in order; what it walks along is in order.
        let walk = plan.rsplit("CTE walked").next().and_then(|rest| rest.split("Left Join").next());
        assert!(
            walk.is_some_and(|walk| !walk.contains("Sort  (")) || !search.is_empty(),
            "{filter:?} {sort}:\n{plan}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_by_id_or_value_reads_what_it_finds() {
    let (db, entity) = filled().await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let context = Context::utc(tx.now());
    let filter =
        terms::condition(&Cache::new(1 << 20, Limits::default()), &entity, "label == 'l77'").unwrap();
    let selection = selected(Some(filter), &[]);
    let sort = Sort::parse(&entity, None, false).unwrap();
    let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
    let found = page(&mut tx, &asked, None, 51).await.unwrap();
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let record = found.stored().unwrap();
    // A get, what is expanded, what a reference is checked by, and a count.
    let ids = [record.id.uuid()];
    records::find(&mut tx, &entity, record.id).await.unwrap().unwrap();
    assert_eq!(records::by_ids(&mut tx, &entity, &ids).await.unwrap().len(), 1);
    assert_eq!(records::existing(&mut tx, &entity, &ids).await.unwrap(), ids);
    assert_eq!(count(&mut tx, &asked).await.unwrap(), 1);
    let (whole, rows): (i64, i64) = sqlx::query_as(
        "select sum(seq_scan)::bigint, sum(idx_tup_fetch + seq_tup_read)::bigint from pg_stat_xact_user_tables \
         where schemaname = 'records' and relname in ('record', 'field_value')",
    )
    .fetch_one(tx.conn())
    .await
    .unwrap();
    assert_eq!(whole, 0);
    assert!(rows < 50, "{rows} rows");
}

#[tokio::test]
async fn walks_along_an_index_see_what_the_filter_selects_in_order() {
    let (db, entity) = filled().await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let context = Context::utc(tx.now());
    let value = |key: &str| format!("data ->> '{}'", entity.slot(key).unwrap());
    let (size, label, grade) = (value("size"), value("label"), value("grade"));
    // One value, several, and many; and a condition beside the bound for which few of its rows hold.
    for (filter, same) in [
        ("grade == 2", format!("({grade})::int = 2")),
        ("grade >= 2 && grade < 4", format!("({grade})::int in (2, 3)")),
        ("label.startsWith('l77')", format!("{label} like 'l77%'")),
        ("grade >= 3 && size < 3", format!("({grade})::int >= 3 and ({size})::int < 3")),
        ("grade == 2 && size == 7", "false".to_owned()),
        ("label >= 'l1' && size < 30", format!("{label} >= 'l1' and ({size})::int < 30")),
        ("label > 'l5' && label < 'l5'", "false".to_owned()),
    ] {
        let cache = Cache::new(1 << 20, Limits::default());
        let condition = terms::condition(&cache, &entity, filter).unwrap();
        let selection = selected(Some(condition), &[]);
        for (sort, way) in [("createdAt", "asc"), ("-createdAt", "desc")] {
            let sort = Sort::parse(&entity, Some(sort), false).unwrap();
            let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
            let sql = format!("select id from records.record where {same} order by id {way}");
            let expected: Vec<Uuid> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(tx.conn()).await.unwrap();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let found = page(&mut tx, &asked, after.as_ref(), 90).await.unwrap();
                seen.extend(found.iter().map(|found| found.stored().unwrap().id.uuid()));
                let Some(id) = seen.last().filter(|_| found.len() == 90) else { break };
                after = Some(Place { value: None, id: *id });
            }
            assert_eq!(seen, expected, "{filter} {way}");
        }
    }
}

/// How many pages of tables and indexes this transaction has looked at.
async fn looked_at(tx: &mut TenantTx) -> i64 {
    sqlx::query_scalar(
        "select sum(pg_stat_get_xact_blocks_fetched(oid))::bigint from pg_class \
         where relnamespace = 'records'::regnamespace and relkind in ('r', 'i')",
    )
    .fetch_one(tx.conn())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_page_looks_at_what_it_shows_whichever_plan_the_database_keeps() {
    let (db, entity) = filled().await;
    // Beside many tenants the database takes this one for a small one, where it plans for no value in particular.
    let mut admin = db.superuser().await;
    small_tenants(&mut admin, &entity).await;
    sqlx::raw_sql("vacuum analyze").execute(&mut admin).await.unwrap();
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let context = Context::utc(tx.now());
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let statement = "select set_config('plan_cache_mode', $1, true)";
        sqlx::query(statement).bind(mode).execute(tx.conn()).await.unwrap();
        for (filter, sort) in [
            (None, "createdAt"),
            (None, "-updatedAt"),
            (None, "size"),
            (None, "-label"),
            (Some("size == 7"), "-createdAt"),
            (Some("label == 'l77' && size < 100"), "createdAt"),
            (Some("label.startsWith('l777')"), "createdAt"),
            (Some("label > 'l7770' && label <= 'l7779'"), "-createdAt"),
            (Some("label >= 'l7' && label < 'l70'"), "label"),
        ] {
            let cache = Cache::new(1 << 20, Limits::default());
            let filter = filter.map(|source| terms::condition(&cache, &entity, source).unwrap());
            let selection = selected(filter.clone(), &[]);
            let sort_by = Sort::parse(&entity, Some(sort), false).unwrap();
            let asked = Asked { entity: &entity, selection: &selection, sort: sort_by, context: &context };
            let before = looked_at(&mut tx).await;
            let found = page(&mut tx, &asked, None, 51).await.unwrap();
            if filter.is_some() {
                assert_eq!(count(&mut tx, &asked).await.unwrap(), i64::try_from(found.len()).unwrap());
            }
            let pages = looked_at(&mut tx).await - before;
            // To find a record by its key, or one value behind another, takes four pages; all records of the tenant lie in a
            // thousand and more.
            let most = 20 * i64::try_from(found.len()).unwrap() + 40;
            assert!(pages <= most, "{mode}: {filter:?} by {sort} looks at {pages} pages for {}", found.len());
        }
        // Pages under bounds: of few values, which half of the records have, and of many.
        for bound in ["grade >= 3", "label.startsWith('l77')"] {
            let cache = Cache::new(1 << 20, Limits::default());
            let filter = terms::condition(&cache, &entity, bound).unwrap();
            let selection = selected(Some(filter), &[]);
            let sort = Sort::parse(&entity, Some("-createdAt"), false).unwrap();
            let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
            let mut after = None;
            for _ in 0..3 {
                let before = looked_at(&mut tx).await;
                let found = page(&mut tx, &asked, after.as_ref(), 5).await.unwrap();
                let pages = looked_at(&mut tx).await - before;
                assert!(pages <= 90, "{mode}: a page under {bound} looks at {pages} pages");
                after = found.last().map(|last| Place { value: None, id: last.stored().unwrap().id.uuid() });
                assert_eq!(found.len(), 5);
            }
        }
        // What a write looks for and puts beside a record.
        let sort = Sort::parse(&entity, Some("createdAt"), false).unwrap();
        let asked = Asked { entity: &entity, selection: &selected(None, &[]), sort, context: &context };
        let found = page(&mut tx, &asked, None, 1).await.unwrap();
        let first = found[0].stored().unwrap();
        let record = first.into_record(&entity).unwrap();
        let before = looked_at(&mut tx).await;
        records::find(&mut tx, &entity, record.id).await.unwrap().unwrap();
        let traces = Traces::of(&entity, &record.values);
        traces::put_values(&mut tx, entity.id, record.id, &traces.values).await.unwrap();
        traces::put_words(&mut tx, entity.id, record.id, &traces.words).await.unwrap();
        references::put(&mut tx, entity.id, record.id, &traces.references).await.unwrap();
        unique::free(&mut tx, entity.id, record.id, &traces.unique).await.unwrap();
        assert!(unique::take(&mut tx, entity.id, record.id, &traces.unique).await.unwrap().is_empty());
        traces::clear(&mut tx, entity.id, record.id).await.unwrap();
        let pages = looked_at(&mut tx).await - before;
        assert!(pages <= 150, "{mode}: a write looks at {pages} pages");
        println!("{mode}: a write looks at {pages} pages");
    }
}
