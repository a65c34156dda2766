//! Tenants: made, found, changed, suspended and archived while the platform runs.

use std::time::Duration;

use athyper_test_kit::Client;
use serde_json::{Value, json};

use crate::support::{app, elevate, new_tenant, trail};

const TENANTS: &str = "/v1/control/tenants";

async fn make(admin: &Client, key: &str) -> (String, String) {
    let made = admin.post(TENANTS, &new_tenant(key)).await.expect(201);
    (made.text("/id"), made.header("location"))
}

#[tokio::test]
async fn a_tenant_can_be_entered_as_soon_as_it_is_made() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    app.user("initech", "admin").get("/v1/operations").await.expect(404);
    let (id, path) = make(&admin, "initech").await;
    app.user("initech", "admin").get("/v1/operations").await.expect(200);
    // Its organisation is known and another is not.
    app.user("initech", "admin").with("x-org", "austin").get("/v1/operations").await.expect(403);
    let read = admin.get(&path).await.expect(200).json();
    assert_eq!((&read["status"], &read["origin"]), (&json!("active"), &json!("api")));
    let told: Vec<_> = trail(&app, &id).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["platform.tenant_created", "platform.tenant_refused"]);
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_and_an_archived_one_is_unknown() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    let (_, path) = make(&admin, "initech").await;
    let user = app.user("initech", "admin");
    admin.post_empty(&format!("{path}/suspend")).await.expect(200);
    assert_eq!(user.get("/v1/operations").await.expect(403).code(), "request.tenant_suspended");
    assert_eq!(
        admin.post_empty(&format!("{path}/suspend")).await.expect(409).code(),
        "control.tenant_status"
    );
    admin.post_empty(&format!("{path}/activate")).await.expect(200);
    user.get("/v1/operations").await.expect(200);
    admin.post_empty(&format!("{path}/archive")).await.expect(200);
    assert_eq!(user.get("/v1/operations").await.expect(404).code(), "request.unknown_tenant");
    admin.post_empty(&format!("{path}/activate")).await.expect(409);
}

#[tokio::test]
async fn operators_do_not_shut_themselves_out() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    let own = app.db.tenant_id("operators");
    let answer = admin.post_empty(&format!("{TENANTS}/{own}/suspend")).await.expect(409);
    assert_eq!(answer.code(), "control.own_tenant");
}

#[tokio::test]
async fn what_the_configuration_defines_is_changed_there() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    let path = format!("{TENANTS}/{}", app.db.tenant_id("demo"));
    let etag = admin.get(&path).await.expect(200).header("etag");
    let answer = admin.with("if-match", &etag).patch(&path, &json!({"name": "Other"})).await.expect(409);
    assert_eq!(answer.code(), "control.configured_tenant");
    // Its status is the register's.
    admin.post_empty(&format!("{path}/suspend")).await.expect(200);
    app.user("demo", "admin").get("/v1/operations").await.expect(403);
}

#[tokio::test]
async fn a_change_names_its_version_and_all_faults_at_once() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    let (_, path) = make(&admin, "initech").await;
    admin.patch(&path, &json!({"name": "Other"})).await.expect(428);
    admin.with("if-match", "\"9\"").patch(&path, &json!({"name": "Other"})).await.expect(412);
    let renamed = admin.with("if-match", "\"1\"").patch(&path, &json!({"name": "Other"})).await.expect(200);
    assert_eq!(renamed.header("etag"), "\"2\"");
    let bad = json!({"realmKey": "athyper", "tenantKey": "x", "name": "X",
        "settings": {"defaults": {"timezone": "Mars", "currency": "ZZ"}}});
    let answer = admin.post(TENANTS, &bad).await.expect(422);
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 2);
    for (field, value) in [("tenantKey", json!("../x")), ("realmKey", json!("nowhere"))] {
        let mut body = new_tenant("fine");
        body[field] = value;
        let answer = admin.post(TENANTS, &body).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
    }
    let twice = admin.post(TENANTS, &new_tenant("initech")).await.expect(409);
    assert_eq!(twice.code(), "control.tenant_key_taken");
}

#[tokio::test]
async fn the_list_goes_by_realm_and_key_page_by_page() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    for key in ["aa", "zz", "mm"] {
        make(&admin, key).await;
    }
    let mut path = format!("{TENANTS}?realmKey=athyper&limit=2");
    let mut keys = Vec::new();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        keys.extend(page["items"].as_array().unwrap().iter().map(|item| item["tenantKey"].clone()));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("{TENANTS}?realmKey=athyper&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(keys, ["aa", "demo", "globex", "mm", "zz"].map(Value::from));
    let few = admin.get(&format!("{TENANTS}?keyPrefix=z")).await.expect(200).json();
    assert_eq!(few["items"].as_array().unwrap().len(), 1);
    let realms = admin.get("/v1/control/realms").await.expect(200).json();
    assert_eq!(
        (&realms["items"][0]["key"], &realms["items"][0]["activeTenants"]),
        (&json!("athyper"), &json!(5))
    );
}

/// The register is looked up by its index, however many tenants there are.
#[tokio::test]
async fn ten_thousand_tenants_are_listed_by_index() {
    let app = app().await;
    let mut superuser = app.db.superuser().await;
    sqlx::raw_sql(
        "insert into platform.tenant (id, realm_key, tenant_key, name, created_at, updated_at, origin) \
         select gen_random_uuid(), 'athyper', 'many-' || n, 'Many', now(), now(), 'api' \
         from generate_series(1, 10000) n; analyze platform.tenant;",
    )
    .execute(&mut superuser)
    .await
    .unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "explain select id from platform.tenant where (realm_key, tenant_key) > ('athyper', 'many-5') \
         order by realm_key, tenant_key limit 50",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert!(plan.iter().any(|line| line.contains("Index")), "{plan:#?}");
    assert!(plan.iter().all(|line| !line.contains("Sort")), "{plan:#?}");
    let admin = app.user("operators", "platform_admin");
    elevate(&admin, None, 30).await;
    make(&admin, "one-more").await;
    app.user("many-9999", "admin").get("/v1/operations").await.expect(200);
    tokio::time::timeout(Duration::from_secs(30), admin.get(TENANTS)).await.unwrap().expect(200);
}
