//! A draft runs in the shadow of what is in force: where it would decide otherwise is written down, and nothing is decided by it.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_cel::Value as Seen;
use athyper_kernel_db::announce;
use athyper_kernel_http::{Catalogue, Identity, Judge, TokenAuthorizer};
use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_policy::Circumstances;
use athyper_kernel_records::{Entities, SystemEntities};
use athyper_policy::{InForce, MODULE};
use athyper_test_kit::TestApp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{app, author, begin, large_orders, large_test, order, reviewer, with_orders};

const SHADOWS: &str = "/v1/policy/shadows";
const DIFFERENCES: &str = "/v1/policy/shadow-differences";

/// Begins a policy with these rules that runs in the shadow.
async fn in_shadow(app: &TestApp, key: &str, document: &Value) -> String {
    let path = begin(app, key, document).await;
    author(app).post(&format!("{path}/tests"), &large_test(500, false)).await.expect(201);
    author(app).post(&format!("{path}/shadow"), &json!({})).await.expect(200);
    path
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

async fn check(app: &TestApp, role: &str, operation: &str, record: &str) -> String {
    let asked = format!("/v1/policy/check?operation={operation}&entity=order&record={record}");
    app.user("demo", role).get(&asked).await.expect(200).text("/outcome")
}

/// The differences, once there are so many.
async fn differences(app: &TestApp, query: &str, wanted: usize) -> Vec<Value> {
    loop {
        let page = app.user("demo", "policy_auditor").get(&format!("{DIFFERENCES}{query}")).await;
        let items = page.expect(200).json()["items"].as_array().unwrap().clone();
        if items.len() >= wanted {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The shadow of a policy.
async fn shadow(app: &TestApp, path: &str) -> Value {
    shadows(app, path).await[0].clone()
}

/// All shadows that a policy has or had.
async fn shadows(app: &TestApp, path: &str) -> Vec<Value> {
    let page = author(app).get(&format!("{SHADOWS}?policy={}", id_of(path))).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

/// The shadow of a policy that was ended for this reason; none while it runs, and where its time has passed.
async fn ended(app: &TestApp, path: &str, reason: &Value) -> Option<Value> {
    shadows(app, path).await.into_iter().find(|one| one["endReason"] == *reason)
}

/// Says that what runs in the shadow has changed, as every change of it does.
async fn tell(app: &TestApp) {
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    announce(&mut tx, "policy.shadow", "").await.unwrap();
    tx.commit(AuditEvent::info("test.tell")).await.unwrap();
}

/// Denies large orders, lets viewers change small ones, and has reading tagged.
fn draft() -> Value {
    let mut draft = large_orders();
    draft["rules"].as_array_mut().unwrap().extend([
        json!({"key": "viewers", "effect": "allow", "subjects": {"roles": ["viewer"]},
            "operations": ["records.update_record"], "resource": {"entity": "order"}}),
        json!({"key": "tagged", "effect": "allow", "subjects": {"roles": ["agent"]}, "operations": ["records.get_record"],
            "resource": {"entity": "order"}, "obligations": [{"tagAudit": {"tag": "seen"}}]}),
    ]);
    draft
}

#[tokio::test]
async fn what_a_draft_would_decide_otherwise_is_kept_and_nothing_else() {
    let app = app().await;
    with_orders(&app).await;
    let (small, large) = (order(&app, 5).await, order(&app, 500).await);
    let path = in_shadow(&app, "orders", &draft()).await;
    let update = "records.update_record";
    // The same with and without the draft, before what is not: they are asked again in order.
    assert_eq!(check(&app, "agent", update, &small).await, "allowed");
    assert_eq!(check(&app, "viewer", update, &large).await, "denied");
    assert_eq!(check(&app, "viewer", update, &small).await, "denied");
    assert_eq!(check(&app, "agent", update, &large).await, "allowed");
    assert_eq!(check(&app, "agent", "records.get_record", &small).await, "allowed");
    // It binds nobody.
    let changed = json!({"owner": "ben"});
    let agent = app.user("demo", "agent").with("if-match", "*");
    agent.patch(&format!("/v1/records/order/{large}"), &changed).await.expect(200);
    app.user("demo", "viewer")
        .with("if-match", "*")
        .patch(&format!("/v1/records/order/{small}"), &changed)
        .await
        .expect(403);

    let lost = differences(&app, &format!("?change=loses&record={large}"), 2).await;
    assert!(lost.iter().all(|one| one["actor"] == "agent@demo" && one["operation"] == update), "{lost:?}");
    let first = lost.last().unwrap();
    assert_eq!(
        (&first["before"]["outcome"], &first["after"]["outcome"]),
        (&json!("allowed"), &json!("denied"))
    );
    assert_eq!(first["before"]["rules"], json!(["roles/agent"]));
    assert_eq!(first["after"]["rules"], json!(["orders/large"]));
    assert_eq!(first["policyId"], json!(id_of(&path)));
    let gained = differences(&app, &format!("?change=gains&record={small}&actor=viewer@demo"), 1).await;
    assert_eq!(gained[0]["after"]["rules"], json!(["orders/viewers"]));
    let differing = differences(&app, &format!("?change=differs&record={small}"), 1).await;
    assert_eq!(differing[0]["after"]["obligations"], json!([{"tagAudit": {"tag": "seen"}}]));
    assert_eq!(
        differences(&app, &format!("?actor=viewer@demo&record={large}"), 0).await,
        Vec::<Value>::new()
    );
    let same = format!("?actor=agent@demo&record={small}&operation={update}");
    assert_eq!(differences(&app, &same, 0).await, Vec::<Value>::new());

    let counted = shadow(&app, &path).await;
    let (loses, gains) = (counted["loses"].as_i64().unwrap(), counted["gains"].as_i64().unwrap());
    assert!(loses >= 2 && gains >= 1 && counted["differs"].as_i64().unwrap() >= 1, "{counted}");
    assert!(counted["asked"].as_i64().unwrap() > loses + gains, "{counted}");
    assert_eq!(
        differences(&app, &format!("?policy={}&change=loses", id_of(&path)), 2).await[0]["change"],
        "loses"
    );

    // Nobody else's, and not for everybody.
    let other = app.user("globex", "admin");
    assert_eq!(other.get(DIFFERENCES).await.expect(200).json()["items"], json!([]));
    assert_eq!(other.get(SHADOWS).await.expect(200).json()["items"], json!([]));
    other.post(&format!("{path}/shadow"), &json!({})).await.expect(404);
    other.delete(&format!("{path}/shadow")).await.expect(404);
    author(&app).get(DIFFERENCES).await.expect(403);
    for role in ["viewer", "policy_auditor"] {
        app.user("demo", role).post(&format!("{path}/shadow"), &json!({})).await.expect(403);
        app.user("demo", role).delete(&format!("{path}/shadow")).await.expect(403);
    }
}

#[tokio::test]
async fn a_shadow_begins_with_tests_that_pass_and_ends_by_itself() {
    let app = app().await;
    with_orders(&app).await;
    let path = begin(&app, "orders", &draft()).await;
    let (author, of) = (author(&app), format!("{path}/shadow"));
    assert_eq!(author.post(&of, &json!({})).await.expect(409).code(), "policy.no_test");
    author.post(&format!("{path}/tests"), &large_test(500, true)).await.expect(201);
    assert_eq!(author.post(&of, &json!({})).await.expect(409).code(), "policy.tests_fail");
    let test = author.get(&format!("{path}/tests")).await.expect(200).json();
    author.delete(&format!("{path}/tests/{}", test["items"][0]["id"].as_str().unwrap())).await.expect(204);
    author.post(&format!("{path}/tests"), &large_test(500, false)).await.expect(201);
    for wrong in [
        json!({"oneIn": 0}),
        json!({"until": "2001-01-01T00:00:00Z"}),
        json!({"until": "2999-01-01T00:00:00Z"}),
    ] {
        author.post(&of, &wrong).await.expect(422);
    }
    assert_eq!(author.delete(&of).await.expect(409).code(), "policy.not_in_shadow");
    author.post(&of, &json!({"oneIn": 5})).await.expect(200);
    assert_eq!(author.post(&of, &json!({})).await.expect(409).code(), "policy.in_shadow");
    let stopped = author.delete(&of).await.expect(200).json();
    assert_eq!((&stopped["running"], &stopped["endReason"]), (&json!(false), &json!("stopped")));

    author.post(&of, &json!({})).await.expect(200);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    assert_eq!(
        ended(&app, &path, &Value::Null).await.unwrap()["running"],
        json!(true),
        "a review does not end it"
    );
    reviewer(&app).post_empty(&format!("{path}/publish")).await.expect(200);
    assert_eq!(ended(&app, &path, &json!("published")).await.unwrap()["running"], json!(false));
    assert_eq!(author.post(&of, &json!({})).await.expect(409).code(), "policy.no_draft");

    author.with("if-match", "*").patch(&path, &json!({ "document": large_orders() })).await.expect(200);
    author.post(&of, &json!({})).await.expect(200);
    reviewer(&app).post_empty(&format!("{path}/archive")).await.expect(200);
    assert_eq!(ended(&app, &path, &json!("archived")).await.unwrap()["running"], json!(false));
    author.post(&of, &json!({})).await.expect(200);
    let mut admin = app.db.superuser().await;
    sqlx::query("update policy.shadow set ends_at = started_at where end_reason is null")
        .execute(&mut admin)
        .await
        .unwrap();
    assert_eq!(ended(&app, &path, &Value::Null).await.unwrap()["running"], json!(false));
    author.post(&of, &json!({})).await.expect(200);
}

#[tokio::test]
async fn what_was_stopped_is_not_asked_any_more() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    let stopped = in_shadow(&app, "stopped", &draft()).await;
    let other = in_shadow(&app, "other", &draft()).await;
    check(&app, "agent", "records.update_record", &large).await;
    differences(&app, &format!("?policy={}", id_of(&stopped)), 1).await;
    author(&app).delete(&format!("{stopped}/shadow")).await.expect(200);
    let lost = |path: &str| format!("?policy={}&change=loses&record={large}", id_of(path));
    let had = differences(&app, &lost(&stopped), 1).await.len();
    // The same queue has both: what the other one found was the last in it.
    check(&app, "agent", "records.update_record", &large).await;
    differences(&app, &lost(&other), 2).await;
    assert_eq!(differences(&app, &lost(&stopped), 0).await.len(), had);
}

#[tokio::test]
async fn a_shadow_that_cannot_be_used_changes_no_decision() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    let path = in_shadow(&app, "orders", &draft()).await;
    let update = "records.update_record";
    let spoil = async |statement: &'static str| {
        sqlx::query(statement).execute(&mut app.db.superuser().await).await.unwrap();
        tell(&app).await;
    };
    // A field that it names is gone: it would deny, and is written down.
    spoil("update policy.shadow set document = replace(document::text, 'resource.amount', 'resource.gone')::jsonb").await;
    let told = async || differences(&app, &format!("?record={large}&change=loses"), 0).await;
    while told().await.is_empty() {
        assert_eq!(check(&app, "agent", update, &large).await, "allowed");
    }
    assert_eq!(told().await[0]["after"]["reason"], json!("denial_failed"));
    // What is stored is no policy.
    spoil("update policy.shadow set document = '{\"rules\": 1}'").await;
    while shadow(&app, &path).await["skipped"] == json!(0) {
        assert_eq!(check(&app, "agent", update, &large).await, "allowed");
    }
    // What is stored cannot be read.
    spoil("revoke select on policy.shadow from athyper_app").await;
    assert_eq!(check(&app, "agent", update, &large).await, "allowed");
    let changed = json!({"owner": "ben"});
    let agent = app.user("demo", "agent").with("if-match", "*");
    agent.patch(&format!("/v1/records/order/{large}"), &changed).await.expect(200);
}

#[tokio::test]
async fn a_shadow_is_asked_on_every_node() {
    let app = app().await;
    with_orders(&app).await;
    let modules = [athyper_kernel_records::MODULE, MODULE];
    let catalogue = Catalogue::new(modules.iter().flat_map(|module| module.permissions).copied());
    let (database, lifecycle) = (app.db.another_handle().await, Lifecycle::new(LifecycleOptions::default()));
    let policies = InForce::new(
        &database,
        catalogue.clone(),
        Entities::new(&database, SystemEntities::default()),
        &lifecycle,
    );
    let judge =
        Judge::new(Arc::new(TokenAuthorizer::new(catalogue, database.clock().clone())), Arc::new(policies));
    let context = app.db.context("demo");
    let identity = Identity {
        realm_key: context.realm_key().to_owned(),
        actor: context.actor().clone(),
        roles: Arc::from(["agent".to_owned()]),
        claims: serde_json::Map::new(),
        principal: None,
    };
    let record =
        Seen::map([("id", Seen::from("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6079")), ("amount", Seen::Int(500))]);
    let ask = async || {
        let rights = judge.rights(context.clone(), &identity, Circumstances::default()).await.unwrap();
        rights.ask("records.update_record", "order", Some(&record)).is_allowed()
    };
    // It knows that nothing runs before something does.
    assert!(ask().await);
    in_shadow(&app, "orders", &draft()).await;
    loop {
        assert!(ask().await);
        let found = differences(&app, &format!("?actor={}", context.actor().id), 0).await;
        if let Some(one) = found.first() {
            assert_eq!(
                (&one["change"], &one["recordId"]),
                (&json!("loses"), &json!("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6079"))
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[derive(Serialize, Deserialize)]
struct Purge {}

impl JobPayload for Purge {
    const NAME: &'static str = "policy.purge_decisions";
}

#[tokio::test]
async fn what_a_draft_would_have_decided_is_forgotten_with_the_decisions() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    in_shadow(&app, "orders", &draft()).await;
    check(&app, "agent", "records.update_record", &large).await;
    differences(&app, "?change=loses", 1).await;
    let purge = async || {
        let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
        enqueue(&mut tx, NewJob::new(&Purge {}).unwrap()).await.unwrap();
        tx.commit(AuditEvent::info("test.purge")).await.unwrap();
        app.run_job().await.unwrap();
    };
    purge().await;
    assert!(!differences(&app, "?change=loses", 0).await.is_empty());
    sqlx::query("update policy.shadow_difference set decided_at = decided_at - interval '91 days'")
        .execute(&mut app.db.superuser().await)
        .await
        .unwrap();
    purge().await;
    assert_eq!(differences(&app, &format!("?record={large}"), 0).await, Vec::<Value>::new());
}
