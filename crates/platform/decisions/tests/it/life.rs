//! The life of a model: draft, tests, versions, archive.

use serde_json::{Value, json};

use crate::support::{MODELS, app, case, create, discount, publish, rate, update};

#[tokio::test]
async fn a_draft_is_kept_with_its_faults_and_published_without() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let mut faulty = discount("0.05");
    faulty["decisions"][0]["table"]["rules"][0]["when"] = json!(["cheap"]);
    faulty["decisions"][0]["table"]["rules"][1]["then"] = json!(["1 +"]);
    let made = create(&admin, "discount", &faulty, &json!([])).await;
    assert_eq!((&made["state"], &made["definition"]), (&json!("draft"), &faulty));
    let pointers: Vec<&Value> =
        made["faults"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/decisions/0/table/rules/0/when/0", "/decisions/0/table/rules/1/then/0"]);
    let path = format!("{MODELS}/discount");
    let refused = admin.post(&format!("{path}/publish"), &json!({})).await.expect(422);
    assert_eq!(
        (refused.code(), refused.json()["errors"].as_array().unwrap().len()),
        ("decisions.faulty_definition".to_owned(), 2)
    );
    admin.post("/v1/decisions/discount/evaluate", &json!({})).await.expect(409);

    admin.patch(&path, &json!({"definition": discount("0.05")})).await.expect(428);
    admin.with("if-match", "\"9\"").patch(&path, &json!({"definition": discount("0.05")})).await.expect(412);
    let changed = admin
        .with("if-match", "\"1\"")
        .patch(&path, &json!({"definition": discount("0.05")}))
        .await
        .expect(200);
    assert_eq!((changed.header("etag"), changed.json()["faults"].clone()), ("\"2\"".to_owned(), json!([])));
    let published = publish(&admin, "discount").await;
    assert_eq!((&published["state"], &published["publishedVersion"]), (&json!("published"), &json!(1)));
    assert_eq!(rate(&admin, "discount", "100.00").await, (json!("0.05"), 1));
    let refused = admin.post(&format!("{path}/publish"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "decisions.nothing_to_publish");
    admin.with("if-match", "*").delete(&path).await.expect(409);
}

#[tokio::test]
async fn tests_that_fail_hold_a_publication_back() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let odd = json!({"name": "odd", "inputs": {"amuont": "5"}, "expected": "0"});
    let more = json!({"name": "more", "inputs": {"amount": "5"}, "expected": {"rate": "0"}});
    let tests = json!([case("99.99", "0"), case("100", "0.07"), odd, more]);
    create(&admin, "discount", &discount("0.05"), &tests).await;
    let path = format!("{MODELS}/discount");
    let run = admin.post_empty(&format!("{path}/test")).await.expect(200).json();
    assert_eq!(run["passed"], false);
    let passed: Vec<&Value> =
        run["results"].as_array().unwrap().iter().map(|result| &result["passed"]).collect();
    assert_eq!(passed, [true, false, false, false]);
    assert_eq!((&run["results"][1]["found"], &run["results"][1]["rules"]), (&json!("0.05"), &json!([2])));
    let refused = admin.post(&format!("{path}/publish"), &json!({})).await.expect(422);
    assert_eq!(
        (refused.code(), refused.json()["errors"][0]["pointer"].clone()),
        ("decisions.tests_failed".to_owned(), json!("/tests/1"))
    );
    update(&admin, "discount", &json!({"tests": [case("99.99", "0.00"), case("100", "0.05")]})).await;
    publish(&admin, "discount").await;
    let version = admin.get(&format!("{path}/versions/1")).await.expect(200).json();
    assert_eq!(version["tests"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn versions_stay_as_they_are_and_are_compared() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    assert_eq!(rate(&admin, "discount", "500").await, (json!("0.05"), 1));
    update(&admin, "discount", &json!({"definition": discount("0.08")})).await;
    // The draft decides nothing.
    assert_eq!(rate(&admin, "discount", "500").await, (json!("0.05"), 1));
    publish(&admin, "discount").await;
    assert_eq!(rate(&admin, "discount", "500").await, (json!("0.08"), 2));
    let path = "/v1/decisions/discount/evaluate";
    let first = admin.post(path, &json!({"inputs": {"amount": 500}, "version": 1})).await.expect(200).json();
    assert_eq!((&first["result"], &first["version"]), (&json!("0.05"), &json!(1)));
    admin.post(path, &json!({"inputs": {}, "version": 7})).await.expect(404);

    let compared = admin.get(&format!("{MODELS}/discount/compare?from=1&to=2")).await.expect(200).json();
    let told: Vec<(&Value, &Value)> = compared["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (&found["code"], &found["rule"]))
        .collect();
    assert_eq!(told, [(&json!("rule_removed"), &json!(2)), (&json!("rule_added"), &json!(2))]);
    let versions = admin.get(&format!("{MODELS}/discount/versions")).await.expect(200).json();
    assert_eq!(
        (&versions["items"][0]["version"], versions["items"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
    // Not even by SQL.
    let mut owner = app.db.superuser().await;
    sqlx::query("set role athyper_app").execute(&mut owner).await.unwrap();
    let refused = sqlx::query("update decisions.version set note = 'x'").execute(&mut owner).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"));
}

#[tokio::test]
async fn an_archived_model_decides_nothing_until_it_is_back() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    let path = format!("{MODELS}/discount");
    admin.post_empty(&format!("{path}/archive")).await.expect(409);
    publish(&admin, "discount").await;
    rate(&admin, "discount", "1").await;
    let archived = admin.post_empty(&format!("{path}/archive")).await.expect(200).json();
    assert_eq!(archived["state"], "archived");
    let refused = admin.post("/v1/decisions/discount/evaluate", &json!({"inputs": {}})).await.expect(409);
    assert_eq!(refused.code(), "decisions.archived");
    admin.with("if-match", "*").patch(&path, &json!({"tests": []})).await.expect(409);
    admin.post(&format!("{path}/publish"), &json!({})).await.expect(409);
    admin.post_empty(&format!("{path}/unarchive")).await.expect(200);
    admin.post_empty(&format!("{path}/unarchive")).await.expect(409);
    rate(&admin, "discount", "1").await;
}

#[tokio::test]
async fn keys_are_names_that_come_once() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    let body = |key: &str| json!({"key": key, "definition": discount("0.05")});
    assert_eq!(admin.post(MODELS, &body("discount")).await.expect(409).code(), "decisions.key_taken");
    for key in ["models", "imports", "1st", "a b", "", "in"] {
        let refused = admin.post(MODELS, &body(key)).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/key");
    }
    for definition in [json!([]), json!({"label": "a\u{0}"})] {
        admin.post(MODELS, &json!({"key": "other", "definition": definition})).await.expect(422);
    }
    admin.with("if-match", "*").delete(&format!("{MODELS}/discount")).await.expect(204);
    create(&admin, "discount", &discount("0.06"), &json!([])).await;
    publish(&admin, "discount").await;
    assert_eq!(rate(&admin, "discount", "500").await, (json!("0.06"), 1));
}
