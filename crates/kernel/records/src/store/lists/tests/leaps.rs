//! Pages in the order of a field whose values are refused.

use super::*;

/// What a filter selects, and an order by a field.
fn ordered(entity: &Entity, filter: &str, sort: &str) -> (Selection, Sort, Slot) {
    let filter = terms::condition(&Cache::new(1 << 20, Limits::default()), entity, filter).unwrap();
    let sort = Sort::parse(entity, Some(sort), false).unwrap();
    let SortBy::Field(slot) = sort.by else { panic!("by a field") };
    (selected(Some(filter), &[]), sort, slot)
}

/// All records of a list, page by page: each as its value in the index and its id.
async fn walked(
    tx: &mut TenantTx,
    entity: &Entity,
    (filter, sort): (&str, &str),
    limit: u32,
) -> Vec<(String, Uuid)> {
    let context = Context::utc(tx.now());
    let (selection, sort, slot) = ordered(entity, filter, sort);
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let indexed = format!(
        "select value from records.field_value where tenant_id = $1 and entity_id = $2 and slot = {slot} and record_id = $3"
    );
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let found = page(tx, &asked, after.as_ref(), limit).await.unwrap();
        for record in found.iter().map(|found| found.stored().unwrap()) {
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
    let (selection, sort, slot) = ordered(entity, filter, sort);
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
