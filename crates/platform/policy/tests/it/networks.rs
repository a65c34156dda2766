//! Names of networks: what a condition finds in `context.networks` of one who calls from somewhere.

use std::time::Duration;

use athyper_kernel_http::{Catalogue, Policies as _};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_records::{Entities, SystemEntities};
use athyper_policy::{InForce, MODULE};
use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{app, author, begin, order, put_in_force, reviewer, with_orders};

const NETWORKS: &str = "/v1/policy/networks";

/// Names a network.
async fn named(app: &TestApp, key: &str, ranges: &[&str]) -> String {
    let body = json!({"key": key, "description": "where we are", "ranges": ranges});
    let made = app.user("demo", "admin").post(NETWORKS, &body).await.expect(201);
    format!("{NETWORKS}/{}", made.text("/id"))
}

/// Nobody changes orders but from a network of this name.
fn only_from(name: &str) -> Value {
    json!({"rules": [{"key": "elsewhere", "effect": "deny", "subjects": {"everyone": true},
        "operations": ["records.update_record"], "resource": {"entity": "order"},
        "condition": format!("!('{name}' in context.networks)")}]})
}

/// A test of that.
fn from(networks: &[&str], allowed: bool) -> Value {
    json!({"name": format!("from {networks:?}"), "test": {
        "question": {"subject": {"id": "x", "roles": ["agent"]}, "operation": "records.update_record", "entity": "order",
            "context": {"networks": networks}},
        "expect": {"allowed": allowed}}})
}

/// What an agent is answered who asks from this address about changing the order, and why.
async fn asked(app: &TestApp, address: Option<&str>, order: &str) -> (String, String) {
    let agent = app.user("demo", "agent");
    let agent = address.map_or_else(|| agent.clone(), |address| agent.at(address));
    let query = format!("/v1/policy/check?operation=records.update_record&entity=order&record={order}");
    let answer = agent.get(&query).await.expect(200);
    (answer.text("/outcome"), answer.text("/reason"))
}

async fn until(app: &TestApp, address: &str, order: &str, wanted: (&str, &str)) {
    loop {
        let (outcome, reason) = asked(app, Some(address), order).await;
        if (outcome.as_str(), reason.as_str()) == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_rule_goes_by_the_network_that_somebody_calls_from() {
    let app = app().await;
    with_orders(&app).await;
    let order = order(&app, 5).await;
    let office = named(&app, "office", &["198.51.100.0/24", "2001:db8:1::/48", "203.0.113.9"]).await;
    let path = put_in_force(&app, "places", &only_from("office"), &from(&["office"], true)).await;
    let yes = ("allowed".to_owned(), "allowed".to_owned());
    let no = ("denied".to_owned(), "denied".to_owned());
    for address in ["198.51.100.7", "::ffff:198.51.100.7", "2001:db8:1::5", "203.0.113.9"] {
        assert_eq!(asked(&app, Some(address), &order).await, yes, "{address}");
    }
    for address in ["198.51.101.7", "2001:db8:2::5", "203.0.113.10", "::1"] {
        assert_eq!(asked(&app, Some(address), &order).await, no, "{address}");
    }
    // Where somebody is, is not known: what needs it is denied, and nothing else.
    assert_eq!(asked(&app, None, &order).await, ("denied".to_owned(), "denial_failed".to_owned()));
    let agent = app.user("demo", "agent").with("if-match", "*");
    agent.get(&format!("/v1/records/order/{order}")).await.expect(200);
    let changed = json!({"owner": "ben"});
    agent.patch(&format!("/v1/records/order/{order}"), &changed).await.expect(403);
    agent.at("198.51.100.7").patch(&format!("/v1/records/order/{order}"), &changed).await.expect(200);

    let admin = app.user("demo", "admin");
    let moved = json!({"ranges": ["198.51.101.0/24"]});
    admin.patch(&office, &moved).await.expect(428);
    let moved = admin.with("if-match", "*").patch(&office, &moved).await.expect(200).json();
    assert_eq!((&moved["version"], &moved["ranges"]), (&json!(2), &json!(["198.51.101.0/24"])));
    until(&app, "198.51.101.7", &order, ("allowed", "allowed")).await;
    until(&app, "198.51.100.7", &order, ("denied", "denied")).await;

    let refused = admin.with("if-match", "*").delete(&office).await.expect(409);
    assert_eq!(refused.code(), "policy.network_in_use");
    assert!(refused.text("/detail").contains("places/elsewhere"), "{}", refused.text("/detail"));
    reviewer(&app).post_empty(&format!("{path}/archive")).await.expect(200);
    admin.with("if-match", "*").delete(&office).await.expect(204);
    admin.get(&office).await.expect(404);
    // What is gone is not taken up again.
    let back =
        reviewer(&app).with("if-match", "*").post(&format!("{path}/rollback"), &json!({"version": 1})).await;
    assert_eq!(back.expect(422).code(), "policy.faulty");
}

#[tokio::test]
async fn a_network_that_cannot_be_read_denies_what_needs_one() {
    let app = app().await;
    with_orders(&app).await;
    let order = order(&app, 5).await;
    named(&app, "office", &["198.51.100.0/24"]).await;
    named(&app, "other", &["203.0.113.0/24"]).await;
    put_in_force(&app, "places", &only_from("office"), &from(&[], false)).await;
    until(&app, "198.51.100.7", &order, ("allowed", "allowed")).await;
    let spoil = async |statement: &'static str| {
        let mut admin = app.db.superuser().await;
        sqlx::query(statement).execute(&mut admin).await.unwrap();
        sqlx::query(
            "insert into platform.change (tenant_id, topic, key, recorded_at) \
             select tenant_id, 'policy.live', '', now() from policy.live",
        )
        .execute(&mut admin)
        .await
        .unwrap();
    };
    spoil("update policy.network set ranges = '{nowhere}' where key = 'other'").await;
    until(&app, "198.51.100.7", &order, ("denied", "denial_failed")).await;
    app.user("demo", "agent").at("198.51.100.7").get(&format!("/v1/records/order/{order}")).await.expect(200);
    spoil("update policy.network set ranges = '{203.0.113.0/24}' where key = 'other'").await;
    until(&app, "198.51.100.7", &order, ("allowed", "allowed")).await;
    spoil("revoke select on policy.network from athyper_app").await;
    until(&app, "198.51.100.7", &order, ("denied", "denial_failed")).await;
}

#[tokio::test]
async fn a_name_that_there_is_not_is_a_fault_of_the_policy() {
    let app = app().await;
    with_orders(&app).await;
    let faults = async || {
        let document = json!({ "document": only_from("office") });
        let found = author(&app).post("/v1/policy/validate", &document).await.expect(200).json();
        found["faults"].as_array().unwrap().clone()
    };
    let found = faults().await;
    assert_eq!(
        (&found[0]["code"], &found[0]["pointer"]),
        (&json!("unknown_network"), &json!("/rules/0/condition"))
    );
    let path = begin(&app, "places", &only_from("office")).await;
    author(&app).post(&format!("{path}/tests"), &from(&[], false)).await.expect(201);
    assert_eq!(author(&app).post_empty(&format!("{path}/submit")).await.expect(422).code(), "policy.faulty");
    named(&app, "office", &["198.51.100.0/24"]).await;
    assert_eq!(faults().await, Vec::<Value>::new());
    author(&app).post_empty(&format!("{path}/submit")).await.expect(200);
}

#[tokio::test]
async fn networks_are_for_administrators_of_the_tenant_and_well_formed() {
    let app = app().await;
    let path = named(&app, "office", &["198.51.100.0/24"]).await;
    let admin = app.user("demo", "admin");
    let body = |key: &str, ranges: Value| json!({"key": key, "ranges": ranges});
    for (wrong, pointer) in [
        (body("home", json!(["198.51.100.7/24"])), "/ranges/0"),
        (body("home", json!(["198.51.100.0/24", "2001:db8::/129"])), "/ranges/1"),
        (body("home", json!([])), "/ranges"),
        (body("home", json!(vec!["10.0.0.0/8"; 101])), "/ranges"),
        (body("Home", json!(["10.0.0.0/8"])), "/key"),
    ] {
        assert_eq!(admin.post(NETWORKS, &wrong).await.expect(422).text("/errors/0/pointer"), pointer);
    }
    assert_eq!(
        admin.post(NETWORKS, &body("office", json!(["10.0.0.0/8"]))).await.expect(409).code(),
        "policy.taken"
    );
    let listed = author(&app).get(NETWORKS).await.expect(200).json();
    assert_eq!(listed["items"][0]["key"], json!("office"));
    assert_eq!(author(&app).get(&path).await.expect(200).header("etag"), "\"1\"");
    let change = json!({"description": "x"});
    for role in ["policy_author", "policy_reviewer", "viewer"] {
        let client = app.user("demo", role).with("if-match", "*");
        client.post(NETWORKS, &body("home", json!(["10.0.0.0/8"]))).await.expect(403);
        client.patch(&path, &change).await.expect(403);
        client.delete(&path).await.expect(403);
    }
    let other = app.user("globex", "admin").with("if-match", "*");
    other.get(&path).await.expect(404);
    other.patch(&path, &change).await.expect(404);
    other.delete(&path).await.expect(404);
    assert_eq!(other.get(NETWORKS).await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn what_one_node_names_is_known_on_another() {
    let app = app().await;
    let modules = [athyper_kernel_records::MODULE, MODULE];
    let catalogue = Catalogue::new(modules.iter().flat_map(|module| module.permissions).copied());
    let (database, lifecycle) = (app.db.another_handle().await, Lifecycle::new(LifecycleOptions::default()));
    let node =
        InForce::new(&database, catalogue, Entities::new(&database, SystemEntities::default()), &lifecycle);
    let context = app.db.context("demo");
    let names = async || node.networks(&context, "198.51.100.7".parse().unwrap()).await;
    let until = async |wanted: &[&str]| {
        while names().await.as_deref() != Some(&wanted.iter().map(ToString::to_string).collect::<Vec<_>>()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until(&[]).await;
    let office = named(&app, "office", &["198.51.100.0/24"]).await;
    named(&app, "all", &["0.0.0.0/0"]).await;
    until(&["all", "office"]).await;
    let admin = app.user("demo", "admin").with("if-match", "*");
    admin.patch(&office, &json!({"ranges": ["10.0.0.0/8"]})).await.expect(200);
    until(&["all"]).await;
    let globex = app.db.context("globex");
    assert_eq!(node.networks(&globex, "198.51.100.7".parse().unwrap()).await, Some(Vec::new()));
    database.close().await;
    while names().await.is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
