//! Problems: whatever is wrong with a request, the answer is a problem that says so.

use axum::http::Method;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::document::Operation;
use crate::findings::{Findings, Tolerated};
use crate::platform::{Call, Payload, Platform};
use crate::problem_form::check_problem;
use crate::specimen;

/// Reads that ignore query parameters they do not know.
const TAKES_UNKNOWN_PARAMETERS: [Tolerated; 0] = [];

/// A name that no field and no parameter has.
const UNKNOWN: &str = "doesNotExist";
/// The rule that it is refused.
const UNKNOWN_FIELD: &str = "unknown-field";

/// A body that is wrong: what is wrong, media type, content, and the status and code of the problem.
type WrongBody = (&'static str, Option<&'static str>, Bytes, u16, &'static str);

const JSON: Option<&str> = Some("application/json");
const CSV: Option<&str> = Some("text/csv");

/// One byte more than a limit takes.
fn oversized(limit: usize) -> Bytes {
    vec![b' '; limit + 1].into()
}

/// Bodies that are wrong where JSON is taken.
fn wrong_json(body: &Value) -> Vec<WrongBody> {
    let right = Bytes::from(body.to_string());
    let mut unknown = body.clone();
    unknown[UNKNOWN] = json!(1);
    vec![
        ("media-type", Some("text/plain"), right.clone(), 415, "request.unsupported_media_type"),
        ("media-type", None, right, 415, "request.unsupported_media_type"),
        ("broken-json", JSON, Bytes::from_static(b"{"), 400, "request.invalid_json"),
        ("broken-json", JSON, Bytes::new(), 400, "request.invalid_json"),
        ("too-large", JSON, oversized(2 << 20), 413, "request.too_large"),
        ("wrong-form", JSON, Bytes::from_static(b"7"), 422, "request.invalid_body"),
        (UNKNOWN_FIELD, JSON, unknown.to_string().into(), 422, "request.invalid_body"),
    ]
}

/// Files that are wrong where CSV is taken.
fn wrong_csv(file: &str) -> Vec<WrongBody> {
    vec![
        ("media-type", JSON, file.to_owned().into(), 415, "request.unsupported_media_type"),
        ("too-large", CSV, oversized(32 << 20), 413, "request.too_large"),
        ("broken-csv", CSV, Bytes::from_static(b"a,b\n\xFF\n"), 400, "request.invalid_encoding"),
        ("broken-csv", CSV, Bytes::new(), 400, "request.empty_file"),
    ]
}

/// Files that are wrong where any is taken.
fn wrong_file() -> Vec<WrongBody> {
    const ANY: Option<&str> = Some("application/octet-stream");
    vec![
        ("media-type", None, Bytes::from_static(b"a"), 415, "request.unsupported_media_type"),
        ("too-large", ANY, oversized(32 << 20), 413, "request.too_large"),
        ("empty-file", ANY, Bytes::new(), 400, "request.empty_file"),
    ]
}

/// Bodies that are wrong where none is taken.
fn wrong_none() -> Vec<WrongBody> {
    vec![
        ("unexpected-body", JSON, Bytes::from_static(b"{\"a\":1}"), 400, "request.unexpected_body"),
        ("too-large", None, oversized(2 << 20), 413, "request.too_large"),
    ]
}

/// Sends bodies that are wrong in one way each, and expects the problems that say so.
async fn check_bodies(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let client = match &call.if_match {
        Some(tag) => user.client.with("if-match", tag),
        None => user.client,
    };
    let wrong = match &call.body {
        Payload::Json(body) => wrong_json(body),
        Payload::Csv(file) => wrong_csv(file),
        Payload::File(_) => wrong_file(),
        Payload::None => wrong_none(),
    };
    for (rule, media_type, body, status, code) in wrong {
        let answer = client.send(operation.method.clone(), &call.path, media_type, body).await;
        let found = check_problem(findings, operation, &answer);
        let is_expected = answer.status == status && found.as_deref() == Some(code);
        let what = format!("answers {} {found:?} and not {status} {code}", answer.status);
        findings.expect(is_expected, rule, operation.name(), what);
        let is_named = rule != UNKNOWN_FIELD || String::from_utf8_lossy(&answer.body).contains(UNKNOWN);
        findings.expect(is_named, rule, operation.name(), "does not name the unknown field");
    }
}

/// What is no id cannot be the id of anything.
async fn check_ids(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let prepared = platform.prepare(operation, &user).await;
    for id in
        ["7", "not-a-uuid", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f607g", "%00", "a%2Fb", "'%20or%201=1--", "%FF"]
    {
        let call = Call { path: operation.path_with(id), ..prepared.clone() };
        let answer = call.send(&user.client, &operation.method).await;
        check_problem(findings, operation, &answer);
        let what = format!("the id {id:?} answers {}", answer.status);
        findings.expect(answer.status == 404, "bad-id", operation.name(), what);
    }
}

/// A parameter that nobody knows is a mistake of the caller's, and is named.
async fn check_query(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let separator = if call.path.contains('?') { '&' } else { '?' };
    let call = Call::to(format!("{}{separator}{UNKNOWN}=1", call.path));
    let answer = call.send(&user.client, &operation.method).await;
    let is_refused = answer.status == 400 && String::from_utf8_lossy(&answer.body).contains(UNKNOWN);
    let what = format!("?{UNKNOWN}=1 answers {}", answer.status);
    findings.expect(is_refused, "unknown-parameter", operation.name(), what);
    if answer.status >= 400 {
        check_problem(findings, operation, &answer);
    }
}

async fn check(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in &platform.operations {
        if operation.is_command() {
            check_bodies(platform, operation, &mut findings).await;
        } else {
            check_query(platform, operation, &mut findings).await;
        }
        if operation.has_id() {
            check_ids(platform, operation, &mut findings).await;
        }
    }
    findings
}

#[tokio::test]
async fn every_mistake_is_answered_with_a_problem() {
    check(&Platform::new().await).await.none_but(&TAKES_UNKNOWN_PARAMETERS);
}

/// A method that a path does not take changes nothing and is no defect of ours.
#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_refused() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    let client = platform.admin("demo").client;
    for operation in &platform.operations {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let is_known = |other: &Operation| other.path == operation.path && other.method == method;
            if platform.operations.iter().any(is_known) {
                continue;
            }
            let path = operation.path_with("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
            let answer = client.send(method.clone(), &path, None, Bytes::new()).await;
            let what = format!("{method} answers {}", answer.status);
            findings.expect(answer.status == 405, "method", &operation.path, what);
        }
    }
    findings.none();
}

#[tokio::test]
async fn careless_answers_are_found() {
    check(&specimen::broken().await).await.all_of(&[
        ("problem", "specimen.open_door"),
        ("media-type", "specimen.open_door"),
        ("broken-json", "specimen.open_door"),
        ("unknown-field", "specimen.open_door"),
        ("unknown-parameter", "specimen.list_notes"),
        ("bad-id", "specimen.delete_note"),
        ("too-large", "specimen.open_door"),
    ]);
}
