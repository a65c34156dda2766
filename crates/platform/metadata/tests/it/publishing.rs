//! Publishing: what is in force, its versions, and what was there before.

use serde_json::json;

use crate::support::{Thing, app, change, changes, definition, field, found, read, record};

#[tokio::test]
async fn an_entity_is_designed_published_and_used() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let def = definition("thing", &json!([field("name", &json!("text"), &json!({"required": true}))]));
    let thing = Thing::begin(&admin, &def).await;
    admin.post("/v1/records/thing", &json!({"name": "a"})).await.expect(404);
    let published = thing.publish(&json!({"note": "the first"})).await.expect(200);
    assert_eq!(
        (published.text("/state"), published.text("/publishedVersion")),
        ("published".to_owned(), "1".to_owned())
    );
    record(&admin, "thing", &json!({"name": "a"})).await;
    let versions = admin.get(&format!("{}/versions", thing.path())).await.expect(200).json();
    assert_eq!(versions["items"][0]["note"], "the first");
    let version = admin.get(&format!("{}/versions/1", thing.path())).await.expect(200).json();
    assert_eq!(version["definition"]["fields"][0]["type"], json!({"text": {"maxLength": 255}}));
    let deleted = admin.with("if-match", "*").delete(&thing.path()).await.expect(409);
    assert_eq!(deleted.code(), "metadata.published");
    // Another design of the same key cannot be in force beside it.
    let other = Thing::begin(&admin, &def).await;
    assert_eq!(other.publish(&json!({})).await.expect(409).code(), "metadata.key_taken");
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values_and_a_removed_one_comes_back_with_them() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let one = definition(
        "thing",
        &json!([
            field("name", &json!("text"), &json!({"indexed": true, "label": "Name"})),
            field("size", &json!("integer"), &json!({}))
        ]),
    );
    let thing = Thing::publish_new(&admin, &one).await;
    let id = record(&admin, "thing", &json!({"name": "a", "size": 3})).await;
    // Renamed; a new field has the old name; another one is removed.
    let two = definition(
        "thing",
        &json!([
            field("title", &json!("text"), &json!({"indexed": true, "label": "Name"})),
            field("name", &json!("text"), &json!({}))
        ]),
    );
    thing.draft(&two, &json!({"name": "title"})).await.expect(200);
    // A second change of the draft need not say it again.
    thing.draft(&two, &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(
        changes(&plan),
        [
            change("field_renamed", "additive", 0),
            change("field_added", "additive", 0),
            change("field_removed", "destructive", 1)
        ]
    );
    thing.publish_confirmed().await.expect(200);
    let now = read(&admin, "thing", &id).await;
    assert_eq!((&now["title"], &now["name"], &now.get("size")), (&json!("a"), &json!(null), &None));
    assert_eq!(
        found(&admin, "thing?filter=title%20%3D%3D%20'a'&sort=title").await,
        std::slice::from_ref(&id)
    );
    admin
        .with("if-match", "*")
        .patch(&format!("/v1/records/thing/{id}"), &json!({"title": "b", "name": "n"}))
        .await
        .expect(200);

    // Back to the first version: the values of today under the old names, and the removed ones again.
    let back = json!({"version": 1});
    admin.with("if-match", "*").post(&format!("{}/rollback", thing.path()), &back).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(
        changes(&plan),
        [
            change("field_renamed", "additive", 0),
            change("field_returned", "needs_backfill", 1),
            change("field_removed", "destructive", 1)
        ],
        "{plan:#}"
    );
    thing.publish_confirmed().await.expect(200);
    let now = read(&admin, "thing", &id).await;
    assert_eq!((&now["name"], &now["size"], &now.get("title")), (&json!("b"), &json!(3), &None));
    let compared = admin.get(&format!("{}/compare?from=1&to=3", thing.path())).await.expect(200).json();
    assert_eq!(compared["changes"], json!([]));
    let compared = admin.get(&format!("{}/compare?from=1&to=2", thing.path())).await.expect(200).json();
    assert_eq!(compared["changes"].as_array().unwrap().len(), 3);
    // And what was entered as another name in between.
    admin
        .with("if-match", "*")
        .post(&format!("{}/rollback", thing.path()), &json!({"version": 2}))
        .await
        .expect(200);
    thing.publish_confirmed().await.expect(200);
    let now = read(&admin, "thing", &id).await;
    assert_eq!((&now["title"], &now["name"]), (&json!("b"), &json!("n")));
}

#[tokio::test]
async fn indexes_words_defaults_and_computed_values_are_made_for_what_is_there() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let one = definition(
        "thing",
        &json!([
            field("name", &json!("text"), &json!({})),
            field("price", &json!("decimal"), &json!({})),
            field("count", &json!("integer"), &json!({})),
        ]),
    );
    let thing = Thing::publish_new(&admin, &one).await;
    let b = record(&admin, "thing", &json!({"name": "bolt", "price": "2.50", "count": 4})).await;
    let a = record(&admin, "thing", &json!({"name": "anchor", "price": "1.00"})).await;
    let two = definition(
        "thing",
        &json!([
            field("name", &json!("text"), &json!({"indexed": true, "searchable": true})),
            field("price", &json!("decimal"), &json!({})),
            field("count", &json!("integer"), &json!({"required": true, "default": "7"})),
            field(
                "total",
                &json!({"computed": {"expression": "price * count", "result": "decimal"}}),
                &json!({"indexed": true})
            ),
        ]),
    );
    thing.become_now(&two, &json!({})).await.expect(200);
    assert_eq!(found(&admin, "thing?sort=name").await, [a.clone(), b.clone()]);
    assert_eq!(found(&admin, "thing?search=anch").await, std::slice::from_ref(&a));
    assert_eq!(read(&admin, "thing", &b).await["total"], "10");
    let now = read(&admin, "thing", &a).await;
    assert_eq!((&now["count"], &now["total"], &now["version"]), (&json!(7), &json!("7"), &json!(2)));
    assert_eq!(found(&admin, "thing?sort=-total").await, [b, a.clone()]);
    let history = admin.get(&format!("/v1/records/thing/{a}/revisions")).await.expect(200).json();
    assert_eq!(history["items"][0]["action"], "convert");
}

#[tokio::test]
async fn an_archived_entity_is_gone_and_comes_back() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let one = definition("thing", &json!([field("name", &json!("text"), &json!({}))]));
    let thing = Thing::begin(&admin, &one).await;
    let archive = format!("{}/archive", thing.path());
    let unarchive = format!("{}/unarchive", thing.path());
    assert_eq!(admin.post_empty(&archive).await.expect(409).code(), "metadata.not_published");
    thing.publish(&json!({})).await.expect(200);
    let id = record(&admin, "thing", &json!({"name": "a"})).await;
    let reference = field("thing", &json!({"reference": {"entity": "thing"}}), &json!({}));
    let other = Thing::publish_new(&admin, &definition("other", &json!([reference]))).await;
    let refused = admin.post_empty(&archive).await.expect(409);
    assert_eq!(refused.code(), "metadata.referenced");
    let renamed = definition("object", &one["fields"]);
    thing.draft(&renamed, &json!({})).await.expect(200);
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.blocked_by_records");
    admin.post_empty(&format!("{}/archive", other.path())).await.expect(200);
    admin.post_empty(&archive).await.expect(200);
    assert_eq!(admin.post_empty(&archive).await.expect(409).code(), "metadata.archived");
    admin.get(&format!("/v1/records/thing/{id}")).await.expect(404);
    let back = admin.post_empty(&unarchive).await.expect(200);
    assert_eq!(back.text("/publishedVersion"), "2");
    assert_eq!(read(&admin, "thing", &id).await["name"], "a");
    assert_eq!(admin.post_empty(&unarchive).await.expect(409).code(), "metadata.not_archived");
    // The draft has waited, and nobody refers to the entity any more.
    thing.publish(&json!({})).await.expect(200);
    admin.get(&format!("/v1/records/thing/{id}")).await.expect(404);
    assert_eq!(read(&admin, "object", &id).await["name"], "a");
}

#[tokio::test]
async fn an_entity_of_a_new_key_is_still_referred_to_by_its_own_records() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let tree = |key: &str| {
        let parent = json!({"reference": {"entity": key, "onDelete": "restrict"}});
        let mut def = definition(
            key,
            &json!([field("name", &json!("text"), &json!({})), field("parent", &parent, &json!({}))]),
        );
        def["kind"] = json!("tree");
        def
    };
    let thing = Thing::publish_new(&admin, &tree("part")).await;
    let top = record(&admin, "part", &json!({"name": "top"})).await;
    let below = record(&admin, "part", &json!({"name": "below", "parent": top})).await;
    thing.draft(&tree("piece"), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(plan["class"], "additive", "{plan:#}");
    thing.publish(&json!({})).await.expect(200);
    assert_eq!(read(&admin, "piece", &below).await["parent"], json!(top));
    let refused = admin.with("if-match", "*").delete(&format!("/v1/records/piece/{top}")).await.expect(409);
    assert_eq!(refused.code(), "records.referenced");
}

#[tokio::test]
async fn a_field_is_added_by_itself_to_the_draft_or_at_once_in_force() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing =
        Thing::publish_new(&admin, &definition("thing", &json!([field("name", &json!("text"), &json!({}))])))
            .await;
    let id = record(&admin, "thing", &json!({"name": "a"})).await;
    let new = |key: &str, publish: bool| json!({"field": field(key, &json!("integer"), &json!({"indexed": true})), "publish": publish});
    let unversioned = admin.post(&format!("{}/fields", thing.path()), &new("size", true)).await;
    assert_eq!(unversioned.expect(428).status, 428);
    let added = thing.add_field(&new("size", true)).await.expect(200);
    assert_eq!(
        (added.text("/pointer"), added.text("/design/publishedVersion")),
        ("/fields/1".into(), "2".into())
    );
    let with_size = record(&admin, "thing", &json!({"name": "b", "size": 3})).await;
    assert_eq!(found(&admin, "thing?filter=size%20%3E%202").await, [with_size]);
    assert_eq!(read(&admin, "thing", &id).await["name"], "a");

    // Only into the draft; then there is more in it than what would be put in force.
    assert_eq!(
        thing.add_field(&new("size", false)).await.expect(422).text("/errors/0/pointer"),
        "/field/key"
    );
    assert_eq!(thing.add_field(&json!({"field": 7})).await.expect(422).text("/errors/0/pointer"), "/field");
    let drafted = thing.add_field(&new("weight", false)).await.expect(200);
    assert_eq!(
        (drafted.text("/pointer"), drafted.text("/design/publishedVersion")),
        ("/fields/2".into(), "2".into())
    );
    let faulty = thing.add_field(&json!({"field": {"key": "Bad Key", "label": "b", "type": "text"}})).await;
    assert_eq!(faulty.expect(200).text("/faults/0/pointer"), "/fields/3/key");
    thing
        .draft(
            &definition(
                "thing",
                &json!([
                    field("name", &json!("text"), &json!({})),
                    field("size", &json!("integer"), &json!({"indexed": true})),
                    field("weight", &json!("integer"), &json!({}))
                ]),
            ),
            &json!({}),
        )
        .await
        .expect(200);
    let refused = thing.add_field(&new("height", true)).await.expect(409);
    assert_eq!(refused.code(), "metadata.other_changes");
    // A draft that was never in force comes in force as a whole.
    let other = Thing::begin(&admin, &definition("other", &json!([]))).await;
    assert_eq!(other.add_field(&new("size", true)).await.expect(409).code(), "metadata.other_changes");
    // What was refused has left nothing behind.
    assert_eq!(thing.read().await["definition"]["fields"].as_array().unwrap().len(), 3);
}
