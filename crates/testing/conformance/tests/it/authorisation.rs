//! Authorisation: nobody calls an operation without a token and a role that has its permission.

use std::collections::BTreeSet;

use athyper_bootstrap::document;
use athyper_test_kit::Answer;

use crate::document::{Operation, all_operations, operations};
use crate::findings::Findings;
use crate::platform::{Call, Platform};
use crate::problem_form::check_problem;

/// A role that has no permission.
const STRANGER: &str = "stranger";

/// Calls every operation as nobody, as a stranger and in every role, and gives back the ids of those it called.
async fn check(platform: &Platform, findings: &mut Findings) -> BTreeSet<String> {
    let mut called = BTreeSet::new();
    for operation in &platform.operations {
        called.insert(operation.id.clone());
        let call = Call::to(operation.path_with("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"));
        let anonymous = call.send(&platform.app.anonymous(), &operation.method).await;
        refused(findings, operation, "without a token", &anonymous, (401, "request.no_token"));
        let client = platform.app.anonymous().with("authorization", "Bearer made-up");
        let made_up = call.send(&client, &operation.method).await;
        refused(findings, operation, "with a made-up token", &made_up, (401, "request.invalid_token"));
        for role in platform.roles().into_iter().chain([STRANGER]) {
            let answer = call.send(&platform.app.user("demo", role), &operation.method).await;
            if platform.roles_of(&operation.id).contains(&role) {
                // An operator may and has not yet said why.
                let asks_why = answer.status == 403 && answer.code() == "control.elevation_required";
                let is_admitted = asks_why || !matches!(answer.status, 401 | 403) && answer.status < 500;
                let what = format!("{role} may, but is answered {}", answer.status);
                findings.expect(is_admitted, "authorisation", operation.name(), what);
            } else if platform.has_part(&operation.id, role) && is_let_in(&answer) {
                // For some records, and this is none.
            } else {
                refused(findings, operation, &format!("as {role}"), &answer, (403, "request.forbidden"));
            }
        }
    }
    called
}

fn is_let_in(answer: &Answer) -> bool {
    !matches!(answer.status, 401 | 403) && answer.status < 500
}

fn refused(
    findings: &mut Findings,
    operation: &Operation,
    how: &str,
    answer: &Answer,
    expected: (u16, &str),
) {
    let (status, code) = expected;
    let is_refused =
        answer.status == status && check_problem(findings, operation, answer).as_deref() == Some(code);
    let what = format!("called {how} it answers {} and not {status} {code}", answer.status);
    findings.expect(is_refused, "authorisation", operation.name(), what);
    let names_scheme = status != 401 || answer.headers.contains_key("www-authenticate");
    findings.expect(names_scheme, "authorisation", operation.name(), "401 without WWW-Authenticate");
}

#[tokio::test]
async fn every_operation_asks_for_a_token_and_a_role() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    let called = check(&platform, &mut findings).await;
    findings.none();
    let documented: BTreeSet<_> = operations(&document()).into_iter().map(|operation| operation.id).collect();
    assert_eq!(called, documented, "every operation of the document is called here");
}

/// Every operation is decided by the one evaluator: where it denies, whoever may do everything may do nothing.
#[tokio::test]
async fn where_everything_is_denied_nobody_does_anything() {
    let platform = Platform::denying_all().await;
    let mut findings = Findings::default();
    let mut called = BTreeSet::new();
    for operation in &platform.operations {
        called.insert(operation.id.clone());
        let call = Call::to(operation.path_with("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"));
        let answer = call.send(&platform.admin("demo").client, &operation.method).await;
        refused(&mut findings, operation, "where all is denied", &answer, (403, "request.forbidden"));
    }
    findings.none();
    let documented: BTreeSet<_> = operations(&document()).into_iter().map(|operation| operation.id).collect();
    assert_eq!(called, documented, "every operation of the document is called here");
}

/// What may be called without a token, each with the proof that it asks for instead. A new one is a decision.
const OPEN: [(&str, &str); 8] = [
    ("accounts.answer_factor", "a challenge and a second factor"),
    ("accounts.begin_webauthn_sign_in", "a challenge"),
    ("accounts.enrol_at_sign_in", "a challenge"),
    ("accounts.enrol_webauthn_at_sign_in", "a challenge"),
    ("accounts.register_webauthn_at_sign_in", "a challenge and a new key"),
    ("accounts.request_reset", "none: it answers everybody alike"),
    ("accounts.set_password", "the token of a link"),
    ("accounts.sign_in", "a password"),
];

#[tokio::test]
async fn only_these_are_called_without_a_token() {
    let all = all_operations(&document());
    let mut open: Vec<_> =
        all.iter().filter(|operation| operation.is_open).map(|open| open.id.as_str()).collect();
    open.sort_unstable();
    assert_eq!(open, OPEN.map(|(id, _)| id));
    let platform = Platform::new().await;
    for operation in all.iter().filter(|operation| operation.is_open) {
        // Without a body that proves anything, nothing happens and nobody is told anything.
        let answer = Call::to(&operation.path).send(&platform.app.anonymous(), &operation.method).await;
        assert_eq!(answer.status, 415, "{}", operation.id);
    }
}

/// A tenant that the token does not name is closed, whatever a header asks for.
#[tokio::test]
async fn no_header_opens_another_tenant() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    for operation in &platform.operations {
        let user = platform.admin("demo");
        let call = platform.prepare(operation, &user).await;
        let answer = call.send(&user.client.with("x-tenant", "globex"), &operation.method).await;
        let is_refused = matches!(answer.status, 403 | 404);
        let what = format!("x-tenant: globex with a token of demo answers {}", answer.status);
        findings.expect(is_refused, "other-tenant", operation.name(), what);
    }
    findings.none();
}
