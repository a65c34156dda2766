//! What the edge does for every route: it limits how often it may be called, hands the trace on, and says when to come again
//! while the database is away.

use std::time::Duration;

use athyper_adapter_db_postgres::{PoolSettings, connect};
use athyper_bootstrap::modules;
use athyper_kernel_config::RateLimitConfig;
use athyper_kernel_http::ProblemResponse;
use athyper_kernel_types::Clock;
use athyper_test_kit::{Answer, TestApp, TestOptions};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use serde_json::Value;

use crate::findings::Findings;
use crate::platform::{Call, Platform};
use crate::problem_form::check_problem;
use crate::rows::Rows;
use crate::{parts, specimen};

/// No record has it.
const NOBODY: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
/// Requests that one operation takes.
const LIMIT: u32 = 3;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn limited(rates: RateLimitConfig) -> TestOptions {
    TestOptions { rates, ..parts::options() }
}

fn header(answer: &Answer, name: &str) -> String {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Calls every operation until it is refused.
async fn check_limits(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    let (client, other) = (platform.admin("demo").client, platform.admin("globex").client);
    for operation in &platform.operations {
        let (name, path) = (operation.name(), operation.path_with(NOBODY));
        let send = async |client: &athyper_test_kit::Client| {
            client.send(operation.method.clone(), &path, None, Bytes::new()).await
        };
        for number in 1..=LIMIT {
            let answer = send(&client).await;
            let left = LIMIT - number;
            let says_left = header(&answer, "ratelimit").contains(&format!("\"operation\";r={left};t="));
            let says_limit =
                header(&answer, "ratelimit-policy").contains(&format!("\"operation\";q={LIMIT};w=60"));
            let what = format!("request {number} answers {} {:?}", answer.status, answer.headers);
            findings.expect(answer.status != 429 && says_left && says_limit, "rate-limit", &name, what);
        }
        let before = Rows::of_all(&platform.app.db).await;
        let answer = send(&client).await;
        let code = check_problem(&mut findings, operation, &answer);
        let is_refused = answer.status == 429
            && code.as_deref() == Some("request.too_many")
            && header(&answer, "retry-after").parse().is_ok_and(|seconds: u32| seconds > 0);
        findings.expect(is_refused, "rate-limit", &name, format!("past its limit it answers {answer:?}"));
        let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
        findings.expect(changes.is_empty(), "rate-limit", &name, format!("a refusal left {changes:#?}"));
        let answer = send(&other).await;
        findings.expect(answer.status != 429, "rate-limit", &name, "one tenant uses up another's limit");
    }
    findings
}

/// The caller's trace and request id go through, whether the answer is a success or a problem.
async fn check_tracing(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in &platform.operations {
        let user = platform.admin("demo");
        // Reads succeed; of changes the refusals are looked at, which takes no preparation.
        let call = if operation.is_command() {
            Call::to(operation.path_with(NOBODY))
        } else {
            platform.prepare(operation, &user).await
        };
        let traced = |client: &athyper_test_kit::Client| {
            let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
            client.with("traceparent", &parent).with("x-request-id", "from.the-caller")
        };
        let (client, anonymous) = (traced(&user.client), traced(&platform.app.anonymous()));
        for answer in
            [call.send(&client, &operation.method).await, call.send(&anonymous, &operation.method).await]
        {
            let told = header(&answer, "traceresponse");
            let parts: Vec<&str> = told.split('-').collect();
            let goes_on = matches!(parts[..], ["00", TRACE, span, "01"] if span != "00f067aa0ba902b7");
            let what = format!("{} has traceresponse {told:?}", answer.status);
            findings.expect(goes_on, "trace", operation.name(), what);
            let id = header(&answer, "x-request-id");
            findings.expect(
                id == "from.the-caller",
                "request-id",
                operation.name(),
                format!("answers {id:?}"),
            );
        }
    }
    findings
}

/// While the database is away every operation says that it is, and when to come again.
async fn check_outage(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    let user = platform.admin("demo");
    let mut calls = Vec::new();
    for operation in &platform.operations {
        calls.push((operation, platform.prepare(operation, &user).await));
    }
    platform.app.db.database.close().await;
    for (operation, call) in calls {
        let answer = call.send(&user.client, &operation.method).await;
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let is_told = answer.status == 503
            && problem["code"] == "platform.database_unavailable"
            && header(&answer, "retry-after").parse().is_ok_and(|seconds: u32| seconds > 0)
            && operation.responses.contains_key(&503);
        let what = format!("without the database it answers {} {problem}", answer.status);
        findings.expect(is_told, "outage", operation.name(), what);
    }
    findings
}

#[tokio::test]
async fn every_operation_is_limited() {
    let mut platform = Platform::new().await;
    let limits = RateLimitConfig { operation_per_minute: LIMIT, ..RateLimitConfig::default() };
    platform.app = TestApp::with(&modules(), limited(limits)).await;
    check_limits(&platform).await.none();
}

#[tokio::test]
async fn every_operation_goes_on_with_the_callers_trace() {
    check_tracing(&Platform::new().await).await.none();
}

#[tokio::test]
async fn every_operation_says_when_to_come_again_while_the_database_is_away() {
    check_outage(&Platform::new().await).await.none();
}

/// A pool whose connections are all in use is no defect: the caller is told when to come again.
#[tokio::test]
async fn a_full_pool_says_when_to_come_again() {
    let app = TestApp::new(&[]).await;
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(100),
        statement_timeout: Duration::from_mins(1),
        application_name: "small".to_owned(),
    };
    let small = connect(&app.db.app_url(), &settings, Clock::system()).await.unwrap();
    let context = app.db.context("demo");
    let held = small.tenant_tx(&context).await.unwrap();
    let refused = ProblemResponse::from(small.tenant_tx(&context).await.unwrap_err()).into_response();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    held.rollback().await.unwrap();
    small.tenant_tx(&context).await.unwrap();
}

/// A tenant that spreads its calls over all operations is limited as well, and one minute later it may call again.
#[tokio::test]
async fn a_tenant_is_limited_as_a_whole_and_not_for_ever() {
    let limits = RateLimitConfig { tenant_per_minute: 4, ..RateLimitConfig::default() };
    let app = TestApp::with(&modules(), limited(limits)).await;
    let (admin, viewer) = (app.user("demo", "admin"), app.user("demo", "viewer"));
    for client in [&admin, &viewer] {
        client.get("/v1/operations").await.expect(200);
        client.get("/v1/finance/accounts").await.expect(200);
    }
    let refused = admin.get("/v1/operations").await.expect(429);
    assert!(refused.header("ratelimit").contains("\"tenant\";r=0;"), "{:?}", refused.headers);
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    app.user("globex", "admin").get("/v1/operations").await.expect(200);
    app.db.clock.advance(chrono::Duration::seconds(wait - 1));
    viewer.get("/v1/operations").await.expect(429);
    app.db.clock.advance(chrono::Duration::seconds(1));
    viewer.get("/v1/operations").await.expect(200);
}

/// Who tries tokens has to wait; what is tried is not even looked at then.
#[tokio::test]
async fn an_address_that_tries_tokens_has_to_wait() {
    let limits = RateLimitConfig { failed_tokens_per_minute: 3, ..RateLimitConfig::default() };
    let app = TestApp::with(&modules(), limited(limits)).await;
    for number in 0..3 {
        app.anonymous().get("/v1/operations").await.expect(401);
        let forged = app.anonymous().with("authorization", &format!("Bearer forged-{number}"));
        forged.get("/v1/operations").await.expect(401);
    }
    let refused = app.user("demo", "admin").get("/v1/operations").await.expect(429);
    assert_eq!(refused.code(), "request.too_many");
    app.db.clock.advance(chrono::Duration::minutes(2));
    app.user("demo", "admin").get("/v1/operations").await.expect(200);
}

#[tokio::test]
async fn routes_without_limits_are_found() {
    let mut platform = specimen::broken().await;
    let off = RateLimitConfig { enabled: false, ..RateLimitConfig::default() };
    platform.app = TestApp::with(&[specimen::MODULE], limited(off)).await;
    check_limits(&platform).await.all_of(&[("rate-limit", "specimen.list_notes")]);
}
