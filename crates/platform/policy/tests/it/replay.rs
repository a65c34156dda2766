//! Decisions of the log are asked again under a draft.

use std::time::Duration;

use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{app, author, begin, large_orders, order, with_orders};

/// All decisions of these days.
fn period() -> Value {
    json!({"from": "2015-01-01T00:00:00Z", "to": "2035-01-01T00:00:00Z"})
}

async fn replay(app: &TestApp, path: &str, asked: &Value) -> Value {
    app.user("demo", "policy_auditor").post(&format!("{path}/replay"), asked).await.expect(200).json()
}

/// How many decisions of this actor on this operation the log has.
async fn logged(app: &TestApp, actor: &str, operation: &str) -> usize {
    let query = format!("/v1/policy/decisions?actor={actor}&operation={operation}&limit=200");
    let page = app.user("demo", "policy_auditor").get(&query).await.expect(200).json();
    page["items"].as_array().unwrap().len()
}

/// Waits until the log has so many.
async fn until_logged(app: &TestApp, actor: &str, operation: &str, wanted: usize) {
    while logged(app, actor, operation).await < wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn decisions_are_asked_again_and_those_that_cannot_be_are_named_with_the_reason() {
    let app = app().await;
    with_orders(&app).await;
    let large = order(&app, 500).await;
    let viewer = app.user("demo", "viewer");
    let update = format!("operation=records.update_record&entity=order&record={large}");
    viewer.get(&format!("/v1/policy/check?{update}")).await.expect(200);
    until_logged(&app, "viewer@demo", "records.update_record", 1).await;
    // Whoever may not is written down each time; of who may, a part by chance.
    while logged(&app, "agent@demo", "records.update_record").await == 0 {
        app.user("demo", "agent").get(&format!("/v1/policy/check?{update}")).await.expect(200);
    }

    let mut document = large_orders();
    document["rules"].as_array_mut().unwrap().push(json!({"key": "viewers", "effect": "allow",
        "subjects": {"roles": ["viewer"]}, "operations": ["records.update_record"], "resource": {"entity": "order"}}));
    document["rules"][0]["condition"] = json!("resource.amount > 100 && 'agent' in subject.roles");
    let path = begin(&app, "orders", &document).await;
    let found = replay(&app, &path, &period()).await;
    let by = |actor: &str| -> Vec<&Value> {
        let all = found["differences"].as_array().unwrap();
        all.iter()
            .filter(|one| one["actor"] == actor && one["operation"] == "records.update_record")
            .collect()
    };
    let (denied, allowed) = (by("agent@demo"), by("viewer@demo"));
    assert!(!denied.is_empty() && allowed.len() == 1, "{found}");
    assert_eq!((&denied[0]["before"], &denied[0]["after"]), (&json!("allowed"), &json!("denied")));
    assert_eq!(denied[0]["rulesAfter"][0]["rule"], json!("large"));
    assert_eq!((&allowed[0]["before"], &allowed[0]["after"]), (&json!("denied"), &json!("allowed")));
    assert_eq!(found["newlyAllowed"], json!(1));
    assert_eq!(found["newlyDenied"].as_u64().unwrap(), denied.len() as u64);

    // What has changed since says nothing of the draft.
    let small = json!({"amount": 5});
    let admin = app.user("demo", "admin").with("if-match", "*");
    admin.patch(&format!("/v1/records/order/{large}"), &small).await.expect(200);
    let now = replay(&app, &path, &period()).await;
    assert_eq!(now["newlyDenied"], json!(0), "the order is not large any more");
    let mut superuser = app.db.superuser().await;
    sqlx::query("update policy.decision set roles = null where actor = 'viewer@demo'")
        .execute(&mut superuser)
        .await
        .unwrap();
    sqlx::query("update policy.decision set outcome = 'denied' where actor = 'agent@demo'")
        .execute(&mut superuser)
        .await
        .unwrap();
    admin.delete(&format!("/v1/records/order/{large}")).await;
    let last = replay(&app, &path, &period()).await;
    assert!(last["notReplayed"]["factsNotKept"].as_u64().unwrap() >= 1, "{last}");
    assert!(last["notReplayed"]["drifted"].as_u64().unwrap() >= 1, "{last}");
    assert_eq!(last["newlyAllowed"], json!(0));
}

#[tokio::test]
async fn a_replay_goes_on_where_the_last_one_ended_and_stays_within_its_bounds() {
    let app = app().await;
    with_orders(&app).await;
    let viewer = app.user("demo", "viewer");
    for _ in 0..5 {
        viewer.get("/v1/policy/check?operation=records.update_record&entity=order").await.expect(200);
    }
    until_logged(&app, "viewer@demo", "records.update_record", 5).await;
    let path = begin(&app, "orders", &large_orders()).await;
    let (mut seen, mut before) = (0, Value::Null);
    loop {
        let mut asked = period();
        asked["limit"] = json!(2);
        asked["before"] = before;
        let page = replay(&app, &path, &asked).await;
        seen += page["lookedAt"].as_u64().unwrap();
        before = page["next"].clone();
        if before.is_null() || seen > 100 {
            break;
        }
    }
    assert!((5..=100).contains(&seen), "{seen}");
    let auditor = app.user("demo", "policy_auditor");
    let mut many = period();
    many["limit"] = json!(100_000);
    auditor.post(&format!("{path}/replay"), &many).await.expect(422);
    let never = json!({"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"});
    assert_eq!(replay(&app, &path, &never).await["lookedAt"], json!(0));
    author(&app).post(&format!("{path}/replay"), &period()).await.expect(403);
    app.user("globex", "admin").post(&format!("{path}/replay"), &period()).await.expect(404);
}
