//! Who may find and merge duplicates.

use athyper_test_kit::Client;
use serde_json::json;

use crate::support::{HOMES, World, person};

#[tokio::test]
async fn who_may_not_is_refused() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"mail": "ann@example.com"})).await;
        let b = world.make("person", json!({"mail": "ann@example.com"})).await;
        let reads = [
            world.duplicates("person", "groups"),
            world.duplicates("person", "dismissals"),
            world.duplicates("person", &format!("records/{a}/candidates")),
        ];
        let merge = world.duplicates("person", &format!("records/{a}/merge"));
        let body = json!({"others": [{"id": b, "version": 1}]});
        let dismiss = (world.duplicates("person", "dismissals"), json!({"records": [a, b]}));
        let check = (world.duplicates("person", "check"), json!({"values": {"mail": "ann@example.com"}}));
        let [nobody, viewer, agent] = ["nobody", "viewer", "agent"].map(|role| world.app.user("demo", role));
        for path in &reads {
            assert_eq!(nobody.get(path).await.expect(403).code(), "request.forbidden");
            world.app.anonymous().get(path).await.expect(401);
            viewer.get(path).await.expect(200);
        }
        nobody.post(&check.0, &check.1).await.expect(403);
        viewer.post(&check.0, &check.1).await.expect(200);
        let merged = |client: &Client| {
            let (client, merge, body) = (client.with("if-match", "\"1\""), merge.clone(), body.clone());
            async move { client.post(&merge, &body).await }
        };
        for client in [&nobody, &viewer, &agent] {
            merged(client).await.expect(403);
        }
        for client in [&nobody, &viewer] {
            client.post(&dismiss.0, &dismiss.1).await.expect(403);
        }
        assert_eq!(world.groups("person").await.len(), 1);
        merged(&world.client).await.expect(200);
    }
}

#[tokio::test]
async fn another_tenant_has_none_of_it() {
    let world = World::new(HOMES[1], &[person()]).await;
    let stranger = world.app.user("globex", "admin");
    let a = world.make("person", json!({"mail": "ann@example.com"})).await;
    let b = world.make("person", json!({"mail": "ann@example.com"})).await;
    let theirs = stranger.post(&world.records("person", ""), &json!({"mail": "ann@example.com"})).await;
    assert!(theirs.expect(201).json().get("duplicates").is_none());
    let groups = stranger.get(&world.duplicates("person", "groups")).await.expect(200).json();
    assert_eq!(groups["items"], json!([]));
    let check = json!({"values": {"mail": "ann@example.com"}});
    let found = stranger.post(&world.duplicates("person", "check"), &check).await.expect(200).json();
    assert_eq!(found["candidates"].as_array().unwrap().len(), 1);
    stranger.get(&world.duplicates("person", &format!("records/{a}/candidates"))).await.expect(404);
    let stranger = stranger.with("if-match", "\"1\"");
    let merge = world.duplicates("person", &format!("records/{a}/merge"));
    stranger.post(&merge, &json!({"others": [{"id": b, "version": 1}]})).await.expect(404);
    let dismissal = json!({"records": [a, b]});
    stranger.post(&world.duplicates("person", "dismissals"), &dismissal).await.expect(422);
    let made = world.client.post(&world.duplicates("person", "dismissals"), &dismissal).await.expect(201);
    stranger.delete(&made.header("location")).await.expect(404);
    assert_eq!(world.candidates("person", &a).await, Vec::<String>::new());
    // Merging into one of their own does not reach ours either.
    let own = stranger.get(&world.records("person", "")).await.expect(200).text("/items/0/id");
    let merge = world.duplicates("person", &format!("records/{own}/merge"));
    let refused = stranger.post(&merge, &json!({"others": [{"id": a, "version": 1}]})).await.expect(422);
    assert_eq!(refused.text("/errors/0/code"), "unknown_record");
}
