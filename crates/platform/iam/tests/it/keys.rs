//! Keys of services.

use chrono::TimeDelta;
use serde_json::json;

use athyper_test_kit::Client;

use crate::support::{admin, app, bind, person, tenant};

const PRINCIPALS: &str = "/v1/iam/principals";

#[tokio::test]
async fn a_key_signs_its_service_in_where_it_belongs() {
    let app = app().await;
    let admin = admin(&app);
    let robot = json!({ "kind": "service", "userName": "robot" });
    let id = admin.post(PRINCIPALS, &robot).await.expect(201).text("/id");
    let keys = format!("{PRINCIPALS}/{id}/keys");
    let made = admin.post(&keys, &json!({})).await.expect(201);
    let secret = made.text("/secret");
    assert!(secret.starts_with("athyper_sk_"));
    let client = Client::new(app.router.clone(), &secret);
    client.get(PRINCIPALS).await.expect(403);
    bind(&admin, &id, "tenant_admin", tenant()).await.expect(201);
    client.get(PRINCIPALS).await.expect(200);
    let me = client.get("/v1/iam/me").await.expect(200).json();
    assert_eq!((&me["subject"], &me["tenant"]), (&json!(id), &json!("demo")));
    // Into no other tenant, whatever a header asks for.
    client.with("x-tenant", "globex").get(PRINCIPALS).await.expect(403);
    let actor: String = sqlx::query_scalar("select actor_kind from audit.event where actor_id = $1 limit 1")
        .bind(&id)
        .fetch_one(&mut app.db.superuser().await)
        .await
        .unwrap();
    assert_eq!(actor, "service");
}

#[tokio::test]
async fn the_secret_is_stored_and_shown_nowhere() {
    let app = app().await;
    let admin = admin(&app);
    let id = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    let keys = format!("{PRINCIPALS}/{id}/keys");
    let once = admin.with("idempotency-key", "k1");
    let secret = once.post(&keys, &json!({})).await.expect(201).text("/secret");
    let again = once.post(&keys, &json!({})).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(again.json()["secret"].is_null() && again.json()["id"].is_string());
    assert!(!admin.get(&keys).await.expect(200).json().to_string().contains("secret"));
    let random = secret.split_once('.').unwrap().1;
    let mut superuser = app.db.superuser().await;
    for table in ["iam.service_key", "audit.event", "platform.idempotency_key"] {
        let statement = format!(
            "select count(*) from {table} t where t::text like '%' || $1 || '%' \
             or t::text like '%' || encode(convert_to($1, 'utf8'), 'hex') || '%'"
        );
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(random)
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

#[tokio::test]
async fn keys_are_rotated_two_at_a_time() {
    let app = app().await;
    let admin = admin(&app);
    let id = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    bind(&admin, &id, "viewer", tenant()).await.expect(201);
    let keys = format!("{PRINCIPALS}/{id}/keys");
    let make = || async { admin.post(&keys, &json!({})).await.expect(201) };
    let (first, second) = (make().await, make().await);
    assert_eq!(admin.post(&keys, &json!({})).await.expect(409).code(), "iam.too_many_keys");
    let client = |key: &athyper_test_kit::Answer| Client::new(app.router.clone(), &key.text("/secret"));
    client(&first).get("/v1/operations").await.expect(200);
    client(&second).get("/v1/operations").await.expect(200);
    let revoke = format!("{keys}/{}/revoke", first.text("/id"));
    admin.post_empty(&revoke).await.expect(200);
    admin.post_empty(&revoke).await.expect(404);
    client(&first).get("/v1/operations").await.expect(401);
    client(&second).get("/v1/operations").await.expect(200);
    let third = make().await;
    app.db.clock.advance(TimeDelta::days(91));
    client(&third).get("/v1/operations").await.expect(401);
}

#[tokio::test]
async fn a_key_that_is_wrong_in_any_way_is_refused_alike() {
    let app = app().await;
    let admin = admin(&app);
    let id = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    let keys = format!("{PRINCIPALS}/{id}/keys");
    let secret = admin.post(&keys, &json!({})).await.expect(201).text("/secret");
    let (place, random) = secret.split_once('.').unwrap();
    let other = admin.post(&keys, &json!({})).await.expect(201).text("/secret");
    let swapped = format!("{place}.{}", other.split_once('.').unwrap().1);
    let mut answers = Vec::new();
    for wrong in
        ["athyper_sk_", "athyper_sk_x.y", &format!("{place}."), &swapped, &format!("{place}.{random}A")]
    {
        let answer = Client::new(app.router.clone(), wrong).get("/v1/operations").await.expect(401);
        let mut body = answer.json();
        body["requestId"] = json!(null);
        answers.push(body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    admin.post_empty(&format!("{PRINCIPALS}/{id}/suspend")).await.expect(200);
    Client::new(app.router.clone(), &secret).get("/v1/iam/me").await.expect(403);
    admin.post_empty(&format!("{PRINCIPALS}/{id}/deprovision")).await.expect(200);
    Client::new(app.router.clone(), &secret).get("/v1/iam/me").await.expect(401);
}

#[tokio::test]
async fn the_last_use_is_known_to_the_minute() {
    let app = app().await;
    let admin = admin(&app);
    let id = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    bind(&admin, &id, "viewer", tenant()).await.expect(201);
    let keys = format!("{PRINCIPALS}/{id}/keys");
    let client = Client::new(app.router.clone(), &admin.post(&keys, &json!({})).await.text("/secret"));
    let used = || async { admin.get(&keys).await.json()["items"][0]["lastUsedAt"].clone() };
    assert!(used().await.is_null());
    let mut seen = Vec::new();
    for _ in 0..4 {
        client.get("/v1/operations").await.expect(200);
        seen.push(used().await);
        app.db.clock.advance(TimeDelta::seconds(30));
    }
    assert_eq!(
        seen,
        ["2025-01-15T09:00:00Z", "2025-01-15T09:00:00Z", "2025-01-15T09:01:00Z", "2025-01-15T09:01:00Z"]
    );
}

#[tokio::test]
async fn people_have_no_keys_and_a_key_has_an_end() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person(&app, "ann").await;
    let keys = format!("{PRINCIPALS}/{}/keys", ann.id);
    assert_eq!(admin.post(&keys, &json!({})).await.expect(422).code(), "iam.not_a_service");
    let id = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    for end in ["2025-01-15T09:00:00Z", "2024-01-01T00:00:00Z", "2027-01-01T00:00:00Z"] {
        let answer = admin.post(&format!("{PRINCIPALS}/{id}/keys"), &json!({ "expiresAt": end })).await;
        assert_eq!(answer.expect(422).text("/errors/0/pointer"), "/expiresAt");
    }
}
