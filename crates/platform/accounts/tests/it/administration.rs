//! What administrators do about accounts.

use serde_json::json;

use crate::support::{OTHER, PASSWORD, Stage, principal};

fn path(name: &str) -> String {
    format!("/v1/accounts/people/{}", principal("demo", name))
}

#[tokio::test]
async fn accounts_are_listed_in_pages() {
    let stage = Stage::new().await;
    for name in ["zoe", "kim", "viewer"] {
        stage.invite("demo", name).await.expect(201);
    }
    stage.invite("globex", "zoe").await.expect(201);
    let mut seen = Vec::new();
    let mut next = "/v1/accounts/people?limit=2".to_owned();
    loop {
        let page = stage.admin().get(&next).await.expect(200).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["login"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("/v1/accounts/people?limit=2&cursor={cursor}");
    }
    seen.sort();
    assert_eq!(seen, ["kim", "viewer", "zoe"]);
}

#[tokio::test]
async fn only_who_can_be_reached_and_may_come_in_is_invited() {
    let stage = Stage::new().await;
    stage.people.change("demo", "kim", |person| person.mail = None);
    stage.people.change("demo", "viewer", |person| person.is_active = false);
    assert_eq!(stage.invite("demo", "kim").await.expect(409).code(), "accounts.no_mail_address");
    assert_eq!(stage.invite("demo", "viewer").await.expect(409).code(), "accounts.not_active");
    assert_eq!(stage.invite("demo", "nobody").await.expect(404).code(), "accounts.person_not_found");
    stage.account("zoe").await;
    assert_eq!(stage.invite("demo", "zoe").await.expect(409).code(), "accounts.has_password");
}

#[tokio::test]
async fn a_password_is_reset_by_mail() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.admin().post_empty(&format!("{}/reset", path("zoe"))).await.expect(200);
    stage.sign_in("zoe", PASSWORD).await.expect(200);
    let body = json!({"token": stage.last_token().await, "password": OTHER});
    stage.guest("set-password", body).await.expect(200);
    stage.sign_in("zoe", PASSWORD).await.expect(401);
    stage.sign_in("zoe", OTHER).await.expect(200);
    stage.admin().post_empty(&format!("{}/reset", path("kim"))).await.expect(404);
}

#[tokio::test]
async fn lost_factors_are_removed() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (_, codes) = stage.totp("zoe").await;
    let listed = stage.admin().get(&format!("{}/factors", path("zoe"))).await.expect(200).json();
    assert_eq!(listed["items"][0]["label"], "Phone");
    assert_eq!(listed["items"][0].get("secret"), None);
    let after = stage.admin().delete(&format!("{}/factors", path("zoe"))).await.expect(200).json();
    assert_eq!(after["factors"], json!(0));
    assert_eq!(stage.desk.ended.lock().unwrap().last().unwrap().1, "factors_removed");
    assert_eq!(stage.sign_in("zoe", PASSWORD).await.expect(200).text("/status"), "signedIn");
    let mut admin = stage.app.db.superuser().await;
    let left: i64 = sqlx::query_scalar("select count(*) from accounts.recovery_code")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!((left, codes.len()), (0, 10));
}
