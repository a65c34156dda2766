//! The form of a problem: its fields, its code, and no word of how the platform is built.

use athyper_test_kit::Answer;
use serde_json::Value;

use crate::document::Operation;
use crate::findings::Findings;

/// Fields of a problem's body, and whether each must be there.
const FIELDS: [(&str, bool); 8] = [
    ("type", true),
    ("title", true),
    ("status", true),
    ("code", true),
    ("detail", true),
    ("requestId", true),
    ("errors", false),
    ("currentVersion", false),
];

/// Words that speak of how the platform is built: of SQL, of the database, of Rust.
const INTERNAL_WORDS: [&str; 16] = [
    "select ",
    "insert into",
    "delete from",
    "sqlx",
    "sqlstate",
    "postgres",
    "violates",
    "relation \"",
    "row-level security",
    "athyper_",
    "panicked",
    "::",
    "expected struct",
    "expected tuple",
    "serde",
    ".rs:",
];

/// Checks a problem, and gives back its code.
pub(crate) fn check_problem(
    findings: &mut Findings,
    operation: &Operation,
    answer: &Answer,
) -> Option<String> {
    let mut wrong = Vec::new();
    let code = read_problem(&mut wrong, answer);
    if !operation.responses.contains_key(&answer.status) {
        wrong.push(format!("{} is not documented", answer.status));
    }
    for what in wrong {
        findings.add("problem", operation.name(), what);
    }
    code
}

/// Collects what is wrong with a problem.
fn read_problem(wrong: &mut Vec<String>, answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.status < 400 {
        wrong.push(format!("{} where it has to refuse", answer.status));
        return None;
    }
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if !body.is_object() {
        wrong.push(format!("{} with a body that is no problem: {text:?}", answer.status));
        return None;
    }
    let mut expect = |kept: bool, what: String| {
        if !kept {
            wrong.push(format!("{what}: {text}"));
        }
    };
    let header =
        |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = header("content-type");
    expect(media_type == "application/problem+json", format!("media type {media_type:?}"));
    for (field, is_required) in FIELDS {
        expect(!is_required || body.get(field).is_some(), format!("{field} is missing"));
    }
    for field in body.as_object().into_iter().flat_map(|fields| fields.keys()) {
        expect(FIELDS.iter().any(|(known, _)| known == field), format!("{field} is no field of a problem"));
    }
    let code = body["code"].as_str().unwrap_or_default();
    let is_code = code.split_once('.').is_some_and(|(area, word)| !area.is_empty() && !word.is_empty());
    expect(is_code && !code.contains(char::is_whitespace), format!("{code:?} is no code"));
    expect(
        body["type"] == format!("urn:athyper:problem:{code}"),
        "the type is not that of the code".to_owned(),
    );
    expect(body["status"] == answer.status, format!("another status in a {}", answer.status));
    let request_id = header("x-request-id");
    let is_same = !request_id.is_empty() && body["requestId"] == request_id;
    expect(is_same, format!("requestId is not x-request-id {request_id:?}"));
    for error in body["errors"].as_array().into_iter().flatten() {
        let is_complete = ["pointer", "code", "message"].iter().all(|field| error[*field].is_string());
        expect(is_complete, "an error without pointer, code or message".to_owned());
    }
    let lower = text.to_lowercase();
    for word in INTERNAL_WORDS.iter().filter(|word| lower.contains(*word)) {
        expect(false, format!("it speaks of {word:?}"));
    }
    expect(answer.status < 500, "a caller's mistake is called a fault of ours".to_owned());
    Some(code.to_owned())
}
