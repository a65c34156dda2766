//! Two changes of what is in force at once: the second is held against the first.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;

use crate::support::{app, author, begin, large_orders, large_test, put_in_force, reviewer, with_orders};

async fn somebody_waits(watch: &mut PgConnection) {
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *watch)
        .await
        .unwrap();
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn tests_run_against_what_somebody_else_puts_in_force_meanwhile() {
    let app = app().await;
    with_orders(&app).await;
    // Archived for now: nothing denies that large orders are changed.
    let other = put_in_force(&app, "others", &large_orders(), &large_test(500, false)).await;
    reviewer(&app).post_empty(&format!("{other}/archive")).await.expect(200);
    let harmless = json!({"rules": [{"key": "purge", "effect": "deny", "subjects": {"roles": ["nobody"]},
        "operations": ["records.purge_record"]}]});
    let path = begin(&app, "mine", &harmless).await;
    author(&app).post(&format!("{path}/tests"), &large_test(500, true)).await.expect(201);
    author(&app).post_empty(&format!("{path}/submit")).await.expect(200);

    let mut admin = app.db.superuser().await;
    let mut change = admin.begin().await.unwrap();
    sqlx::query("update policy.live set number = number + 1").execute(&mut *change).await.unwrap();
    sqlx::query("update policy.policy set archived_at = null where key = 'others'")
        .execute(&mut *change)
        .await
        .unwrap();
    let mut publishing = JoinSet::new();
    publishing.spawn({
        let (reviewer, path) = (reviewer(&app), path.clone());
        async move { reviewer.post_empty(&format!("{path}/publish")).await }
    });
    somebody_waits(&mut app.db.superuser().await).await;
    change.commit().await.unwrap();
    assert_eq!(publishing.join_next().await.unwrap().unwrap().expect(409).code(), "policy.tests_fail");
}

#[tokio::test]
async fn who_submitted_what_others_wrote_does_not_publish_it() {
    let app = app().await;
    with_orders(&app).await;
    let path = begin(&app, "orders", &large_orders()).await;
    author(&app).post(&format!("{path}/tests"), &large_test(500, false)).await.expect(201);
    // The first word names the user: somebody else than the author.
    let both = app.user("demo", "editor+policy_author+policy_reviewer");
    both.post_empty(&format!("{path}/submit")).await.expect(200);
    assert_eq!(both.post_empty(&format!("{path}/publish")).await.expect(403).code(), "policy.own_work");
    reviewer(&app).post_empty(&format!("{path}/publish")).await.expect(200);
}

#[tokio::test]
async fn who_wrote_what_others_submitted_does_not_publish_it() {
    let app = app().await;
    with_orders(&app).await;
    let path = begin(&app, "orders", &json!({"rules": []})).await;
    // The last one who wrote, and not the one who began.
    let writer = app.user("demo", "editor+policy_author+policy_reviewer");
    let change = json!({ "document": large_orders() });
    writer.with("if-match", "*").patch(&path, &change).await.expect(200);
    author(&app).post(&format!("{path}/tests"), &large_test(500, false)).await.expect(201);
    author(&app).post_empty(&format!("{path}/submit")).await.expect(200);
    assert_eq!(writer.post_empty(&format!("{path}/publish")).await.expect(403).code(), "policy.own_work");
    reviewer(&app).post_empty(&format!("{path}/publish")).await.expect(200);
}

#[tokio::test]
async fn no_policy_of_a_tenant_weakens_what_the_platform_says() {
    let app = app().await;
    let asked = |service: bool| {
        json!({"question": {"subject": {"id": "x", "roles": ["tenant_admin"], "service": service},
            "operation": "policy.publish_policy"}})
    };
    let open = json!({"rules": [{"key": "open", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"],
        "priority": -1000}]});
    let test =
        json!({"name": "open", "test": {"question": asked(false)["question"], "expect": {"allowed": true}}});
    put_in_force(&app, "guards", &open, &test).await;
    let simulate = async |service: bool| {
        author(&app).post("/v1/policy/simulate", &asked(service)).await.expect(200).json()["decision"].clone()
    };
    assert_eq!(simulate(false).await["outcome"], json!("allowed"));
    let refused = simulate(true).await;
    assert_eq!(refused["outcome"], json!("denied"));
    let rule = &refused["rules"][0];
    assert_eq!((&rule["origin"], &rule["rule"]), (&json!("platform"), &json!("people-publish-policies")));
}

#[tokio::test]
async fn nobody_puts_in_force_what_they_could_not_take_back() {
    let app = app().await;
    let closed = json!({"rules": [{"key": "closed", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"]}]});
    let test = json!({"name": "closed", "test": {
        "question": {"subject": {"id": "x", "roles": ["tenant_admin"]}, "operation": "records.list_records"},
        "expect": {"allowed": false}}});
    let path = begin(&app, "closed", &closed).await;
    author(&app).post(&format!("{path}/tests"), &test).await.expect(201);
    author(&app).post_empty(&format!("{path}/submit")).await.expect(200);
    let refused = reviewer(&app).post_empty(&format!("{path}/publish")).await.expect(409);
    assert_eq!(refused.code(), "policy.no_way_back");
    reviewer(&app).get(&path).await.expect(200);
}
