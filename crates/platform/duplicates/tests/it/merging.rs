//! Merges: which values the record gets that stays, and what is left of the others.

use serde_json::{Value, json};

use crate::support::{HOMES, World, faults, person, sorted};

#[tokio::test]
async fn the_record_that_stays_gets_what_it_lacks_and_what_is_chosen() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "Ann", "tags": ["a", "b"], "site": "Rome"})).await;
        let b = world
            .make(
                "person",
                json!({"name": "Ann Lee", "mail": "b@example.com", "number": "7", "tags": ["c", "b"]}),
            )
            .await;
        let c = world
            .make("person", json!({"name": "A. Lee", "mail": "c@example.com", "phone": "+12025550100"}))
            .await;
        let take = json!({"name": b, "tags": "all", "site": c});
        let done = world.merge("person", &[&a, &b, &c], take).await.expect(200);
        assert_eq!(done.header("etag"), "\"2\"");
        let done = done.json();
        assert_eq!((&done["merged"], &done["moved"]), (&json!([b, c]), &json!({})));
        let record = world.read("person", &a).await;
        assert_eq!(record, done["record"]);
        let values =
            ["name", "mail", "phone", "number", "tags", "site", "size"].map(|key| record[key].clone());
        let expected = json!(["Ann Lee", "b@example.com", "+12025550100", "7", ["a", "b", "c"], null, 7]);
        assert_eq!(json!(values), expected, "{home:?}");

        for gone in [&b, &c] {
            let gone = world.read("person", gone).await;
            assert_eq!((&gone["mergedInto"], gone["deletedAt"].is_string()), (&json!(a), true));
            assert_eq!(gone["version"], 2);
        }
        let revisions = world.client.get(&world.records("person", &format!("/{b}/revisions"))).await.json();
        let actions: Vec<_> =
            revisions["items"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
        assert_eq!(actions, ["merge", "create"]);
        let refused = world.run("person", &b, "restore", json!({})).await.expect(409);
        assert_eq!(
            (refused.code(), refused.text("/detail").contains(&a)),
            ("records.merged".to_owned(), true)
        );
        assert_eq!(world.count("match_key").await, 2);
        assert_eq!(world.count("match_count").await, 2);
        // What was merged into what was merged later is where that is.
        let d = world.make("person", json!({"name": "D"})).await;
        world.merge("person", &[&d, &a], json!({})).await.expect(200);
        assert_eq!(world.read("person", &b).await["mergedInto"], json!(d));
        world.run("person", &b, "purge", json!({})).await.expect(204);
        world.client.get(&world.records("person", &format!("/{b}"))).await.expect(404);
    }
}

#[tokio::test]
async fn a_merge_is_one_event_that_names_all() {
    let world = World::new(HOMES[0], &[person()]).await;
    let a = world.make("person", json!({"name": "Ann"})).await;
    let b = world.make("person", json!({"mail": "b@example.com"})).await;
    let before = events(&world).await.len();
    world.merge("person", &[&a, &b], json!({})).await.expect(200);
    let events = events(&world).await;
    assert_eq!(events.len(), before + 1);
    let event = events.iter().find(|event| !event["merged"].is_null()).unwrap();
    assert_eq!(event["merged"], json!([{"id": b, "version": 1}]));
    assert_eq!((&event["changed"], &event["moved"]), (&json!(["mail"]), &json!([])));
    assert!(!event.to_string().contains("b@example.com"), "{event}");
}

/// What all events say, the oldest first.
async fn events(world: &World) -> Vec<Value> {
    let mut admin = world.app.db.superuser().await;
    let said: Vec<String> = sqlx::query_scalar("select meta::text from audit.event order by recorded_at, id")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    said.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[tokio::test]
async fn what_cannot_be_merged_is_named_and_nothing_is_changed() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "Ann"})).await;
        let b = world.make("person", json!({"name": "Bo"})).await;
        let path = world.duplicates("person", &format!("records/{a}/merge"));
        let unknown = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
        for (body, pointer, code) in [
            (json!({"others": []}), "/others", "length"),
            (json!({"others": [{"id": a, "version": 1}]}), "/others/0/id", "repeated"),
            (
                json!({"others": [{"id": b, "version": 1}, {"id": b, "version": 1}]}),
                "/others/1/id",
                "repeated",
            ),
            (json!({"others": [{"id": unknown, "version": 1}]}), "/others/0/id", "unknown_record"),
            (
                json!({"others": [{"id": b, "version": 1}], "take": {"nothing": b}}),
                "/take/nothing",
                "unknown_field",
            ),
            (json!({"others": [{"id": b, "version": 1}], "take": {"size": b}}), "/take/size", "read_only"),
            (
                json!({"others": [{"id": b, "version": 1}], "take": {"name": "all"}}),
                "/take/name",
                "wrong_type",
            ),
            (
                json!({"others": [{"id": b, "version": 1}], "take": {"name": unknown}}),
                "/take/name",
                "unknown_record",
            ),
        ] {
            let refused = world.any_version().post(&path, &body).await.expect(422);
            assert_eq!(faults(&refused), [(pointer.to_owned(), code.to_owned())]);
        }
        let other = |version: i64| json!({"others": [{"id": b, "version": version}]});
        world.client.post(&path, &other(1)).await.expect(428);
        world.client.with("if-match", "\"2\"").post(&path, &other(1)).await.expect(412);
        let refused = world.client.with("if-match", "\"1\"").post(&path, &other(2)).await.expect(412);
        assert_eq!(refused.text("/currentVersion"), "1");
        assert_eq!(faults(&refused), [("/others/0/version".to_owned(), "version_changed".to_owned())]);
        let nowhere = world.duplicates("person", &format!("records/{unknown}/merge"));
        world.any_version().post(&nowhere, &other(1)).await.expect(404);
        assert_eq!(world.read("person", &a).await["version"], 1);

        world.delete("person", &b).await.expect(204);
        assert_eq!(
            world.any_version().post(&path, &other(2)).await.expect(409).code(),
            "records.record_deleted"
        );
    }
}

#[tokio::test]
async fn the_same_request_is_done_once() {
    let world = World::new(HOMES[0], &[person()]).await;
    let a = world.make("person", json!({"name": "Ann"})).await;
    let b = world.make("person", json!({"mail": "b@example.com"})).await;
    let client = world.client.with("if-match", "\"1\"").with("idempotency-key", "0123456789abcdef0123456789");
    let path = world.duplicates("person", &format!("records/{a}/merge"));
    let body = json!({"others": [{"id": b, "version": 1}]});
    let first = client.post(&path, &body).await.expect(200);
    let again = client.post(&path, &body).await.expect(200);
    assert_eq!((first.body, again.header("idempotency-replayed")), (again.body.clone(), "true".to_owned()));
    assert_eq!(world.read("person", &a).await["version"], 2);
}

#[tokio::test]
async fn what_was_said_of_a_record_that_goes_holds_of_the_one_that_stays() {
    let world = World::new(HOMES[0], &[person()]).await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(world.make("person", json!({"mail": "ann@example.com"})).await);
    }
    let dismiss = |one: usize, other: usize| {
        let body = json!({"records": [made[one], made[other]]});
        let path = world.duplicates("person", "dismissals");
        let client = world.client.clone();
        async move { client.post(&path, &body).await.expect(201) }
    };
    dismiss(0, 1).await;
    dismiss(1, 2).await;
    dismiss(0, 2).await;
    dismiss(1, 3).await;
    world.merge("person", &[&made[0], &made[1]], json!({})).await.expect(200);
    assert_eq!(world.count("dismissal").await, 2);
    assert!(world.candidates("person", &made[0]).await.is_empty());
    assert_eq!(world.groups("person").await, [("mail".to_owned(), sorted(&[&made[2], &made[3]]))]);
}
