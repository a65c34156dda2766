//! Lists: order, pages while records change, filters, search, and what is refused.

use std::collections::BTreeMap;

use athyper_test_kit::Client;
use serde_json::{Value, json};

use super::app_with;
use crate::support::{admin, change, delete, encoded, entity, field, indexed, list, make, put};

/// Walks through all pages of a list and gives the names in the order in which they came.
async fn walk(client: &Client, query: &str, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut names, mut cursor, mut page_number) = (Vec::new(), None::<String>, 0);
    loop {
        let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = client.get(&format!("/v1/records/item?limit=3&{query}{after}")).await.expect(200).json();
        names.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["nextCursor"].as_str() else { return names };
        cursor = Some(next.to_owned());
        between(page_number).await;
        page_number += 1;
    }
}

#[tokio::test]
async fn each_order_shows_each_record_once_and_nothing_last() {
    let fields = json!([
        field("name", json!("text")),
        indexed("size", json!("integer")),
        indexed("label", json!("text")),
        indexed("at", json!("dateTime")),
    ]);
    let app = app_with(&[entity("item", fields)]).await;
    let client = admin(&app);
    for at in 0_u32..10 {
        app.db.clock.advance(chrono::TimeDelta::seconds(1));
        let value = |value: Value| if at % 4 == 3 { Value::Null } else { value };
        make(&client, "item", json!({
            "name": format!("n{at}"), "size": value(json!(at % 3)), "label": value(json!(format!("l{}", at % 2))),
            "at": value(json!(format!("2026-01-{:02}T00:00:00Z", 20 - at)))
        }))
        .await;
    }
    let asc = |text: &str| text.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
    let expected = [
        ("sort=createdAt", "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9"),
        ("", "n9 n8 n7 n6 n5 n4 n3 n2 n1 n0"),
        ("sort=updatedAt", "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9"),
        ("sort=size", "n0 n6 n9 n1 n4 n2 n5 n8 n3 n7"),
        ("sort=-size", "n8 n5 n2 n4 n1 n9 n6 n0 n7 n3"),
        ("sort=label", "n0 n2 n4 n6 n8 n1 n5 n9 n3 n7"),
        ("sort=at", "n9 n8 n6 n5 n4 n2 n1 n0 n3 n7"),
    ];
    for (query, names) in expected {
        assert_eq!(walk(&client, query, async |_| ()).await, asc(names), "{query}");
    }
    let filter = encoded("size == 1 || label == 'l0'");
    assert_eq!(
        walk(&client, &format!("sort=-at&filter={filter}"), async |_| ()).await,
        asc("n0 n1 n2 n4 n6 n8")
    );
    let fields = list(&client, "item", "fields=name&limit=1", "size").await;
    assert_eq!(fields, [Value::Null]);
}

#[tokio::test]
async fn a_walk_sees_what_stays_exactly_once_while_others_change() {
    let app =
        app_with(&[entity("item", json!([field("name", json!("text")), indexed("size", json!("integer"))]))])
            .await;
    let client = admin(&app);
    let mut paths = BTreeMap::new();
    for at in 0..20 {
        app.db.clock.advance(chrono::TimeDelta::seconds(1));
        let name = format!("n{at:02}");
        let size = if at % 5 == 0 { Value::Null } else { json!(at % 7) };
        let id = make(&client, "item", json!({"name": name, "size": size})).await;
        paths.insert(name, format!("/v1/records/item/{id}"));
    }
    for query in ["sort=size", "sort=-size", "sort=createdAt", "sort=-updatedAt"] {
        // Even ones move about between the pages; odd ones stay as they are.
        let seen = walk(&client, query, async |page| {
            app.db.clock.advance(chrono::TimeDelta::seconds(1));
            let path = &paths[&format!("n{:02}", (page * 2) % 20)];
            change(&client, path, json!({"size": (page * 3) % 7})).await.expect(200);
            make(&client, "item", json!({"name": format!("new{page}{query}"), "size": page})).await;
        })
        .await;
        for name in paths.keys().filter(|name| name.ends_with(['1', '3', '5', '7', '9'])) {
            assert_eq!(seen.iter().filter(|seen| *seen == name).count(), 1, "{query} {name}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn the_search_finds_beginnings_in_any_language() {
    let searched = |key: &str| json!({"key": key, "label": key, "type": "longText", "searchable": true});
    let app = app_with(&[entity(
        "item",
        json!([searched("name"), searched("notes"), field("secret", json!("text"))]),
    )])
    .await;
    put(&app, "globex", entity("item", json!([searched("name")]))).await.unwrap();
    let client = admin(&app);
    make(
        &client,
        "item",
        json!({"name": "Drehmaschine groß", "notes": "Ölwechsel fällig", "secret": "hidden"}),
    )
    .await;
    make(&client, "item", json!({"name": "Lathe", "notes": "It's an 'odd' one: a\\b & c | !d"})).await;
    make(&app.user("globex", "admin"), "item", json!({"name": "Lathe of others"})).await;
    for (search, names) in [
        ("dreh", vec!["Drehmaschine groß"]),
        ("GROß ölw", vec!["Drehmaschine groß"]),
        ("lathe odd", vec!["Lathe"]),
        ("' & | ! : * odd", vec!["Lathe"]),
        ("b c d", vec!["Lathe"]),
        ("hidden", vec![]),
        ("lathe dreh", vec![]),
        ("others", vec![]),
    ] {
        let found = list(&client, "item", &format!("search={}", encoded(search)), "name").await;
        assert_eq!(found, names, "{search}");
    }
    client.get(&format!("/v1/records/item?search={}", encoded("' & !"))).await.expect(400);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_the_parameter_named() {
    let app =
        app_with(&[entity("item", json!([field("name", json!("text")), indexed("size", json!("integer"))]))])
            .await;
    let client = admin(&app);
    let deep = format!("{}size > 1{}", "(".repeat(2_000), ")".repeat(2_000));
    for (parameter, value) in [
        ("filter", "size >"),
        ("filter", "missing == 1"),
        ("filter", "name == 1"),
        ("filter", "size + 1"),
        ("filter", "name; drop table records.record"),
        ("filter", &deep),
        ("filter", "\"a\".matches(\"((((a+)+)+)+)+$\")"),
        ("sort", "name"),
        ("sort", "size; drop"),
        ("sort", "--size"),
        ("fields", "nothing"),
        ("expand", "name"),
        ("limit", "0"),
        ("cursor", "x"),
        ("order", "size"),
    ] {
        let answer = client.get(&format!("/v1/records/item?{parameter}={}", encoded(value))).await;
        if value.contains("matches") {
            continue;
        }
        let json = answer.expect(400).json();
        let pointer = json["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        assert!(parameter == "order" || pointer == format!("?{parameter}"), "{parameter}={value}: {json}");
    }
    let cursor = {
        make(&client, "item", json!({"size": 1})).await;
        make(&client, "item", json!({"size": 2})).await;
        client.get("/v1/records/item?limit=1&sort=size").await.json()["nextCursor"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    client.get(&format!("/v1/records/item?limit=1&sort=-size&cursor={cursor}")).await.expect(400);
    client.get(&format!("/v1/records/item?limit=1&sort=size&cursor={cursor}")).await.expect(200);
}

#[tokio::test]
async fn groups_are_counted_and_summed_exactly() {
    let fields = json!([
        field("name", json!("text")),
        field("price", json!({"money": {"currency": "EUR"}})),
        field("size", json!("integer")),
        field("day", json!("date")),
        field("seen", json!("dateTime")),
        field("sold", json!("boolean")),
    ]);
    let app = app_with(&[entity("item", fields)]).await;
    let client = admin(&app);
    for (name, price, size, day, seen) in [
        ("a", "0.10", json!(1), "2026-01-31", "2026-01-31T23:30:00Z"),
        ("a", "0.20", json!(2), "2026-02-01", "2026-02-01T00:30:00Z"),
        ("b", "1000000000000000.01", Value::Null, "2026-02-28", "2026-02-28T12:00:00Z"),
    ] {
        let price = json!({"amount": price, "currency": "EUR"});
        make(&client, "item", json!({"name": name, "price": price, "size": size, "day": day, "seen": seen, "sold": name == "b"})).await;
    }
    let groups = async |query: &str| {
        let answer = client.get(&format!("/v1/records/item/aggregate?{query}")).await.expect(200).json();
        assert_eq!(answer["hasMore"], false);
        answer["groups"].clone()
    };
    assert_eq!(groups("").await, json!([{"count": 3}]));
    assert_eq!(
        groups(
            "groupBy=name&measures=count,sum:price.amount,sum:size,avg:size,min:day,max:seen,distinct:size"
        )
        .await,
        json!([
            {"name": "a", "count": 2, "sum:price.amount": "0.3", "sum:size": 3, "avg:size": "1.5", "min:day": "2026-01-31",
             "max:seen": "2026-02-01T00:30:00.000000Z", "distinct:size": 2},
            {"name": "b", "count": 1, "sum:price.amount": "1000000000000000.01", "sum:size": null, "avg:size": null,
             "min:day": "2026-02-28", "max:seen": "2026-02-28T12:00:00.000000Z", "distinct:size": 0}
        ])
    );
    assert_eq!(
        groups("groupBy=day:month,sold").await,
        json!([
            {"day:month": "2026-01-01", "sold": false, "count": 1},
            {"day:month": "2026-02-01", "sold": false, "count": 1},
            {"day:month": "2026-02-01", "sold": true, "count": 1}
        ])
    );
    let filter = encoded("price.amount > 1");
    assert_eq!(
        groups(&format!("groupBy=seen:day&filter={filter}")).await,
        json!([{"seen:day": "2026-02-28", "count": 1}])
    );
    for (parameter, value) in [
        ("groupBy", "nothing"),
        ("groupBy", "seen"),
        ("groupBy", "seen:decade"),
        ("groupBy", "name:month"),
        ("groupBy", "price"),
        ("measures", "sum:name"),
        ("measures", "median:size"),
        ("measures", "size"),
        ("measures", "sum:size); drop table records.record --"),
    ] {
        let answer = client
            .get(&format!("/v1/records/item/aggregate?{parameter}={}", encoded(value)))
            .await
            .expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("?{parameter}"), "{value}");
    }
}

#[tokio::test]
async fn what_refers_to_a_record_is_given_with_it() {
    let fields = json!([
        field("name", json!("text")),
        field("site", json!({"reference": {"entity": "site", "inverse": "machines"}})),
        field("spares", json!({"references": {"entity": "site", "inverse": "sparedBy"}})),
    ]);
    let app =
        app_with(&[entity("site", json!([field("name", json!("text"))])), entity("item", fields)]).await;
    let client = admin(&app);
    let here = make(&client, "site", json!({"name": "here"})).await;
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    let there = make(&client, "site", json!({"name": "there"})).await;
    for name in ["a", "b"] {
        app.db.clock.advance(chrono::TimeDelta::seconds(1));
        make(&client, "item", json!({"name": name, "site": here, "spares": [here, there]})).await;
    }
    let gone = make(&client, "item", json!({"name": "gone", "site": here})).await;
    delete(&client, &format!("/v1/records/item/{gone}")).await.expect(204);
    let names = |expanded: &Value, key: &str| -> Vec<String> {
        expanded[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = format!("/v1/records/site/{here}?expand=machines,sparedBy&fields=name");
    let read = client.get(&path).await.expect(200).json();
    assert_eq!(names(&read["expanded"], "machines"), ["a", "b"]);
    assert_eq!(names(&read["expanded"], "sparedBy"), ["a", "b"]);
    assert!(read.get("createdAt").is_none());
    let rows = list(&client, "site", "expand=machines,sparedBy&sort=createdAt", "expanded").await;
    assert_eq!((names(&rows[0], "machines").len(), names(&rows[1], "machines").len()), (2, 0));
    assert_eq!(names(&rows[1], "sparedBy"), ["a", "b"]);
    for wrong in ["parts", "name"] {
        let answer = client.get(&format!("/v1/records/site/{here}?expand={wrong}")).await.expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], "?expand", "{wrong}");
    }
    let other = app.user("globex", "admin");
    other.get(&path).await.expect(404);
}
