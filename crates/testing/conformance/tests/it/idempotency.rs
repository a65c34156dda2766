//! `Idempotency-Key`: the same request does its work once, however often and however fast it comes.

use athyper_test_kit::{Answer, Client};
use axum::http::Method;
use futures::future::join_all;

use crate::document::Operation;
use crate::findings::{Findings, Tolerated};
use crate::platform::{ADMIN, Call, Platform, unique};
use crate::problem_form::check_problem;
use crate::rows::Rows;
use crate::specimen;

/// Why another request under the same key cannot be told from the first.
const NOTHING_DIFFERS: &str = "it takes nothing: the same key is the same request";
/// Why a repetition is answered with less.
const SHOWN_ONCE: &str =
    "secrets and codes are shown once, and stored nowhere: a repetition gets the answer without them";

/// Why others do not answer a request for approval.
const THOSE_CONCERNED: &str =
    "who has the role that was asked decides, and who asked withdraws; to others the request is not there";

/// Changes whose repetition is answered otherwise.
const OTHERWISE: [Tolerated; 17] = [
    Tolerated { rule: "own-key", subject: "approvals.approve_request", reason: THOSE_CONCERNED },
    Tolerated { rule: "own-key", subject: "approvals.reject_request", reason: THOSE_CONCERNED },
    Tolerated { rule: "own-key", subject: "approvals.withdraw_request", reason: THOSE_CONCERNED },
    Tolerated {
        rule: "own-key",
        subject: "security.revoke_own_session",
        reason: "a session is its person's alone",
    },
    Tolerated {
        rule: "replay",
        subject: "iam.create_service_key",
        reason: "the secret is shown once, and stored nowhere: a repetition gets the key without it",
    },
    Tolerated {
        rule: "own-key",
        subject: "governance.decide_access_review_item",
        reason: "only the reviewer of the campaign decides, whoever else has the role",
    },
    Tolerated { rule: "problem", subject: "accounts.begin_step_up", reason: NOTHING_DIFFERS },
    Tolerated { rule: "reused", subject: "accounts.begin_step_up", reason: NOTHING_DIFFERS },
    Tolerated { rule: "problem", subject: "accounts.begin_webauthn", reason: NOTHING_DIFFERS },
    Tolerated { rule: "reused", subject: "accounts.begin_webauthn", reason: NOTHING_DIFFERS },
    Tolerated { rule: "problem", subject: "accounts.renew_recovery_codes", reason: NOTHING_DIFFERS },
    Tolerated { rule: "reused", subject: "accounts.renew_recovery_codes", reason: NOTHING_DIFFERS },
    Tolerated { rule: "problem", subject: "finance.rebuild_balances", reason: NOTHING_DIFFERS },
    Tolerated { rule: "reused", subject: "finance.rebuild_balances", reason: NOTHING_DIFFERS },
    Tolerated { rule: "replay", subject: "accounts.confirm_totp", reason: SHOWN_ONCE },
    Tolerated { rule: "replay", subject: "accounts.enrol_totp", reason: SHOWN_ONCE },
    Tolerated { rule: "replay", subject: "accounts.renew_recovery_codes", reason: SHOWN_ONCE },
];

/// How many times a request is refused under its key.
const ATTEMPTS: usize = 5;
/// How many copies of a request come at once.
const AT_ONCE: usize = 8;

fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

fn with_key(client: &Client) -> (Client, String) {
    let key = format!("key-{}", unique());
    (client.with("idempotency-key", &key), key)
}

/// The same request again, and another one under the same key.
async fn check_again(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let other = platform.prepare(operation, &user).await;
    let (client, _) = with_key(&user.client);
    let first = call.send(&client, &operation.method).await;
    let what = format!("the first answer is {} {first:?}", first.status);
    findings.expect(is_success(&first) && !is_replay(&first), "first", operation.name(), what);
    let before = Rows::of_all(&platform.app.db).await;
    let second = call.send(&client, &operation.method).await;
    let is_same = second.status == first.status && second.body == first.body && is_replay(&second);
    let names = ["content-type", "location", "etag"];
    let same_headers = names.iter().all(|name| first.headers.get(*name) == second.headers.get(*name));
    findings.expect(
        is_same && same_headers,
        "replay",
        operation.name(),
        format!("{first:?} and then {second:?}"),
    );
    let third = other.send(&client, &operation.method).await;
    let found = check_problem(findings, operation, &third);
    let is_refused = third.status == 422 && found.as_deref() == Some("request.idempotency_key_reused");
    findings.expect(
        is_refused,
        "reused",
        operation.name(),
        format!("another request answers {}", third.status),
    );
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(
        changes.is_empty(),
        "one-effect",
        operation.name(),
        format!("again it changed {changes:#?}"),
    );
}

/// A refused request did no work: its key is free for the next attempt, at once.
async fn check_refused(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    if operation.if_match.is_none() || !operation.has_id() {
        return;
    }
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let (client, _) = with_key(&user.client);
    for attempt in 0..ATTEMPTS {
        let refused = call.clone().if_match(Some("\"999999\"")).send(&client, &operation.method).await;
        let what = format!("attempt {attempt} on another version answers {}", refused.status);
        findings.expect(refused.status == 412, "freed", operation.name(), what);
    }
    let answer = call.send(&client, &operation.method).await;
    let what = format!("after a refusal it answers {}", answer.status);
    findings.expect(is_success(&answer) && !is_replay(&answer), "freed", operation.name(), what);
}

/// Many copies of a request at once.
async fn check_at_once(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let events = || async {
        // Of this operation: other trails may be told as well.
        let count =
            sqlx::query_scalar("select count(*) from audit.event where type = $1").bind(&operation.id);
        let count: i64 =
            platform.app.db.watch(async |superuser| count.fetch_one(superuser).await).await.expect("events");
        count
    };
    let (client, _) = with_key(&user.client);
    let before = events().await;
    let answers = join_all((0..AT_ONCE).map(|_| call.send(&client, &operation.method))).await;
    let worked = answers.iter().filter(|answer| is_success(answer) && !is_replay(answer)).count();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let what = format!("{worked} of {AT_ONCE} did the work: {statuses:?}");
    findings.expect(worked == 1, "at-once", operation.name(), what);
    for answer in answers.iter().filter(|answer| !is_success(answer)) {
        let is_told_to_wait = answer.status == 409 && answer.headers.contains_key("retry-after");
        let found = check_problem(findings, operation, answer);
        let is_told_why = found.as_deref() == Some("request.in_progress");
        let what = format!("a copy answers {} {found:?}", answer.status);
        findings.expect(is_told_to_wait && is_told_why, "at-once", operation.name(), what);
    }
    let written = events().await - before;
    findings.expect(
        written == 1,
        "at-once",
        operation.name(),
        format!("it was written down {written} times"),
    );
}

/// A key belongs to its user: others use the same words for their own.
async fn check_own(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let admin = platform.admin("demo");
    let (client, key) = with_key(&admin.client);
    let first = platform.prepare(operation, &admin).await.send(&client, &operation.method).await;
    findings.expect(is_success(&first), "own-key", operation.name(), format!("answers {}", first.status));
    // One colleague, if anybody else may do it.
    let colleague = platform.roles_of(&operation.id).into_iter().next();
    let users = colleague.into_iter().map(|role| ("demo", role)).chain([("globex", ADMIN)]);
    for (tenant, role) in users {
        // Who runs the platform has to say why by themselves.
        let is_control = operation.id.starts_with("control.");
        // An account of one's own is made by nobody else.
        let is_own = operation.path.starts_with("/v1/accounts/me");
        let maker = if is_control || is_own { platform.user(tenant, role) } else { platform.admin(tenant) };
        let call: Call = platform.prepare(operation, &maker).await;
        let client = platform.app.user(tenant, role).with("idempotency-key", &key);
        let answer = call.send(&client, &operation.method).await;
        let what = format!("the same key of {role}@{tenant} answers {}", answer.status);
        findings.expect(is_success(&answer) && !is_replay(&answer), "own-key", operation.name(), what);
    }
}

/// What is asked of each operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Again, after a refusal, and another request under the same key.
    Again,
    /// Many times at once.
    AtOnce,
    /// By others.
    ByOthers,
}

async fn check(platform: &Platform, asked: &[Asked]) -> Findings {
    let mut findings = Findings::default();
    for operation in platform.operations.iter().filter(|operation| operation.method == Method::POST) {
        if asked.contains(&Asked::Again) {
            check_again(platform, operation, &mut findings).await;
            check_refused(platform, operation, &mut findings).await;
        }
        if asked.contains(&Asked::AtOnce) {
            check_at_once(platform, operation, &mut findings).await;
        }
        if asked.contains(&Asked::ByOthers) {
            check_own(platform, operation, &mut findings).await;
        }
    }
    findings
}

#[tokio::test]
async fn every_post_that_comes_again_is_answered_as_before() {
    let findings = check(&Platform::new().await, &[Asked::Again]).await;
    let otherwise: Vec<Tolerated> = OTHERWISE.into_iter().filter(|entry| entry.rule != "own-key").collect();
    findings.none_but(&otherwise);
}

#[tokio::test]
async fn every_post_that_comes_many_times_at_once_does_its_work_once() {
    check(&Platform::new().await, &[Asked::AtOnce]).await.none();
}

#[tokio::test]
async fn every_post_is_free_to_others_under_the_same_key() {
    let findings = check(&Platform::new().await, &[Asked::ByOthers]).await;
    let otherwise: Vec<Tolerated> = OTHERWISE.into_iter().filter(|entry| entry.rule == "own-key").collect();
    findings.none_but(&otherwise);
}

/// A key that cannot be stored is refused before any work is done.
#[tokio::test]
async fn a_key_has_a_form() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    for operation in platform.operations.iter().filter(|operation| operation.method == Method::POST) {
        let user = platform.admin("demo");
        let call = platform.prepare(operation, &user).await;
        for key in ["", " ", &"k".repeat(256)] {
            let answer = call.send(&user.client.with("idempotency-key", key), &operation.method).await;
            let found = check_problem(&mut findings, operation, &answer);
            let is_refused =
                found.as_deref() == Some("request.invalid_idempotency_key") && answer.status == 400;
            findings.expect(
                is_refused,
                "key-form",
                operation.name(),
                format!("{key:?} answers {}", answer.status),
            );
        }
    }
    findings.none();
}

#[tokio::test]
async fn a_forgotten_key_is_found() {
    check(&specimen::broken().await, &[Asked::Again, Asked::AtOnce]).await.all_of(&[
        ("replay", "specimen.open_door"),
        ("reused", "specimen.open_door"),
        ("at-once", "specimen.open_door"),
    ]);
}
