//! What holds for every write holds for the result of a merge.

use serde_json::{Value, json};

use crate::support::{HOMES, World, entity, faults, field};

fn item() -> Value {
    let mut definition = entity(
        "item",
        json!([
            {"key": "name", "label": "Name", "type": "text", "required": true},
            {"key": "code", "label": "Code", "type": "text", "unique": true},
            {"key": "axes", "label": "Axes", "type": "integer", "rules": [{"must": "value < 10", "message": "few"}]},
            {"key": "fixed", "label": "Fixed", "type": "text", "readOnlyWhen": "state == 'checked'"},
            field("low", json!("integer")),
            field("high", json!("integer")),
        ]),
    );
    definition["rules"] =
        json!([{"must": "low == null || high == null || low <= high", "message": "order", "field": "high"}]);
    definition["states"] = json!({"initial": "open", "states": [{"key": "open", "label": "Open"},
        {"key": "checked", "label": "Checked"}, {"key": "done", "label": "Done", "isLocked": true}],
        "transitions": [{"key": "check", "label": "Check", "from": ["open"], "to": "checked"},
            {"key": "end", "label": "End", "from": ["open"], "to": "done"}]});
    definition["duplicates"] =
        json!([{"key": "name", "label": "Name", "onWrite": "refuse", "fields": [{"field": "name"}]}]);
    definition
}

#[tokio::test]
async fn the_result_fulfils_the_rules_of_the_entity() {
    for home in HOMES {
        let world = World::new(home, &[item()]).await;
        let make = |values: Value| world.make("item", values);
        let a = make(json!({"name": "a", "low": 5})).await;
        let b = make(json!({"name": "b", "high": 3, "code": "B"})).await;
        let refused = world.merge("item", &[&a, &b], json!({})).await.expect(422);
        assert_eq!(faults(&refused), [("/high".to_owned(), "rule".to_owned())]);
        world.merge("item", &[&a, &b], json!({"high": a})).await.expect(200);
        assert_eq!(world.read("item", &a).await["code"], "B");

        let c = make(json!({"name": "c"})).await;
        let d = make(json!({"name": "d", "fixed": "x"})).await;
        world.run("item", &c, "transition", json!({"transition": "check"})).await.expect(200);
        let refused = world.merge("item", &[&c, &d], json!({})).await.expect(422);
        assert_eq!(faults(&refused), [("/fixed".to_owned(), "read_only".to_owned())]);
        world.run("item", &d, "transition", json!({"transition": "end"})).await.expect(200);
        for ids in [[&c, &d], [&d, &c]] {
            let ids = ids.map(String::as_str);
            assert_eq!(world.merge("item", &ids, json!({})).await.expect(409).code(), "records.locked");
        }
        assert_eq!(world.read("item", &d).await["deletedAt"], Value::Null);
        let refused = world.merge("item", &[&a, &c], json!({"name": c})).await.expect(200).json();
        assert_eq!(refused["record"]["name"], "c");
    }
}

#[tokio::test]
async fn times_do_not_overlap_after_a_merge() {
    let mut price = entity(
        "price",
        json!([
            field("of", json!({"reference": {"entity": "item"}})),
            {"key": "from", "label": "From", "type": "date", "required": true},
            field("until", json!("date")),
        ]),
    );
    price["effective"] = json!({"from": "from", "until": "until", "within": ["of"]});
    for home in HOMES {
        let world = World::new(home, &[item(), price.clone()]).await;
        let a = world.make("item", json!({"name": "a"})).await;
        let b = world.make("item", json!({"name": "b"})).await;
        let price = |of: &str, from: &str, until: &str| json!({"of": of, "from": from, "until": until});
        world.make("price", price(&a, "2026-01-01", "2026-06-30")).await;
        let other = world.make("price", price(&b, "2026-06-01", "2026-12-31")).await;
        let refused = world.merge("item", &[&a, &b], json!({})).await.expect(409);
        assert_eq!(refused.code(), "records.reference_refused");
        assert!(refused.text("/detail").contains(&other), "{}", refused.json());
        world.change("price", &other, json!({"from": "2026-07-01"})).await.expect(200);
        world.merge("item", &[&a, &b], json!({})).await.expect(200);
        // And of the records that are merged themselves.
        let first = world.make("price", price(&a, "2027-01-01", "2027-01-31")).await;
        let second = world.make("price", price(&a, "2027-02-01", "2027-02-28")).await;
        let done =
            world.merge("price", &[&first, &second], json!({"until": second})).await.expect(200).json();
        assert_eq!(done["record"]["until"], "2027-02-28");
        let taken =
            world.client.post(&world.records("price", ""), &price(&a, "2027-02-10", "2027-02-11")).await;
        assert_eq!(taken.expect(409).code(), "records.overlap");
    }
}

#[tokio::test]
async fn a_rule_that_held_of_what_refers_holds_still() {
    let mut pair = entity(
        "pair",
        json!([
            field("one", json!({"reference": {"entity": "item"}})),
            field("other", json!({"reference": {"entity": "item"}}))
        ]),
    );
    pair["rules"] = json!([{"must": "one != other", "message": "two things"}]);
    pair["unique"] = json!([{"fields": ["one"]}]);
    for home in HOMES {
        let world = World::new(home, &[item(), pair.clone()]).await;
        let a = world.make("item", json!({"name": "a"})).await;
        let b = world.make("item", json!({"name": "b"})).await;
        let c = world.make("item", json!({"name": "c"})).await;
        let mixed = world.make("pair", json!({"one": a, "other": b})).await;
        let refused = world.merge("item", &[&a, &b], json!({})).await.expect(409);
        assert_eq!(refused.code(), "records.reference_refused");
        world.delete("pair", &mixed).await.expect(204);
        world.make("pair", json!({"one": a, "other": c})).await;
        world.make("pair", json!({"one": b, "other": c})).await;
        let refused = world.merge("item", &[&a, &b], json!({})).await.expect(409);
        assert_eq!(refused.code(), "records.reference_refused");
        assert_eq!(world.read("item", &b).await["deletedAt"], Value::Null);
    }
}
