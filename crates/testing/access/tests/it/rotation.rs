//! A tenant's data keys are rotated: what former keys sealed comes under the new ones, whichever module it lies in, and the
//! former keys are destroyed.

use athyper_kernel_db::TenantTx;
use athyper_kernel_types::Id;
use athyper_kernel_vault::{Sealed, Subject};
use athyper_test_kit::{TestApp, test_vault};
use chrono::TimeDelta;
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::support::{admin, app};

/// Marker of the ids that the tests make.
enum Made {}

fn new_id(tx: &TenantTx) -> Uuid {
    Id::<Made>::new(tx.clock()).uuid()
}

/// A secret of accounts and one of a session, sealed and stored as these modules do.
async fn store_secrets(app: &TestApp, count: usize) {
    let (vault, context) = (test_vault(), app.db.context("demo"));
    let mut tx = app.db.database.tenant_tx(&context).await.unwrap();
    let tenant = context.tenant_id().uuid();
    for number in 0..count {
        let (person, factor, session) = (new_id(&tx), new_id(&tx), new_id(&tx));
        let secret = format!("secret {number}");
        let subject = Subject::person(person);
        let record = factor.to_string();
        let sealed =
            vault.seal_for(&mut tx, &subject, "accounts.totp", &record, secret.as_bytes()).await.unwrap();
        sqlx::query(
            "insert into accounts.account (tenant_id, principal_id, user_handle, version, created_at, created_by, \
             updated_at) values ($1, $2, $3, 1, now(), 'test', now())",
        )
        .bind(tenant)
        .bind(person)
        .bind(person.as_bytes().as_slice())
        .execute(tx.conn())
        .await
        .unwrap();
        sqlx::query(
            "insert into accounts.factor (tenant_id, id, principal_id, type, label, is_confirmed, secret, created_at) \
             values ($1, $2, $3, 'totp', 'x', true, $4, now())",
        )
        .bind(tenant)
        .bind(factor)
        .bind(person)
        .bind(sealed.as_bytes())
        .execute(tx.conn())
        .await
        .unwrap();
        let sealed =
            vault.seal(&mut tx, "security.session", &session.to_string(), secret.as_bytes()).await.unwrap();
        sqlx::query(
            "insert into security.session (tenant_id, id, realm_key, subject, actor_kind, roles, claims, sealed, \
             csrf_key, realm_generation, tenant_generation, subject_generation, created_at, authenticated_at, \
             last_seen_at, idle_seconds, expires_at, access_expires_at, has_refresh, key_number, rotation_due, version) \
             values ($1, $2, 'athyper', 'zoe', 'user', '{}', '{}', $3, 'x', 0, 0, 0, now(), now(), now(), 60, \
             now(), now(), true, 1, false, 1)",
        )
        .bind(tenant)
        .bind(session)
        .bind(sealed.as_bytes())
        .execute(tx.conn())
        .await
        .unwrap();
    }
    tx.commit(athyper_kernel_audit::AuditEvent::info("test.stored")).await.unwrap();
}

/// All stored secrets, opened by a process that remembers nothing.
async fn opened(app: &TestApp) -> Vec<String> {
    let vault = test_vault();
    let mut tx = app.db.database.read_tx(&app.db.context("demo")).await.unwrap();
    let mut all = Vec::new();
    for (sql, purpose) in [
        ("select id, secret from accounts.factor where secret is not null order by id", "accounts.totp"),
        ("select id, sealed from security.session order by id", "security.session"),
    ] {
        let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(sql).fetch_all(tx.conn()).await.unwrap();
        for (id, sealed) in rows {
            let sealed = Sealed::from_bytes(sealed);
            let plain = vault.open(&mut tx, purpose, &id.to_string(), &sealed).await.unwrap();
            all.push(String::from_utf8(plain.expose_secret().to_vec()).unwrap());
        }
    }
    all
}

/// How many keys of the tenant are in each state.
async fn keys(app: &TestApp) -> Vec<(String, i64)> {
    let mut superuser = app.db.superuser().await;
    sqlx::query_as(
        "select state, count(*) from platform.tenant_key where tenant_id = $1 group by state order by state",
    )
    .bind(app.db.tenant_id("demo").uuid())
    .fetch_all(&mut superuser)
    .await
    .unwrap()
}

fn states(active: i64, other: (&str, i64)) -> Vec<(String, i64)> {
    vec![("active".to_owned(), active), (other.0.to_owned(), other.1)]
}

#[tokio::test]
async fn everything_comes_under_new_keys_and_the_former_ones_are_destroyed() {
    const COUNT: usize = 3;
    let app = app().await;
    store_secrets(&app, COUNT).await;
    let before = opened(&app).await;
    assert_eq!(before.len(), 2 * COUNT);
    app.db.clock.advance(TimeDelta::minutes(1));
    let body = json!({ "reason": "yearly rotation" });
    let started = admin(&app).post("/v1/security/keys/rotate", &body).await.expect(202).json();
    // Between the rotation and the job, everything opens.
    assert_eq!(opened(&app).await, before);
    app.run_job().await.unwrap();
    let path = format!("/v1/operations/{}", started["id"].as_str().unwrap());
    let ended = admin(&app).get(&path).await.expect(200).json();
    assert_eq!(ended["state"], json!("succeeded"), "{ended}");
    // The tenant's own key is rotated by the request, one of each person by the job.
    assert_eq!(ended["result"], json!({ "keys": COUNT, "values": 2 * COUNT, "destroyedKeys": 0 }));
    assert_eq!(opened(&app).await, before);
    let all = i64::try_from(COUNT).unwrap() + 1;
    assert_eq!(keys(&app).await, states(all, ("retired", all)));

    // An hour later no transaction can seal with a former key any more.
    app.db.clock.advance(TimeDelta::hours(2));
    let started = admin(&app).post("/v1/security/keys/rotate", &body).await.expect(202).json();
    app.run_job().await.unwrap();
    let path = format!("/v1/operations/{}", started["id"].as_str().unwrap());
    let ended = admin(&app).get(&path).await.expect(200).json();
    assert_eq!(ended["result"]["destroyedKeys"], json!(all), "{ended}");
    assert_eq!(opened(&app).await, before);
}

#[tokio::test]
async fn a_key_that_a_value_still_needs_is_kept_and_a_run_that_was_stopped_goes_on() {
    let app = app().await;
    store_secrets(&app, 2).await;
    let before = opened(&app).await;
    app.db.clock.advance(TimeDelta::minutes(1));
    admin(&app).post("/v1/security/keys/rotate", &json!({ "reason": "x" })).await.expect(202);
    // A value that does not open stops the run; what was done before it is kept.
    let mut superuser = app.db.superuser().await;
    let broken: (Uuid, Vec<u8>) =
        sqlx::query_as("select id, sealed from security.session order by id desc limit 1")
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    sqlx::query(
        "update security.session set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40)) where id = $1",
    )
    .bind(broken.0)
    .execute(&mut superuser)
    .await
    .unwrap();
    let run = app.claim_job().await.unwrap();
    let reseal = app.jobs.iter().find(|kind| kind.name == run.name()).unwrap();
    (reseal.handler)(run).await.unwrap_err();
    assert_eq!(keys(&app).await, states(3, ("retired", 3)));
    sqlx::query("update security.session set sealed = $2 where id = $1")
        .bind(broken.0)
        .bind(&broken.1)
        .execute(&mut superuser)
        .await
        .unwrap();
    app.run_job().await.unwrap();
    assert_eq!(opened(&app).await, before);
}
