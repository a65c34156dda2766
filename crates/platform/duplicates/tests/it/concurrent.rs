//! Merges and writes at once.

use futures::future::join_all;
use serde_json::json;

use crate::support::{HOMES, World, entity, field, person};

#[tokio::test]
async fn of_two_merges_of_the_same_records_one_is_done() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "A"})).await;
        let b = world.make("person", json!({"name": "B"})).await;
        let merge = |stays: &str, goes: &str| {
            let path = world.duplicates("person", &format!("records/{stays}/merge"));
            let client = world.client.with("if-match", "\"1\"");
            let body = json!({"others": [{"id": goes, "version": 1}]});
            async move { client.post(&path, &body).await.status }
        };
        let mut all = Vec::new();
        for _ in 0..2 {
            all.push(merge(&a, &b));
            all.push(merge(&b, &a));
        }
        let mut statuses = join_all(all).await;
        statuses.sort_unstable();
        let mut expected = vec![412; 4];
        expected[0] = 200;
        assert_eq!(statuses, expected, "{home:?}");
    }
}

#[tokio::test]
async fn what_is_written_during_a_merge_is_moved_or_refused() {
    let order = entity(
        "order",
        json!([
            field("buyer", json!({"reference": {"entity": "person"}})),
            field(
                "lines",
                json!({"child": {"fields": [field("who", json!({"reference": {"entity": "person"}}))]}})
            )
        ]),
    );
    for home in HOMES {
        let world = World::new(home, &[person(), order.clone()]).await;
        for _ in 0..3 {
            let a = world.make("person", json!({"name": "A"})).await;
            let b = world.make("person", json!({"name": "B"})).await;
            let write = |at: usize| {
                let (client, path, b) = (world.client.clone(), world.records("order", ""), b.clone());
                let values =
                    if at.is_multiple_of(2) { json!({"buyer": b}) } else { json!({"lines": [{"who": b}]}) };
                async move {
                    let answer = client.post(&path, &values).await;
                    assert!([201, 422].contains(&answer.status), "{}", answer.json());
                    (answer.status == 201).then(|| answer.text("/id"))
                }
            };
            let change = async {
                let (client, path) =
                    (world.client.with("if-match", "\"1\""), world.records("person", &format!("/{b}")));
                client.patch(&path, &json!({"phone": "+12025550100"})).await.status
            };
            let merge = async {
                let path = world.duplicates("person", &format!("records/{a}/merge"));
                let body = json!({"others": [{"id": b, "version": 1}]});
                world.client.with("if-match", "\"1\"").post(&path, &body).await.status
            };
            let (written, changed, merged) = futures::join!(join_all((0..4).map(write)), change, merge);
            assert!(matches!((changed, merged), (200, 412) | (409 | 412, 200)), "{changed} {merged}");
            for id in written.into_iter().flatten() {
                let order = world.read("order", &id).await;
                let named =
                    if order["buyer"].is_null() { &order["lines"][0]["who"] } else { &order["buyer"] };
                let expected = if merged == 200 { &a } else { &b };
                assert_eq!(named, expected, "{home:?}");
            }
        }
    }
}

#[tokio::test]
async fn of_duplicates_that_are_made_at_once_one_is_refused() {
    let mut strict = person();
    strict["duplicates"][0]["onWrite"] = json!("refuse");
    for home in HOMES {
        let world = World::new(home, &[strict.clone()]).await;
        let made = (0..4).map(|_| {
            let (client, path) = (world.client.clone(), world.records("person", ""));
            async move { client.post(&path, &json!({"mail": "ann@example.com"})).await.status }
        });
        let mut statuses = join_all(made).await;
        statuses.sort_unstable();
        let mut expected = vec![409; 4];
        expected[0] = 201;
        assert_eq!(statuses, expected, "{home:?}");
    }
}
