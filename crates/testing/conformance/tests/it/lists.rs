//! Lists: every collection comes in pages that join without a gap or a double, and none is too large.

use std::collections::BTreeSet;

use athyper_kernel_types::Cursor;
use axum::http::Method;
use serde_json::Value;

use crate::document::Operation;
use crate::findings::{Findings, Tolerated};
use crate::platform::{Call, Platform, User};
use crate::problem_form::check_problem;
use crate::specimen;

/// Records that each list holds.
const RECORDS: usize = 5;
/// Rows of a page.
const PAGE: usize = 2;
/// Most rows of a page that may be asked for.
const MOST: usize = 200;
/// Other lists that a cursor is tried on: those that follow it, so that each list is tried with so many cursors of others.
const OTHERS: usize = 5;

/// Reads that answer with a whole list at once, and one whose rows are not records.
const WHOLE_LISTS: [Tolerated; 4] = [
    Tolerated { rule: "unpaged", subject: "accounts.list_own_factors", reason: FEW_FACTORS },
    Tolerated { rule: "unpaged", subject: "accounts.list_factors", reason: FEW_FACTORS },
    Tolerated { rule: "example", subject: "policy.list_access", reason: ALL_OPERATIONS },
    Tolerated { rule: "pages", subject: "policy.list_access", reason: ALL_OPERATIONS },
];

/// Why factors come at once.
const FEW_FACTORS: &str = "a person has a handful of factors, and their number is limited";

/// Why a list has more rows than a page takes.
const ALL_OPERATIONS: &str = "it has each operation of the platform, which are more than a page takes";

/// The call with more query parameters.
fn and(call: &Call, query: &str) -> Call {
    let separator = if call.path.contains('?') { '&' } else { '?' };
    Call { path: format!("{}{separator}{query}", call.path), ..call.clone() }
}

/// Follows a list to its end and gives back all its rows.
async fn follow(user: &User, call: &Call, operation: &Operation, findings: &mut Findings) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    for _ in 0..200 {
        let answer = and(call, &format!("limit={PAGE}{cursor}")).send(&user.client, &Method::GET).await;
        if answer.status != 200 {
            findings.add("pages", operation.name(), format!("a page answers {:?}", answer.body));
            return rows;
        }
        let page = answer.json();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let what = format!("limit={PAGE} shows {} rows", items.len());
        findings.expect(items.len() <= PAGE, "limit", operation.name(), what);
        let is_full = page["nextCursor"].is_null() || items.len() == PAGE;
        findings.expect(is_full, "pages", operation.name(), "a page that is not the last is not full");
        rows.extend(items);
        let Some(next) = page["nextCursor"].as_str() else {
            return rows;
        };
        cursor = format!("&cursor={next}");
    }
    findings.add("pages", operation.name(), "the list has no end");
    rows
}

async fn check_pages(user: &User, call: &Call, operation: &Operation, findings: &mut Findings) {
    let whole = and(call, &format!("limit={MOST}")).send(&user.client, &Method::GET).await;
    if whole.status != 200 {
        findings.add("pages", operation.name(), format!("limit={MOST} answers {:?}", whole.body));
        return;
    }
    let whole = whole.json()["items"].as_array().cloned().unwrap_or_default();
    let what = format!("{RECORDS} examples show {} rows", whole.len());
    findings.expect(whole.len() > PAGE && whole.len() < MOST, "example", operation.name(), what);
    let followed = follow(user, call, operation, findings).await;
    let distinct: BTreeSet<String> = followed.iter().map(Value::to_string).collect();
    findings.expect(distinct.len() == followed.len(), "pages", operation.name(), "a row comes twice");
    let what = format!("pages show {} rows, the whole list {}", followed.len(), whole.len());
    findings.expect(followed == whole, "pages", operation.name(), what);
}

/// What cannot be served is refused, and the parameter is named.
async fn check_refusals(user: &User, call: &Call, operation: &Operation, findings: &mut Findings) {
    let foreign =
        Cursor::new("another list id desc", &"019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071").expect("cursor");
    let foreign = format!("cursor={foreign}");
    let long = format!("cursor={}", "A".repeat(3000));
    for (parameter, query) in [
        ("?limit", "limit=201"),
        ("?limit", "limit=0"),
        ("?limit", "limit=-1"),
        ("?limit", "limit=many"),
        ("?limit", "limit=99999999999999999999"),
        ("?cursor", "cursor=damaged"),
        ("?cursor", "cursor=e30"),
        ("?cursor", &foreign),
        ("?cursor", &long),
    ] {
        let answer = and(call, query).send(&user.client, &Method::GET).await;
        let what = format!("{query:.40} answers {} {:?}", answer.status, answer.body);
        if answer.status != 400 {
            findings.add("refusal", operation.name(), what);
            continue;
        }
        check_problem(findings, operation, &answer);
        let is_named = answer.json()["errors"]
            .as_array()
            .is_some_and(|errors| errors.iter().any(|error| error["pointer"] == parameter));
        findings.expect(
            is_named,
            "refusal-names",
            operation.name(),
            format!("{parameter} is not named: {what}"),
        );
    }
}

/// A cursor of one list leads nowhere in another.
async fn check_cursors_apart(user: &User, calls: &[(&Operation, Call)], findings: &mut Findings) {
    for (place, (list, call)) in calls.iter().enumerate() {
        let answer = and(call, "limit=1").send(&user.client, &Method::GET).await;
        let Some(cursor) = (answer.status == 200).then(|| answer.json()["nextCursor"].clone()) else {
            continue;
        };
        let query = format!("cursor={}", cursor.as_str().unwrap_or_default());
        for (other, call) in calls.iter().cycle().skip(place + 1).take(OTHERS.min(calls.len() - 1)) {
            let answer = and(call, &query).send(&user.client, &Method::GET).await;
            let what = format!("takes a cursor of {}: {}", list.id, answer.status);
            findings.expect(answer.status == 400, "refusal", other.name(), what);
        }
    }
}

/// A read without pages that answers with a list all the same.
async fn check_whole(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let answer = platform.prepare(operation, &user).await.send(&user.client, &Method::GET).await;
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_list = json.is_array() || json["items"].is_array();
    findings.expect(!is_list, "unpaged", operation.name(), "answers with a list that has no pages");
}

async fn check(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    let (lists, others): (Vec<_>, Vec<_>) = platform
        .operations
        .iter()
        .filter(|operation| !operation.is_command())
        .partition(|read| read.is_list());
    let user = platform.admin("demo");
    let mut calls = Vec::new();
    for list in lists {
        let mut call = platform.prepare(list, &user).await;
        for _ in 1..RECORDS {
            call = platform.prepare(list, &user).await;
        }
        check_pages(&user, &call, list, &mut findings).await;
        check_refusals(&user, &call, list, &mut findings).await;
        calls.push((list, call));
    }
    check_cursors_apart(&user, &calls, &mut findings).await;
    for read in others {
        check_whole(platform, read, &mut findings).await;
    }
    findings
}

#[tokio::test]
async fn every_list_comes_in_pages() {
    check(&Platform::new().await).await.none_but(&WHOLE_LISTS);
}

#[tokio::test]
async fn lists_that_ignore_their_limits_are_found() {
    check(&specimen::broken().await).await.all_of(&[
        ("limit", "specimen.list_notes"),
        ("pages", "specimen.list_notes"),
        ("refusal", "specimen.list_notes"),
        ("unpaged", "read_everything"),
    ]);
}
