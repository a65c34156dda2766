//! What a draft would mean is measured on those who are there, and on records that are there.

use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{
    BEN, CARRIER, app, author, begin, large_orders, large_test, order, put_in_force, with_orders,
};

async fn impact(app: &TestApp, path: &str) -> Value {
    author(app).post(&format!("{path}/impact"), &json!({})).await.expect(200).json()
}

#[tokio::test]
async fn who_loses_what_is_said_with_the_rule_and_the_records() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    order(&app, 5).await;
    let path = begin(&app, "orders", &large_orders()).await;
    let found = impact(&app, &path).await;
    assert_eq!(found["principals"], json!({"lookedAt": 3, "all": true}));
    assert_eq!(found["operations"], json!({"lookedAt": 1, "all": true}));
    assert_eq!(found["records"], json!({"order": {"lookedAt": 2, "all": true}}));
    assert_eq!((&found["loses"], &found["gains"], &found["differs"]), (&json!(2), &json!(0), &json!(0)));
    let first = &found["differences"][0];
    assert_eq!((&first["principal"], &first["change"]), (&json!(BEN), &json!("loses")));
    assert_eq!((&first["before"], &first["after"]), (&json!("allowed"), &json!("depends")));
    assert_eq!((&first["recordsLost"], &first["examples"]), (&json!(1), &json!([large])));
    assert_eq!(first["rulesBefore"][0]["rule"], json!("agent"));
    assert_eq!(first["rulesAfter"][0]["rule"], json!("large"));
    assert_eq!(found["differences"][1]["principal"], json!(CARRIER));
}

#[tokio::test]
async fn who_gains_is_said_and_what_stays_is_not() {
    let app = app().await;
    with_orders(&app).await;
    let (large, middle) = (order(&app, 500).await, order(&app, 150).await);
    let path = put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let mut wider = large_orders();
    wider["rules"][0]["condition"] = json!("resource.amount > 200");
    wider["rules"].as_array_mut().unwrap().push(json!({"key": "masked", "effect": "allow",
        "subjects": {"roles": ["viewer"]}, "operations": ["records.get_record"], "resource": {"entity": "order"},
        "obligations": [{"maskFields": {"fields": ["secret"]}}]}));
    author(&app).with("if-match", "*").patch(&path, &json!({ "document": wider })).await.expect(200);
    let found = impact(&app, &path).await;
    // Two may change the order in the middle, and of one who reads anyway a field is masked.
    assert_eq!((&found["loses"], &found["gains"], &found["differs"]), (&json!(0), &json!(2), &json!(1)));
    let of = |change: &str| {
        let all = found["differences"].as_array().unwrap();
        all.iter().find(|one| one["change"] == change).unwrap().clone()
    };
    assert_eq!((&of("gains")["recordsGained"], &of("gains")["examples"]), (&json!(1), &json!([middle])));
    assert_eq!(of("gains")["before"], of("gains")["after"]);
    assert_eq!(of("differs")["operation"], json!("records.get_record"));
    assert!(!of("gains").to_string().contains(&large), "nothing changes on the largest");

    author(&app).with("if-match", "*").patch(&path, &json!({ "document": large_orders() })).await.expect(200);
    assert_eq!(impact(&app, &path).await["differences"], json!([]));
}

#[tokio::test]
async fn a_job_measures_the_same() {
    let app = app().await;
    with_orders(&app).await;
    order(&app, 500).await;
    let path = begin(&app, "orders", &large_orders()).await;
    let now = impact(&app, &path).await;
    let by_job = json!({"byJob": true});
    let begun = author(&app).post(&format!("{path}/impact"), &by_job).await.expect(202);
    app.run_job().await.unwrap();
    let operation = app.user("demo", "admin").get(&format!("/v1/operations/{}", begun.text("/id"))).await;
    assert_eq!(operation.expect(200).json()["result"], now);

    author(&app).post(&format!("{path}/impact"), &by_job).await.expect(202);
    author(&app).with("if-match", "*").patch(&path, &json!({"title": "Other"})).await.expect(200);
    app.run_job().await.unwrap_err();
    app.user("globex", "admin").post(&format!("{path}/impact"), &json!({})).await.expect(404);
    app.user("demo", "viewer").post(&format!("{path}/impact"), &json!({})).await.expect(403);
}
