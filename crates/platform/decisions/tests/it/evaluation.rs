//! Evaluation over HTTP: results, rules, refusals, batches, and the analysis.

use serde_json::{Value, json};

use crate::support::{MODELS, app, create, discount, publish, rate, update};

#[tokio::test]
async fn a_refusal_names_rules_and_inputs() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let mut definition = discount("0.05");
    definition["decisions"][0]["table"]["rules"][0]["when"] = json!(["<= 100"]);
    definition["decisions"][0]["table"]["inputs"][0]["values"] = json!(">= 0");
    create(&admin, "discount", &definition, &json!([])).await;
    publish(&admin, "discount").await;
    let path = "/v1/decisions/discount/evaluate";
    let several = admin.post(path, &json!({"inputs": {"amount": "100"}})).await.expect(422);
    assert_eq!(several.code(), "decisions.several_rules");
    assert!(several.json()["detail"].as_str().unwrap().contains("rules 1, 2"), "{:?}", several.json());
    let refused = admin.post(path, &json!({"inputs": {"amount": "-1"}})).await.expect(422);
    assert_eq!(refused.code(), "decisions.value_not_allowed");
    let refused = admin.post(path, &json!({"inputs": {"amount": "much", "x": 1}})).await.expect(422);
    let mut pointers: Vec<String> = refused.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].to_string())
        .collect();
    pointers.sort();
    assert_eq!(pointers, ["\"/inputs/amount\"", "\"/inputs/x\""]);
    let unknown =
        admin.post(path, &json!({"inputs": {"amount": "1"}, "decision": "nothing"})).await.expect(422);
    assert_eq!(
        (unknown.code(), &unknown.json()["errors"][0]["pointer"]),
        ("decisions.unknown_decision".to_owned(), &json!("/decision"))
    );
    let said = admin.post(path, &json!({"inputs": {"amount": "5"}})).await.expect(200).json();
    assert_eq!(said["decisions"], json!([{"key": "rate", "value": "0", "rules": [1]}]));
}

#[tokio::test]
async fn a_batch_has_an_answer_for_each_row() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    let path = "/v1/decisions/discount/evaluate-batch";
    let mut rows: Vec<Value> = (0..999).map(|amount| json!({"amount": amount})).collect();
    rows.push(json!({"amount": "many"}));
    let said = admin.post(path, &json!({"rows": rows})).await.expect(200).json();
    let results = said["results"].as_array().unwrap();
    assert_eq!((results.len(), &said["version"]), (1_000, &json!(1)));
    assert_eq!(
        (&results[99]["outcome"]["result"], &results[100]["outcome"]["result"]),
        (&json!("0"), &json!("0.05"))
    );
    assert_eq!(results[999]["error"]["code"], "decisions.invalid_inputs");
    assert_eq!(results[999]["error"]["errors"][0]["pointer"], "/inputs/amount");
    rows.push(json!({}));
    admin.post(path, &json!({"rows": rows})).await.expect(422);
}

#[tokio::test]
async fn an_analysis_finds_what_rules_leave_out() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let mut definition = discount("0.05");
    definition["decisions"][0]["table"]["rules"][1]["when"] = json!(["> 100"]);
    create(&admin, "discount", &definition, &json!([])).await;
    let path = format!("{MODELS}/discount/analysis");
    let found = admin.get(&path).await.expect(200).json();
    assert_eq!((&found["version"], &found["tables"][0]["overlaps"]), (&json!(null), &json!([])));
    let gaps = json!([{"region": ["null, 100"], "example": ["100"]}]);
    assert_eq!(found["tables"][0]["gaps"], gaps);
    publish(&admin, "discount").await;
    update(&admin, "discount", &json!({"definition": discount("0.05")})).await;
    assert_eq!(admin.get(&format!("{path}?version=1")).await.expect(200).json()["tables"][0]["gaps"], gaps);
    assert_eq!(admin.get(&path).await.expect(200).json()["tables"][0]["gaps"][0]["region"], json!(["null"]));
    admin.get(&format!("{path}?version=2")).await.expect(404);
    let mut faulty = discount("0.05");
    faulty["label"] = json!("");
    update(&admin, "discount", &json!({"definition": faulty})).await;
    admin.get(&path).await.expect(422);
}

#[tokio::test]
async fn two_tenants_decide_by_their_own_models_of_one_key() {
    let app = app().await;
    let (demo, globex) = (app.user("demo", "admin"), app.user("globex", "admin"));
    for (admin, high) in [(&demo, "0.05"), (&globex, "0.50")] {
        create(admin, "discount", &discount(high), &json!([])).await;
        publish(admin, "discount").await;
    }
    for round in 1..4 {
        assert_eq!(rate(&demo, "discount", "500").await, (json!("0.05"), 1));
        assert_eq!(rate(&globex, "discount", "500").await.1, round);
        update(&globex, "discount", &json!({"definition": discount(&format!("0.5{round}"))})).await;
        publish(&globex, "discount").await;
    }
    assert_eq!(rate(&globex, "discount", "500").await, (json!("0.53"), 4));
}

#[tokio::test]
async fn the_trail_keeps_rules_and_version_and_not_what_was_given() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    rate(&admin, "discount", "98765").await;
    let mut owner = app.db.superuser().await;
    let told: Vec<String> =
        sqlx::query_scalar("select to_jsonb(e)::text from audit.event e where type = 'decisions.evaluate'")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("\"rules\": [2]") && !told[0].contains("98765"), "{}", told[0]);
}
