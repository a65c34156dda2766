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

/// The records that one rule leaves to somebody who may read all of them, where it denies, or none.
fn left_by(entity: &Entity, effect: &str, condition: &str, at: &Context) -> Vec<Predicate> {
    let rule = json!({"key": "rows", "effect": effect, "subjects": {"everyone": true},
        "operations": ["records.get_record"], "resource": {"entity": "item"}, "condition": condition});
    let asker = set_of(entity, vec![rule]).asker(Subject::default(), Circumstances::default());
    let granted = match effect {
        "deny" => Granted::Everything(Arc::new(RuleName::of_role("viewer"))),
        _ => Granted::NOTHING,
    };
    let decision = asker.list(&Question {
        operation: "records.get_record",
        kind: Some("read"),
        entity: Some("item"),
        record: None,
        granted: &granted,
        at,
    });
    vec![decision.predicate]
}

/// What policies leave is looked for in an index as a filter is.
#[tokio::test]
async fn what_policies_leave_is_found_by_an_index() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA, crate::MODULE.schema.unwrap()]).await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let id = crate::new_entity_id(&tx);
    let entity = publish(&mut tx, id, definition()).await.unwrap();
    let context = Context::utc(tx.now());
    let sought = |effect: &str, condition: &str| {
        let only = left_by(&entity, effect, condition, &context);
        let selection = Selection { only, ..selected(None, &[]) };
        let sort = Sort::parse(&entity, None, false).unwrap();
        let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
        driver::sought(&asked).map(|sought| (sought.slot, sought.named.map_or(0, |named| named.len())))
    };
    let size = entity.slot("size").unwrap();
    assert_eq!(sought("allow", "has(resource.size) && resource.size == 7"), Some((size, 1)));
    assert_eq!(sought("allow", "resource.size in [7, 9]"), Some((size, 2)));
    assert_eq!(sought("deny", "resource.size != 7"), Some((size, 1)));
    assert_eq!(sought("deny", "resource.size >= 500"), Some((size, 0)));
    // Records without a size are left as well, which are in no index.
    assert_eq!(sought("deny", "has(resource.size) && resource.size != 7"), None);
    assert_eq!(sought("allow", "resource.size == 7 || resource.label == 'l7'"), None);
}

#[tokio::test]
async fn rows_of_many_values_are_put_in_order_from_the_index_alone() {
    let (db, entity) = filled().await;
    sqlx::raw_sql("vacuum analyze").execute(&mut db.superuser().await).await.unwrap();
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    // As where there are so many records that several processes would be thought to read them sooner.
    for setting in ["parallel_setup_cost", "min_parallel_index_scan_size"] {
        let statement = "select set_config($1, '0', true)";
        sqlx::query(statement).bind(setting).execute(tx.conn()).await.unwrap();
    }
    let context = Context::utc(tx.now());
    let cache = Cache::new(1 << 20, Limits::default());
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let statement = "select set_config('plan_cache_mode', $1, true)";
        sqlx::query(statement).bind(mode).execute(tx.conn()).await.unwrap();
        for (filter, sort) in [
            ("label >= 'l2'", "-createdAt"),
            ("label.startsWith('l12')", "createdAt"),
            ("at < timestamp('2026-01-12T00:00:00Z')", "-createdAt"),
        ] {
            let condition = terms::condition(&cache, &entity, filter).unwrap();
            let selection = selected(Some(condition), &[]);
            let sort = Sort::parse(&entity, Some(sort), false).unwrap();
            let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
            let sought = driver::sought(&asked).unwrap();
            let place = Place { value: None, id: Uuid::max() };
            let rows = Statement::bounded(&tx, &asked, &sought, Some(&place), (51, 5)).unwrap();
            let plan = explained(&mut tx, rows).await;
            // The first value, the samples, and the rows of the page; a plan that is not run does not tell of the other values.
            assert_eq!(plan.matches("using field_value_by_value").count(), 2, "{mode} {filter}:\n{plan}");
            assert_eq!(plan.matches("using field_value_sampled").count(), 1, "{mode} {filter}:\n{plan}");
            assert_eq!(plan.matches("Index Only Scan").count(), 3, "{mode} {filter}:\n{plan}");
            // Rows that are too far are passed over by the index.
            assert!(plan.contains("AND (record_id "), "{mode} {filter}:\n{plan}");
            assert!(!plan.contains("Seq Scan") && !plan.contains("Gather"), "{mode} {filter}:\n{plan}");
            // And their records, one by one.
            assert_eq!(plan.matches("using record_pkey").count(), 1, "{mode} {filter}:\n{plan}");
            let driver = Driver::of_page(&mut tx, &asked, None, 51).await.unwrap();
            assert!(matches!(driver, Driver::First(..)), "{filter}: {driver:?}");
        }
    }
}

/// The first ids of rows between two values, as near as a sample of this number, and whether they are all.
async fn first(
    tx: &mut TenantTx,
    asked: &Asked<'_>,
    after: Option<&Place>,
    samples: u32,
) -> (Option<Vec<Uuid>>, bool) {
    let sought = driver::sought(asked).unwrap();
    let statement = Statement::bounded(tx, asked, &sought, after, (60, samples)).unwrap();
    let rows = statement.rows(tx).await.unwrap();
    let met: Option<i64> = rows[0].try_get("rows").unwrap();
    assert_eq!(rows[0].try_get::<Option<Vec<String>>, _>("values").unwrap(), None);
    let ids: Vec<Uuid> =
        rows.iter().filter_map(|row| row.try_get::<Option<Uuid>, _>("id").unwrap()).collect();
    assert_eq!(usize::try_from(met.unwrap_or_default()).unwrap(), ids.len());
    (met.map(|_| ids), rows[0].try_get("are_all").unwrap())
}

#[tokio::test]
async fn rows_between_two_values_are_found_by_samples_unless_they_are_too_many() {
    let (db, entity) = filled().await;
    // At both ends there are samples only, so that those that a walk begins with do not reach.
    let label = entity.slot("label").unwrap();
    let at_the_ends = format!(
        "with made as (insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, \
         updated_by) select tenant_id, entity_id, made.id, version, data, created_at, created_by, updated_at, updated_by \
         from records.record, (select (first || '-0000-4000-8000-00000000' || lpad(to_hex(n * 64), 4, '0'))::uuid as id \
         from generate_series(1, 10) n, unnest(array['00000000', 'ffffffff']) first) made where data ->> '{label}' = 'l77' \
         returning tenant_id, entity_id, id) \
         insert into records.field_value (tenant_id, entity_id, slot, record_id, value) \
         select tenant_id, entity_id, {label}, id, 'l77' from made"
    );
    sqlx::raw_sql(AssertSqlSafe(at_the_ends)).execute(&mut db.superuser().await).await.unwrap();
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let context = Context::utc(tx.now());
    let cache = Cache::new(1 << 20, Limits::default());
    for (sort, way) in [("createdAt", "asc"), ("-createdAt", "desc")] {
        let sort = Sort::parse(&entity, Some(sort), false).unwrap();
        let condition = terms::condition(&cache, &entity, "label.startsWith('l7')").unwrap();
        let selection = selected(Some(condition), &[]);
        let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
        let sql =
            format!("select id from records.record where data ->> '{label}' like 'l7%' order by id {way}");
        let all: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(tx.conn()).await.unwrap();
        assert_eq!(all.len(), 1_131);
        let (mut short, mut full) = (0, 0);
        for place in [None, Some(0), Some(500), Some(1_069), Some(1_070), Some(1_129), Some(1_130)] {
            let after = place.map(|place: usize| Place { value: None, id: all[place] });
            let expected: Vec<Uuid> =
                all.iter().copied().skip(place.map_or(0, |place| place + 1)).take(60).collect();
            for samples in [1, 2, 5, 1_000] {
                // What is found is the beginning of what there is, as far as the sample reaches.
                let (found, are_all) = first(&mut tx, &asked, after.as_ref(), samples).await;
                let found = found.unwrap();
                assert_eq!(found, expected[..found.len()], "{way} {place:?} {samples}");
                if are_all || samples == 1_000 {
                    assert!(are_all && found.len() == expected.len(), "{way} {place:?} {samples}");
                } else if found.len() == 60 {
                    full += 1;
                } else {
                    short += 1;
                }
            }
            let driver = Driver::of_page(&mut tx, &asked, after.as_ref(), 60).await.unwrap();
            let Driver::First(_, met) = driver else { panic!("{driver:?}") };
            let ids: Vec<Uuid> = met.found.iter().map(|(record, _)| record.id.uuid()).collect();
            assert_eq!(ids, expected, "{way} {place:?}");
        }
        assert!(short > 0 && full > 0, "{way}: {short} {full}");
        // Half as many as are passed over at most, and then twice as many.
        let condition = terms::condition(&cache, &entity, "label >= 'l2'").unwrap();
        let selection = selected(Some(condition), &[]);
        let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
        let (found, _) = first(&mut tx, &asked, None, 40).await;
        assert_eq!(found.map(|found| found.len()), Some(60));
    }
    tx.commit(AuditEvent::info("test.read")).await.unwrap();
    fill(&db, &entity).await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let condition = terms::condition(&cache, &entity, "label >= 'l'").unwrap();
    let selection = selected(Some(condition), &[]);
    let sort = Sort::parse(&entity, None, false).unwrap();
    let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
    assert_eq!(first(&mut tx, &asked, None, 5).await.0, None);
    assert!(matches!(Driver::of_page(&mut tx, &asked, None, 60).await.unwrap(), Driver::All));
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
    let [(record, _)] = found.as_slice() else { panic!("{found:?}") };
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
                seen.extend(found.iter().map(|(record, _)| record.id.uuid()));
                let Some((record, _)) = found.last().filter(|_| found.len() == 90) else { break };
                after = Some(Place { value: None, id: record.id.uuid() });
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
                after = found.last().map(|(record, _)| Place { value: None, id: record.id.uuid() });
                assert_eq!(found.len(), 5);
            }
        }
        // What a write looks for and puts beside a record.
        let sort = Sort::parse(&entity, Some("createdAt"), false).unwrap();
        let asked = Asked { entity: &entity, selection: &selected(None, &[]), sort, context: &context };
        let first = page(&mut tx, &asked, None, 1).await.unwrap();
        let [(record, _)] = first.as_slice() else { panic!("{first:?}") };
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

/// All records of a list, page by page: each as its value in the index and its id.
async fn walked(
    tx: &mut TenantTx,
    entity: &Entity,
    (filter, sort): (&str, &str),
    limit: u32,
) -> Vec<(String, Uuid)> {
    let context = Context::utc(tx.now());
    let filter = terms::condition(&Cache::new(1 << 20, Limits::default()), entity, filter).unwrap();
    let selection = selected(Some(filter), &[]);
    let sort = Sort::parse(entity, Some(sort), false).unwrap();
    let SortBy::Field(slot) = sort.by else { panic!("by a field") };
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let indexed = format!(
        "select value from records.field_value where tenant_id = $1 and entity_id = $2 and slot = {slot} and record_id = $3"
    );
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let found = page(tx, &asked, after.as_ref(), limit).await.unwrap();
        for (record, _) in &found {
            let query = sqlx::query_scalar(AssertSqlSafe(indexed.clone()));
            let query = query.bind(tx.tenant_id().uuid()).bind(entity.id.uuid()).bind(record.id.uuid());
            walked.push((query.fetch_one(tx.conn()).await.unwrap(), record.id.uuid()));
        }
        if found.len() < limit as usize {
            return walked;
        }
        after = walked.last().map(|(value, id)| Place { value: Some(value.clone()), id: *id });
    }
}

/// How many records a page looks up.
async fn looked_up(tx: &mut TenantTx, entity: &Entity, filter: &str, sort: &str) -> i64 {
    let context = Context::utc(tx.now());
    let filter = terms::condition(&Cache::new(1 << 20, Limits::default()), entity, filter).unwrap();
    let selection = selected(Some(filter), &[]);
    let sort = Sort::parse(entity, Some(sort), false).unwrap();
    let SortBy::Field(slot) = sort.by else { panic!("by a field") };
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let told = terms::told_by_value(entity, &selection, slot, &context).unwrap();
    let mut statement = Statement::by_leaps(tx, &asked, (slot, &told), None, 51).unwrap();
    statement.text = format!("explain (analyze, format json) {}", statement.text);
    let plan: Value = statement.rows(tx).await.unwrap()[0].try_get(0).unwrap();
    let mut looked_up = 0;
    sum_of_lookups(&plan, &mut looked_up);
    looked_up
}

fn sum_of_lookups(plan: &Value, sum: &mut i64) {
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| sum_of_lookups(part, sum)),
        Value::Object(node) => {
            if node.get("Index Name").is_some_and(|name| name == "record_pkey") {
                *sum += node["Actual Loops"].as_i64().unwrap();
            }
            node.values().for_each(|part| sum_of_lookups(part, sum));
        }
        _ => {}
    }
}

#[tokio::test]
async fn values_that_are_refused_are_leapt_over_and_no_record_with_them() {
    let (db, entity) = filled().await;
    // Texts that are the same as far as the index keeps them, every third of which ends with an x.
    let label = entity.slot("label").unwrap();
    let cut_off = format!(
        "update records.record r set data = data || jsonb_build_object('{label}', repeat('m', 260) || n || \
         case when n % 3 = 0 then 'x' else '' end) from (select id, row_number() over (order by id) n from records.record \
         where data ->> '{label}' like 'l9%') long where long.id = r.id; \
         update records.field_value v set value = left(r.data ->> '{label}', 255) from records.record r \
         where r.id = v.record_id and v.slot = {label}"
    );
    sqlx::raw_sql(AssertSqlSafe(cut_off)).execute(&mut db.superuser().await).await.unwrap();
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let all = |slot: Slot, holds: &str| {
        format!(
            "select v.value, v.record_id from records.field_value v join records.record r on r.id = v.record_id \
             where v.slot = {slot} and {holds} order by v.value, v.record_id"
        )
    };
    let size = format!("(r.data ->> '{}')::integer", entity.slot("size").unwrap());
    let text = format!("r.data ->> '{label}'");
    for (filter, field, holds) in [
        ("size % 10 == 3", "size", format!("{size} % 10 = 3")),
        ("size != 0 && size != 999", "size", format!("{size} not in (0, 999)")),
        ("size in [2, 700, 998]", "size", format!("{size} in (2, 700, 998)")),
        ("size % 100 < 2 && label.endsWith('1')", "size", format!("{size} % 100 < 2 and {text} like '%1'")),
        ("size % 7 == 9", "size", "false".to_owned()),
        ("label.endsWith('x')", "label", format!("{text} like '%x'")),
        ("!label.endsWith('5') && size > 990", "label", format!("{text} not like '%5' and {size} > 990")),
    ] {
        let statement = all(entity.slot(field).unwrap(), &holds);
        let mut expected: Vec<(String, Uuid)> =
            sqlx::query_as(AssertSqlSafe(statement)).fetch_all(tx.conn()).await.unwrap();
        assert_eq!(walked(&mut tx, &entity, (filter, field), 300).await, expected, "{filter}");
        expected.reverse();
        let backwards = format!("-{field}");
        assert_eq!(walked(&mut tx, &entity, (filter, &backwards), 299).await, expected, "{filter}");
    }
    // Of a value that is refused one of its twenty records is looked up; 480 would be without leaps.
    assert_eq!(looked_up(&mut tx, &entity, "size % 10 == 3", "size").await, 216);
    // Where none is refused, hardly more than the page has.
    assert_eq!(looked_up(&mut tx, &entity, "size != 999", "size").await, 8 + 16 + 32 + 3);
    assert_eq!(looked_up(&mut tx, &entity, "size != 999", "-size").await, 1 + 8 + 16 + 32 + 3);
}

#[tokio::test]
async fn where_the_policies_leave_nothing_of_what_is_named_nothing_is_looked_up() {
    let (db, entity) = filled().await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let (context, cache) = (Context::utc(tx.now()), Cache::new(1 << 20, Limits::default()));
    let sort = Sort::parse(&entity, None, false).unwrap();
    for (filter, denied, left) in [
        ("grade == 2", "has(resource.grade) && resource.grade % 4 != 3", 0),
        ("grade in [1, 2]", "has(resource.grade) && resource.grade % 4 != 3", 0),
        ("grade in [2, 3]", "has(resource.grade) && resource.grade % 4 != 3", 5_000),
        ("grade == 3", "has(resource.grade) && resource.grade % 4 != 3", 5_000),
        ("grade > 3 && grade < 2", "resource.label == 'l1'", 0),
        ("grade == 2", "!(resource.grade in [3, 4])", 0),
        ("grade in [2, 3]", "!(resource.grade in [3, 4])", 5_000),
        ("label == 'l7'", "resource.label.endsWith('7')", 0),
        ("label == 'l7'", "resource.label.endsWith('8')", 1),
    ] {
        let filter_of = terms::condition(&cache, &entity, filter).unwrap();
        let only = left_by(&entity, "deny", denied, &context);
        let selection = Selection { only, ..selected(Some(filter_of), &[]) };
        let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
        let found = page(&mut tx, &asked, None, 51).await.unwrap();
        assert_eq!(found.len(), left.min(51), "{filter} without {denied}");
        assert_eq!(usize::try_from(count(&mut tx, &asked).await.unwrap()).unwrap(), left, "{filter}");
        let is_nowhere = terms::is_nowhere(&entity, &selection, &context);
        assert_eq!(is_nowhere, left == 0, "{filter} without {denied}");
    }
}
