//! Pages between two values of an index, found by samples.

use super::*;

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
            let ids: Vec<Uuid> = met.found.iter().map(|found| found.stored().unwrap().id.uuid()).collect();
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
