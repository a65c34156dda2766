//! Refresh: once for however many, never a sign-out by an outage, and the end of everything for a copy.

use std::time::Duration;

use athyper_kernel_http::{BrowserRequest, BrowserSessions as _};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use axum::http::{HeaderMap, Method};
use chrono::TimeDelta;
use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::json;

use crate::stage::{Stage, iam, realm, sessions_on};

const SESSION: &str = "__Host-athyper-session-athyper";
const WORK: &str = "/v1/finance/accounts";

#[tokio::test]
async fn fifty_requests_make_one_refresh_and_fifty_answers() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.advance(TimeDelta::minutes(6));
    stage.issuer.behave(|manners| manners.refresh_takes = Duration::from_millis(300));
    let copies: Vec<_> = (0..50).map(|_| browser.copy()).collect();
    let answers = join_all(copies.iter().map(|copy| copy.get(WORK))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:#?}");
    assert_eq!((stage.issuer.refreshes(), stage.issuer.refused()), (1, 0));
    assert_eq!(stage.count(Some("demo"), "auth.refresh_success").await, 1);
    assert_eq!(stage.count(Some("demo"), "auth.session_rotated").await, 1);
    // All of them were told the same new id.
    let ids: std::collections::BTreeSet<String> = copies.iter().map(crate::stage::Browser::id).collect();
    assert_eq!(ids.len(), 1);
    assert_ne!(ids.first(), Some(&browser.id()));
}

/// Two processes over one database: still one refresh.
#[tokio::test]
async fn processes_share_the_refresh() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.advance(TimeDelta::minutes(6));
    stage.issuer.behave(|manners| manners.refresh_takes = Duration::from_millis(300));
    let lifecycle = Lifecycle::new(LifecycleOptions::default());
    let realms = json!({"athyper": realm(&stage.issuer)});
    let (other, _) = sessions_on(&stage.app.db.database, &iam(&realms), &lifecycle);
    let mut headers = HeaderMap::new();
    headers.insert("cookie", format!("{SESSION}={}", browser.id()).parse().unwrap());
    let request = BrowserRequest { method: &Method::GET, headers: &headers, info: None };
    let (ours, theirs) = tokio::join!(
        join_all((0..10).map(|_| stage.sessions.admit(request))),
        join_all((0..10).map(|_| other.admit(request))),
    );
    for answer in ours.into_iter().chain(theirs) {
        assert!(answer.unwrap().is_some());
    }
    assert_eq!((stage.issuer.refreshes(), stage.issuer.refused()), (1, 0));
}

#[tokio::test]
async fn a_caller_who_hangs_up_loses_nothing() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.advance(TimeDelta::minutes(6));
    stage.issuer.behave(|manners| manners.refresh_takes = Duration::from_millis(200));
    // The first caller is gone long before the issuer answers.
    let gone = tokio::time::timeout(Duration::from_millis(50), browser.copy().get(WORK).boxed_local()).await;
    assert!(gone.is_err());
    browser.get(WORK).await.expect(200);
    assert_eq!((stage.issuer.refreshes(), stage.issuer.refused()), (1, 0));
}

/// The id that was replaced is taken for a while, and then it is proof of a copy: the whole session ends.
#[tokio::test]
async fn a_former_id_that_comes_back_late_ends_the_family() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let thief = browser.copy();
    stage.advance(TimeDelta::minutes(6));
    browser.get(WORK).await.expect(200);
    assert_ne!(browser.id(), thief.id());
    // Its new id is seen; requests with the former one that were under way still arrive.
    browser.get(WORK).await.expect(200);
    let straggler = thief.copy();
    stage.advance(TimeDelta::seconds(29));
    straggler.get(WORK).await.expect(200);
    assert_eq!(straggler.id(), browser.id(), "it is told the present id");
    stage.advance(TimeDelta::seconds(1));
    assert_eq!(thief.get(WORK).await.expect(401).code(), "security.session_ended");
    stage.last_event(Some("demo"), "auth.session_killed", "reused_id").await;
    assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    assert_eq!(straggler.get(WORK).await.expect(401).code(), "security.session_ended");
}

/// An answer that was lost on its way loses no session: until the new id was seen, the former one is good.
#[tokio::test]
async fn a_lost_answer_loses_no_session() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let lost = browser.copy();
    stage.advance(TimeDelta::minutes(6));
    lost.get(WORK).await.expect(200);
    stage.advance(TimeDelta::minutes(3));
    browser.get(WORK).await.expect(200);
    assert_eq!(browser.id(), lost.id());
}

/// The issuer saw its refresh token twice: somebody has a copy, and it ended the session.
#[tokio::test]
async fn an_issuer_that_takes_the_grant_no_more_ends_the_session() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.issuer.end_all();
    stage.advance(TimeDelta::minutes(6));
    assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    stage.last_event(Some("demo"), "auth.refresh_failed", "grant_ended").await;
    assert!(browser.cookie(SESSION).is_none());
}

#[tokio::test]
async fn an_outage_of_the_issuer_is_no_sign_out() {
    let mut stage = Stage::with(&json!({"sessions": {"idleMinutes": 120}})).await;
    let browser = stage.signed_in("demo", "admin").await;
    browser.get(WORK).await.expect(200);
    stage.issuer.away();
    for _ in 0..5 {
        stage.advance(TimeDelta::minutes(6));
        browser.get(WORK).await.expect(200);
    }
    // Not for ever: nobody knows whether the person may still.
    stage.advance(TimeDelta::minutes(40));
    let answer = browser.get(WORK).await.expect(503);
    assert_eq!(answer.code(), "platform.issuer_unavailable");
    assert!(browser.cookie(SESSION).is_some());
    stage.issuer.back();
    stage.advance(TimeDelta::seconds(30));
    browser.get(WORK).await.expect(200);
    assert_eq!(stage.issuer.refreshes(), 1);
    for status in [500, 503, 429] {
        stage.advance(TimeDelta::minutes(6));
        stage.issuer.behave(|manners| manners.token_status = Some(status));
        browser.get(WORK).await.expect(200);
    }
}

/// A client that the issuer no longer knows is a mistake of ours, and signs nobody out.
#[tokio::test]
async fn a_mistake_in_the_configuration_is_no_sign_out() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.issuer.behave(|manners| manners.client_secret = Some("changed".to_owned()));
    stage.advance(TimeDelta::minutes(6));
    browser.get(WORK).await.expect(200);
    stage.issuer.behave(|manners| manners.client_secret = None);
    stage.advance(TimeDelta::seconds(10));
    browser.get(WORK).await.expect(200);
    assert_eq!(stage.issuer.refreshes(), 1);
}

/// What a person may do follows the issuer, and the id changes with it.
#[tokio::test]
async fn roles_follow_the_issuer() {
    let stage = Stage::with(&json!({"featureFlags": {"refreshRotation": false}})).await;
    let browser = stage.signed_in("demo", "admin").await;
    let account = |name: &str| json!({"code": format!("Assets:{name}"), "type": "asset"});
    browser.post(WORK, &account("One")).await.expect(201);
    let before = browser.id();
    stage.issuer.behave(|manners| {
        manners.person = json!({"sub": "admin@demo", "tenantKey": "demo", "roles": ["viewer"]});
    });
    stage.advance(TimeDelta::minutes(6));
    assert_eq!(browser.post(WORK, &account("Two")).await.expect(403).code(), "request.forbidden");
    assert_ne!(browser.id(), before);
}

#[tokio::test]
async fn tokens_of_another_person_end_the_session() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    stage.issuer.behave(|manners| manners.id_token = json!({"sub": "somebody-else", "at_hash": null}));
    stage.advance(TimeDelta::minutes(6));
    assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    stage.last_event(Some("demo"), "auth.refresh_failed", "invalid_answer").await;
}
