//! What is in force decides, is explained, and is written down.

use std::time::Duration;

use athyper_test_kit::{Answer, TestApp};
use serde_json::{Value, json};

use crate::support::{ADA, app, author, large_orders, large_test, order, put_in_force, with_orders};

async fn check(app: &TestApp, role: &str, asked: &str) -> Answer {
    app.user("demo", role).get(&format!("/v1/policy/check?{asked}")).await
}

/// The decisions in the log, once there are so many.
async fn logged(app: &TestApp, query: &str, wanted: usize) -> Vec<Value> {
    let auditor = app.user("demo", "policy_auditor");
    loop {
        let page = auditor.get(&format!("/v1/policy/decisions{query}")).await.expect(200).json();
        let items = page["items"].as_array().unwrap().clone();
        if items.len() >= wanted {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_published_rule_decides_on_records_and_refusals_are_written_down() {
    let app = app().await;
    with_orders(&app).await;
    let (small, large) = (order(&app, 5).await, order(&app, 500).await);
    let asked = |id: &str| format!("operation=records.update_record&entity=order&record={id}");
    assert_eq!(check(&app, "agent", &asked(&large)).await.expect(200).text("/outcome"), "allowed");
    put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;

    let refused = check(&app, "agent", &asked(&large)).await.expect(200);
    assert_eq!(
        (refused.text("/outcome"), refused.text("/rules/0/rule")),
        ("denied".to_owned(), "large".to_owned())
    );
    assert_eq!(check(&app, "agent", &asked(&small)).await.expect(200).text("/outcome"), "allowed");
    let all = "operation=records.update_record&entity=order";
    assert_eq!(check(&app, "agent", all).await.expect(200).text("/outcome"), "depends");
    assert_eq!(check(&app, "viewer", &asked(&small)).await.expect(200).text("/reason"), "nothing_allows");

    let found = logged(&app, &format!("?record={large}&outcome=denied"), 1).await;
    assert_eq!(found[0]["rules"], json!(["orders/large"]));
    assert_eq!((&found[0]["actor"], &found[0]["number"]), (&json!("agent@demo"), &json!(1)));
    logged(&app, "?rule=orders/large", 1).await;
    logged(&app, "?actor=viewer@demo", 1).await;
    let others = app.user("globex", "policy_auditor").get("/v1/policy/decisions").await.expect(200).json();
    assert_eq!(others["items"], json!([]));
}

#[tokio::test]
async fn an_answer_is_explained_for_anybody_and_tried_with_a_draft() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    let path = put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let author = author(&app);
    let asked = format!("operation=records.update_record&entity=order&record={large}");
    let told = author.get(&format!("/v1/policy/explain?{asked}&principal={ADA}")).await.expect(200).json();
    assert_eq!(told["decision"]["outcome"], json!("denied"));
    let rules = told["rules"].as_array().unwrap();
    let bearing =
        |key: &str| rules.iter().find(|rule| rule["rule"]["rule"] == key).unwrap()["bearing"].clone();
    assert_eq!(bearing("large"), json!("applies"));
    assert_eq!(bearing("people-publish-policies"), json!("other_operation"));
    let unknown = ADA.replace('a', "b");
    author.get(&format!("/v1/policy/explain?{asked}&principal={unknown}")).await.expect(400);

    // The draft would let large orders be changed by day.
    let mut draft = large_orders();
    draft["rules"][0]["condition"] = json!("resource.amount > 100 && now.getHours() < 6");
    author.with("if-match", "*").patch(&path, &json!({ "document": draft })).await.expect(200);
    let mut question = large_test(500, true)["test"]["question"].clone();
    question["context"] = json!({"at": "2025-01-31T12:00:00Z"});
    let id = path.rsplit('/').next().unwrap();
    let ask = async |body: Value| {
        let answer = author.post("/v1/policy/simulate", &body).await.expect(200);
        answer.text("/decision/outcome")
    };
    assert_eq!(ask(json!({ "question": question })).await, "denied");
    assert_eq!(ask(json!({ "question": question, "draftOf": id })).await, "allowed");
}

#[tokio::test]
async fn what_somebody_may_do_is_listed() {
    let app = app().await;
    with_orders(&app).await;
    let mut found: Vec<Value> = Vec::new();
    let mut next = String::new();
    loop {
        let page =
            author(&app).get(&format!("/v1/policy/access?principal={ADA}&limit=20{next}")).await.expect(200);
        found.extend(page.json()["items"].as_array().unwrap().clone());
        let page = page.json();
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    let outcome =
        |operation: &str| found.iter().find(|one| one["operation"] == operation).unwrap()["outcome"].clone();
    assert_eq!(outcome("records.list_records"), json!("allowed"));
    assert_eq!(outcome("records.update_record"), json!("denied"));
    assert_eq!(outcome("policy.check_access"), json!("allowed"));
}

#[tokio::test]
async fn a_rule_that_no_more_compiles_denies_and_a_policy_that_cannot_be_read_denies_everything() {
    let app = app().await;
    with_orders(&app).await;
    let small = order(&app, 5).await;
    let asked = format!("operation=records.update_record&entity=order&record={small}");
    put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    assert_eq!(check(&app, "agent", &asked).await.expect(200).text("/outcome"), "allowed");

    // As if the field that the rule names had been taken away since.
    let spoil = async |document: &str| {
        let mut admin = app.db.superuser().await;
        sqlx::query("update policy.version set document = $1::jsonb")
            .bind(document)
            .execute(&mut admin)
            .await
            .unwrap();
        sqlx::query("update policy.live set number = number + 1").execute(&mut admin).await.unwrap();
        // Told as every change is; the superuser writes the row that `announce` writes.
        sqlx::query(
            "insert into platform.change (tenant_id, topic, key, recorded_at) \
             select tenant_id, 'policy.live', '', now() from policy.live",
        )
        .execute(&mut admin)
        .await
        .unwrap();
    };
    let until = async |reason: &str| loop {
        let answer = check(&app, "agent", &asked).await.expect(200);
        if answer.text("/reason") == reason {
            return answer.text("/outcome");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    spoil(&large_orders().to_string().replace("resource.amount", "resource.gone")).await;
    assert_eq!(until("denial_failed").await, "denied");
    spoil(r#"{"rules": "none"}"#).await;
    // What cannot be read refuses every operation, and so also the question.
    while check(&app, "agent", &asked).await.status == 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(check(&app, "agent", &asked).await.expect(403).code(), "request.forbidden");
    app.user("globex", "agent").get("/v1/policy/check?operation=records.get_record").await.expect(200);
}
