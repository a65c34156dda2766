//! What policies leave of a list is told of an index and of a filter before records are looked at.

use super::*;

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
