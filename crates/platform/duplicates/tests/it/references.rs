//! Whatever refers to a record that goes refers to the one that stays.

use serde_json::{Value, json};

use crate::support::{HOMES, Home, World, entity, field, person};

fn order() -> Value {
    let mut definition = entity(
        "order",
        json!([
            field("buyer", json!({"reference": {"entity": "person"}})),
            field("readers", json!({"references": {"entity": "person"}})),
            field(
                "lines",
                json!({"child": {"fields": [
                field("who", json!({"reference": {"entity": "person"}})),
                field("copies", json!({"references": {"entity": "person"}})), field("text", json!("text"))]}})
            ),
            field("same", json!({"computed": {"expression": "buyer == readers[0]", "result": "boolean"}})),
        ]),
    );
    definition["states"] = json!({"initial": "open", "states": [{"key": "open", "label": "Open"},
        {"key": "done", "label": "Done", "isLocked": true}],
        "transitions": [{"key": "end", "label": "End", "from": ["open"], "to": "done"}]});
    definition
}

#[tokio::test]
async fn references_lists_and_lines_are_moved() {
    for home in HOMES {
        let world = World::new(home, &[person(), order()]).await;
        let a = world.make("person", json!({"name": "A"})).await;
        let b = world.make("person", json!({"name": "B"})).await;
        let c = world.make("person", json!({"name": "C"})).await;
        let values = json!({"buyer": b, "readers": [c, b, a], "lines": [
            {"who": c, "text": "x"}, {"who": b, "copies": [b, c]}, {"text": "y"}]});
        let open = world.make("order", values.clone()).await;
        let done = world.make("order", values).await;
        world.run("order", &done, "transition", json!({"transition": "end"})).await.expect(200);
        let apart = world.make("order", json!({"lines": [{"who": c}]})).await;
        let kept = world.make("order", json!({"buyer": a})).await;
        let merged = world.merge("person", &[&a, &b, &c], json!({})).await.expect(200).json();
        assert_eq!(merged["moved"], json!({world.key("order"): 3}));
        for order in [&open, &done] {
            let order = world.read("order", order).await;
            assert_eq!(
                (&order["buyer"], &order["readers"], &order["same"]),
                (&json!(a), &json!([a]), &json!(true))
            );
            let lines = json!([{"who": a, "text": "x"}, {"who": a, "copies": [a]}, {"text": "y"}]);
            assert_eq!(order["lines"], lines, "{home:?}");
        }
        assert_eq!(world.read("order", &done).await["state"], "done");
        assert_eq!(world.read("order", &apart).await["lines"], json!([{"who": a}]));
        assert_eq!(world.read("order", &kept).await["version"], 1);
        let revisions = world.client.get(&world.records("order", &format!("/{open}/revisions"))).await.json();
        assert_eq!(revisions["items"][0]["action"], "merge");
        // They are found from the other side too.
        assert_eq!(world.delete("person", &a).await.expect(409).code(), "records.referenced");
        for gone in [&b, &c] {
            let refused =
                world.client.post(&world.records("order", ""), &json!({"buyer": gone})).await.expect(422);
            assert_eq!(refused.text("/errors/0/code"), "unknown_record");
            let lines = json!({"lines": [{"who": gone}]});
            let refused = world.client.post(&world.records("order", ""), &lines).await.expect(422);
            assert!(refused.text("/errors/0/message").contains(&a), "{}", refused.json());
        }
    }
}

#[tokio::test]
async fn what_was_deleted_names_the_one_that_stayed_when_it_comes_back() {
    for home in HOMES {
        let world = World::new(home, &[person(), order()]).await;
        let a = world.make("person", json!({"name": "A"})).await;
        let b = world.make("person", json!({"name": "B"})).await;
        let order = world.make("order", json!({"buyer": b, "lines": [{"who": b}]})).await;
        let other = world.make("order", json!({"buyer": b})).await;
        world.change("order", &other, json!({"buyer": null})).await.expect(200);
        world.delete("order", &order).await.expect(204);
        world.merge("person", &[&a, &b], json!({})).await.expect(200);
        world.run("order", &order, "restore", json!({})).await.expect(200);
        let back = world.read("order", &order).await;
        assert_eq!((&back["buyer"], &back["lines"]), (&json!(a), &json!([{"who": a}])));
        world.run("order", &other, "revert", json!({"version": 1})).await.expect(200);
        assert_eq!(world.read("order", &other).await["buyer"], json!(a));
    }
}

#[tokio::test]
async fn more_than_can_be_moved_at_once_is_refused() {
    let world = World::new(Home::Records, &[person(), order()]).await;
    let a = world.make("person", json!({"name": "A"})).await;
    let b = world.make("person", json!({"name": "B"})).await;
    for count in [500, 500, 1] {
        let operation = json!({"operation": "create", "values": {"buyer": b}});
        let many = json!({"operations": vec![operation; count]});
        world.client.post(&world.records("order", "/bulk"), &many).await.expect(200);
    }
    let refused = world.merge("person", &[&a, &b], json!({})).await.expect(409);
    assert_eq!(refused.code(), "records.too_many_references");
    assert_eq!(world.read("person", &b).await["version"], 1);
    let page = world.client.get(&world.records("order", "?limit=1")).await.json();
    world.delete("order", page["items"][0]["id"].as_str().unwrap()).await.expect(204);
    let moved = world.merge("person", &[&a, &b], json!({})).await.expect(200).json();
    assert_eq!(moved["moved"], json!({"order": 1000}));
}

fn tree() -> Value {
    let mut definition = entity(
        "place",
        json!([
            field("name", json!("text")),
            field("parent", json!({"reference": {"entity": "place"}})),
            field("near", json!({"references": {"entity": "place"}}))
        ]),
    );
    definition["kind"] = json!("tree");
    definition
}

#[tokio::test]
async fn a_tree_stays_a_tree() {
    for home in HOMES {
        let world = World::new(home, &[tree()]).await;
        let top = world.make("place", json!({"name": "top"})).await;
        let middle = world.make("place", json!({"name": "middle", "parent": top})).await;
        let below =
            world.make("place", json!({"name": "below", "parent": middle, "near": [middle, top]})).await;
        let leaf = world.make("place", json!({"name": "leaf", "parent": middle})).await;
        // The leaf would be below the one that stays, and that below the leaf's parent, which goes.
        let deep = world.make("place", json!({"name": "deep", "parent": below})).await;
        let refused = world.merge("place", &[&deep, &middle], json!({})).await.expect(409);
        assert_eq!(refused.code(), "records.circular");
        world.merge("place", &[&below, &middle], json!({})).await.expect(200);
        let stayed = world.read("place", &below).await;
        assert_eq!((&stayed["parent"], &stayed["near"]), (&json!(top), &json!([below, top])));
        assert_eq!(world.read("place", &leaf).await["parent"], json!(below));
        assert_eq!(world.read("place", &deep).await["parent"], json!(below));
    }
}
