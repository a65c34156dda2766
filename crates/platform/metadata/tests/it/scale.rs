//! Many fields, many entities. The figures are printed, and held against nothing: machines differ.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{ENTITIES, Thing, app, definition, field, read, record};

fn wide(fields: usize) -> Value {
    let fields: Vec<Value> =
        (0..fields).map(|at| field(&format!("field{at}"), &json!("text"), &json!({}))).collect();
    definition("wide", &json!(fields))
}

#[tokio::test]
async fn an_entity_of_a_thousand_fields_works_and_one_more_is_refused() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &wide(999)).await;
    let values: serde_json::Map<String, Value> =
        (0..999).map(|at| (format!("field{at}"), json!(format!("value {at}")))).collect();
    let id = record(&admin, "wide", &json!(values)).await;
    let started = Instant::now();
    thing.become_now(&wide(1_000), &json!({})).await.expect(200);
    println!("the thousandth field drafted, planned and published in {:?}", started.elapsed());
    assert_eq!(read(&admin, "wide", &id).await["field998"], "value 998");
    thing.draft(&wide(1_001), &json!({})).await.expect(200);
    let refused = thing.publish(&json!({})).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["code"], "too_many");
}

#[tokio::test]
async fn a_tenant_has_two_thousand_entities() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let numbered = |at: usize| {
        definition(&format!("thing{at}"), &json!([field("name", &json!("text"), &json!({"indexed": true}))]))
    };
    let started = Instant::now();
    for hundred in 0..20 {
        let entities: Vec<Value> =
            (0..100).map(|at| json!({"definition": numbered(hundred * 100 + at)})).collect();
        let bundle = json!({"bundle": {"format": "athyper.entities/1", "entities": entities}});
        admin.post("/v1/metadata/bundles/apply", &bundle).await.expect(200);
    }
    println!("2,000 entities from bundles in {:?}", started.elapsed());
    let started = Instant::now();
    let thing = Thing::begin(&admin, &numbered(2_000)).await;
    thing.publish(&json!({})).await.expect(200);
    println!("the next entity drafted and published in {:?}", started.elapsed());
    let more = definition(
        "thing2000",
        &json!([
            field("name", &json!("text"), &json!({"indexed": true})),
            field("size", &json!("integer"), &json!({}))
        ]),
    );
    thing.draft(&more, &json!({})).await.expect(200);
    let started = Instant::now();
    thing.publish(&json!({})).await.expect(200);
    println!("a field published in {:?}", started.elapsed());
    record(&admin, "thing1999", &json!({"name": "a"})).await;
    let page = admin.get(&format!("{ENTITIES}?limit=200")).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 200);
}

/// As many fields as an entity has, each with a rule and a default: nothing is worked out for each field from all of them.
fn ruled(fields: usize) -> Value {
    let more =
        json!({"default": "1", "rules": [{"must": "value >= 0 && value != old.field0", "message": "no"}]});
    let fields: Vec<Value> =
        (0..fields).map(|at| field(&format!("field{at}"), &json!("integer"), &more)).collect();
    definition("ruled", &json!(fields))
}

/// How long it takes to draft, to plan, and to publish.
async fn steps(thing: &Thing, definition: &Value) -> [Duration; 3] {
    let started = Instant::now();
    thing.draft(definition, &json!({})).await.expect(200);
    let drafted = started.elapsed();
    let plan = thing.plan().await;
    let planned = started.elapsed();
    thing.publish(&json!({"confirm": plan["confirm"]})).await.expect(200);
    [drafted, planned.saturating_sub(drafted), started.elapsed().saturating_sub(planned)]
}

/// Fields that are added one by one, of which the middle time is told.
const ADDED: usize = 15;

#[tokio::test]
#[ignore = "measures: cargo xtask bench studio"]
async fn bench_studio() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let small =
        |name: &str| definition(name, &json!([field("name", &json!("text"), &json!({"indexed": true}))]));
    Thing::publish_new(&admin, &small("warm")).await;
    let started = Instant::now();
    Thing::publish_new(&admin, &small("thing")).await;
    println!("an entity made and published in {:?}", started.elapsed());
    for (name, of) in [("text fields", wide as fn(usize) -> Value), ("fields with rules and defaults", ruled)]
    {
        let thing = Thing::publish_new(&admin, &of(1)).await;
        for count in [10, 100, 1_000 - ADDED - 1] {
            thing.become_now(&of(count), &json!({})).await.expect(200);
            let [draft, plan, publish] = steps(&thing, &of(count + 1)).await;
            let all = draft + plan + publish;
            println!(
                "{name}: field {}: draft {draft:?}, plan {plan:?}, publish {publish:?}, all {all:?}",
                count + 1
            );
            let mut times = Vec::new();
            for at in 0..ADDED {
                let one = field(&format!("one{count}x{at}"), &json!("text"), &json!({}));
                let started = Instant::now();
                thing.add_field(&json!({"field": one, "publish": true})).await.expect(200);
                times.push(started.elapsed());
            }
            times.sort_unstable();
            let (middle, most) = (times[ADDED / 2], times[ADDED - 1]);
            println!(
                "{name}: up to field {}, each by itself, in force: {middle:?}, at most {most:?}",
                count + 1 + ADDED
            );
        }
    }
}
