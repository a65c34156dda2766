//! Agreement that is found to be needed when the record is looked at.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{new_entity_id, publish};
use athyper_test_kit::TestApp;
use serde_json::json;

use super::support::{app, checker, decide, put_in_force, state, waits};

const ORDERS: &str = "/v1/records/order";

/// An application with orders, of which changing a large one needs that an administrator agrees.
async fn app_with_orders() -> TestApp {
    let app = app().await;
    let field = |key: &str, kind: &str| json!({"key": key, "label": key, "type": kind});
    let definition = json!({"key": "order", "label": "Order", "plural": "Orders",
        "fields": [field("amount", "integer"), field("note", "text")]});
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
    let rule = json!({"key": "large", "effect": "allow", "subjects": {"roles": ["agent", "accountant"]},
        "operations": ["records.update_record"], "resource": {"entity": "order"}, "condition": "resource.amount > 100",
        "obligations": [{"requireApproval": {"role": "tenant_admin"}}]});
    let (author, reviewer) = (app.user("demo", "policy_author"), app.user("demo", "policy_reviewer"));
    let body = json!({"key": "large", "title": "large", "document": {"rules": [rule]}});
    let made = author.post("/v1/policy/policies", &body).await.expect(201);
    let path = format!("/v1/policy/policies/{}", made.text("/id"));
    let test = json!({"name": "agents may", "test": {
        "question": {"subject": {"id": "x", "roles": ["agent"]}, "operation": "records.update_record",
            "entity": "order", "record": {"amount": 500}}, "expect": {"allowed": true}}});
    author.post(&format!("{path}/tests"), &test).await.expect(201);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    reviewer.post_empty(&format!("{path}/publish")).await.expect(200);
    app
}

async fn order(app: &TestApp, amount: i64) -> String {
    let made = app.user("demo", "maker+agent").post(ORDERS, &json!({"amount": amount})).await.expect(201);
    format!("{ORDERS}/{}", made.text("/id"))
}

#[tokio::test]
async fn a_record_that_needs_agreement_is_changed_when_somebody_has_agreed() {
    let app = app_with_orders().await;
    let agent = app.user("demo", "maker+agent");
    let (small, large) = (order(&app, 5).await, order(&app, 500).await);
    let change = json!({"note": "rush"});
    let on_first = agent.with("if-match", "\"1\"");
    on_first.patch(&small, &change).await.expect(200);
    let id = waits(&on_first.patch(&large, &change).await);
    let shown = checker(&app).get(&format!("/v1/approvals/requests/{id}")).await.expect(200).json();
    assert_eq!((&shown["snapshot"]["ifMatch"], &shown["snapshot"]["body"]), (&json!("\"1\""), &change));
    decide(&checker(&app), &id, "approve").await.expect(200);
    // A small one that becomes large is one that needs it.
    let grown = agent.with("if-match", "\"2\"").patch(&small, &json!({"amount": 900})).await;
    assert_ne!(waits(&grown), id);
    assert_eq!(
        waits(&agent.with("if-match", "\"1\"").patch(&large, &json!({"note": "no rush"})).await).len(),
        36
    );
    on_first.patch(&large, &change).await.expect(200);
    assert_eq!(state(&app, &id).await, "used");
    let mut admin = app.db.superuser().await;
    let mut approvals = async |order: &str| {
        let statement = "select meta->'approvals'->0->>'id' from audit.event \
             where type = 'records.update_record' and subject_id = $1";
        let order = order.trim_start_matches(ORDERS).trim_start_matches('/');
        sqlx::query_scalar::<_, Option<String>>(statement).bind(order).fetch_all(&mut admin).await.unwrap()
    };
    assert_eq!(approvals(&small).await, [None]);
    assert_eq!(approvals(&large).await, [Some(id)]);
    // Of the version that was approved, and of no later one.
    waits(&agent.with("if-match", "\"2\"").patch(&large, &change).await);
}

#[tokio::test]
async fn without_a_version_a_record_is_not_put_to_anybody() {
    let app = app_with_orders().await;
    let agent = app.user("demo", "maker+agent");
    let large = order(&app, 500).await;
    let refused = agent.with("if-match", "*").patch(&large, &json!({"note": "x"})).await.expect(428);
    assert_eq!(refused.code(), "request.version_required");
    let small = order(&app, 5).await;
    agent.with("if-match", "*").patch(&small, &json!({"note": "x"})).await.expect(200);
}

/// A list shows what needs no agreement, and asks for none.
#[tokio::test]
async fn a_list_leaves_out_what_nobody_has_agreed_to() {
    let app = app_with_orders().await;
    order(&app, 5).await;
    order(&app, 500).await;
    let rule = json!({"key": "seen", "effect": "allow", "subjects": {"roles": ["agent", "accountant"]},
        "operations": ["records.list_records"],
        "obligations": [{"requireApproval": {"role": "tenant_admin"}}]});
    put_in_force(&app, "seen", rule, "records.list_records").await;
    let agent = app.user("demo", "maker+agent");
    let id = waits(&agent.get(ORDERS).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    let page = agent.get(ORDERS).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(state(&app, &id).await, "used");
    assert_ne!(waits(&agent.get(ORDERS).await), id);
}
