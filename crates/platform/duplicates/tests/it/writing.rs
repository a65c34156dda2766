//! What a write says of duplicates: it reports them, or is refused.

use serde_json::{Value, json};

use crate::support::{HOMES, World, faults, person};

/// People of whom none may be a duplicate by mail address.
fn strict() -> Value {
    let mut definition = person();
    definition["duplicates"][0]["onWrite"] = json!("refuse");
    definition["duplicates"][1]["onWrite"] = json!("none");
    definition
}

#[tokio::test]
async fn an_answer_names_the_duplicates_of_what_was_written() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "Ann Lee"})).await;
        let made =
            world.client.post(&world.records("person", ""), &json!({"name": "Lee Ann"})).await.expect(201);
        assert_eq!(made.json()["duplicates"], json!([{"rule": "name", "id": a}]));
        assert!(world.read("person", &made.text("/id")).await.get("duplicates").is_none());
        let changed =
            world.change("person", &made.text("/id"), json!({"name": "Bo"})).await.expect(200).json();
        assert!(changed.get("duplicates").is_none());
        let changed =
            world.change("person", &made.text("/id"), json!({"name": "ann-lee"})).await.expect(200).json();
        assert_eq!(changed["duplicates"], json!([{"rule": "name", "id": a}]));
    }
}

#[tokio::test]
async fn a_duplicate_is_refused_unless_somebody_may_say_that_it_is_none() {
    for home in HOMES {
        let world = World::new(home, &[strict()]).await;
        let path = world.records("person", "");
        let a = world.make("person", json!({"mail": "ann@example.com", "name": "Ann"})).await;
        let twin = json!({"mail": "Ann@Example.com", "name": "Ann"});
        let refused = world.client.post(&path, &twin).await.expect(409);
        assert_eq!(refused.code(), "records.duplicate");
        assert_eq!(faults(&refused), [("/mail".to_owned(), "duplicate".to_owned())]);
        assert!(refused.text("/errors/0/message").contains(&a), "{}", refused.json());
        // A rule of which nothing is said on writing says nothing.
        let quiet = world.client.post(&path, &json!({"name": "Ann"})).await.expect(201).json();
        assert!(quiet.get("duplicates").is_none());
        let quiet = quiet["id"].as_str().unwrap();
        assert_eq!(world.change("person", quiet, twin.clone()).await.expect(409).code(), "records.duplicate");

        let bulk = json!({"operations": [{"operation": "create", "values": twin}]});
        let results = world.client.post(&world.records("person", "/bulk"), &bulk).await.expect(200).json();
        assert_eq!(results["results"][0]["code"], "records.duplicate");

        let manager = world.app.user("demo", "manager");
        let allowed = format!("{path}?allowDuplicates=true");
        assert_eq!(manager.post(&allowed, &twin).await.expect(403).code(), "request.forbidden");
        let made = world.client.post(&allowed, &twin).await.expect(201);
        assert_eq!(made.json()["duplicates"], json!([{"rule": "mail", "id": a}]));
        // What is a duplicate already can be changed.
        world.change("person", &made.text("/id"), json!({"name": "Bo"})).await.expect(200);
        world.delete("person", &a).await.expect(204);
        assert_eq!(
            world.run("person", &a, "restore", json!({})).await.expect(409).code(),
            "records.duplicate"
        );
        world.client.post(&format!("{path}?allowDuplicates=maybe"), &twin).await.expect(400);
    }
}
