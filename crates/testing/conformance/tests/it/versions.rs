//! Versions: nobody overwrites what they have not seen, and nobody is sent what they already have.

use athyper_test_kit::Answer;
use axum::http::Method;
use futures::future::join_all;

use crate::document::{IfMatch, Operation};
use crate::findings::{Findings, Tolerated};
use crate::platform::Platform;
use crate::problem_form::check_problem;
use crate::rows::Rows;
use crate::specimen;

/// Why a factor is removed without a version.
const NO_VERSION_OF_FACTORS: &str = "a factor never changes, so its removal cannot be a lost update";

/// Single records that carry no version.
const WITHOUT_VERSION: [Tolerated; 20] = [
    Tolerated {
        rule: "not-modified",
        subject: "banking.get_reconciliation",
        reason: "the version is for changes; while it is open the ledger's figures in it change without one",
    },
    Tolerated {
        rule: "not-modified",
        subject: "closing.get_period_close",
        reason: "the version is for changes; while it is open its steps are proven anew each time",
    },
    Tolerated {
        rule: "not-modified",
        subject: "closing.verify_period_close",
        reason: "the books that it looks at change without the close",
    },
    Tolerated {
        rule: "not-modified",
        subject: "group.verify_run",
        reason: "the books that it looks at change without the consolidation",
    },
    Tolerated {
        rule: "not-modified",
        subject: "recurring.preview_allocation",
        reason: "the books that it is worked out from change without the key",
    },
    Tolerated {
        rule: "etag",
        subject: "transfer.get_import",
        reason: "nobody changes it but its job, as it goes on",
    },
    Tolerated {
        rule: "not-modified",
        subject: "accounts.get_account",
        reason: "it is shown with the policy and the factors, which change without the account's version",
    },
    Tolerated {
        rule: "etag",
        subject: "accounts.list_factors",
        reason: "factors come and go, each by itself",
    },
    Tolerated { rule: "example", subject: "accounts.remove_own_factor", reason: NO_VERSION_OF_FACTORS },
    Tolerated { rule: "example", subject: "accounts.remove_factors", reason: NO_VERSION_OF_FACTORS },
    Tolerated {
        rule: "example",
        subject: "policy.delete_test",
        reason: "a test never changes, so its removal cannot be a lost update",
    },
    Tolerated {
        rule: "example",
        subject: "policy.stop_shadow",
        reason: "a shadow never changes but by its counts, so its end cannot be a lost update",
    },
    Tolerated {
        rule: "etag",
        subject: "iam.get_effective_permissions",
        reason: "it is worked out from groups, roles, units and the clock, which change by themselves",
    },
    Tolerated {
        rule: "etag",
        subject: "platform.get_operation",
        reason: "an operation is followed, not changed, and each reader wants its present state",
    },
    Tolerated {
        rule: "etag",
        subject: "platform.follow_operation",
        reason: "a stream of events has no version; its reader says with Last-Event-ID what it has",
    },
    Tolerated { rule: "etag", subject: "platform.get_job", reason: "a job changes by itself at any moment" },
    Tolerated {
        rule: "etag",
        subject: "platform.list_schedule_times",
        reason: "the times to come are others at any moment",
    },
    Tolerated { rule: "etag", subject: "records.count_records", reason: WORKED_OUT },
    Tolerated { rule: "etag", subject: "records.aggregate_records", reason: WORKED_OUT },
    Tolerated {
        rule: "not-modified",
        subject: "platform.get_schedule",
        reason: "the version is for changes; the next times pass without one",
    },
];

/// Why figures over records have no version.
const WORKED_OUT: &str = "it is worked out from records, which change by themselves";

/// Another version than any record has.
const OTHER: &str = "\"999999\"";

/// A change that has to name the version it is made on.
async fn check_change(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let name = operation.name();
    let Some(tag) = call.if_match.clone() else {
        findings.add("example", name, "the operation asks for If-Match and its example has none");
        return;
    };
    let before = Rows::of_all(&platform.app.db).await;
    let refused = [
        (None, 428, "request.version_required"),
        (Some(OTHER.to_owned()), 412, "request.version_changed"),
        (Some(format!("W/{tag}")), 412, "request.version_changed"),
    ];
    for (tag, status, code) in refused {
        let answer = call.clone().if_match(tag.as_deref()).send(&user.client, &operation.method).await;
        let found = check_problem(findings, operation, &answer);
        let is_refused = answer.status == status && found.as_deref() == Some(code);
        findings.expect(
            is_refused,
            "if-match",
            &name,
            format!("If-Match {tag:?} answers {} {found:?}", answer.status),
        );
    }
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(changes.is_empty(), "if-match", &name, format!("a refused change left {changes:#?}"));
    let answers = join_all((0..2).map(|_| call.send(&user.client, &operation.method))).await;
    let made = answers.iter().filter(|answer| (200..300).contains(&answer.status)).count();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    findings.expect(
        made == 1,
        "lost-update",
        &name,
        format!("two changes on one version answer {statuses:?}"),
    );
    let is_told =
        statuses.iter().all(|status| (200..300).contains(status) || matches!(status, 404 | 409 | 412));
    findings.expect(is_told, "lost-update", &name, format!("two changes on one version answer {statuses:?}"));
}

/// A change that may name the version it is made on.
async fn check_optional(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let before = Rows::of_all(&platform.app.db).await;
    let answer = call.clone().if_match(Some(OTHER)).send(&user.client, &operation.method).await;
    let found = check_problem(findings, operation, &answer);
    let is_refused = answer.status == 412 && found.as_deref() == Some("request.version_changed");
    let what = format!("If-Match {OTHER} answers {} {found:?}", answer.status);
    findings.expect(is_refused, "if-match", operation.name(), what);
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(
        changes.is_empty(),
        "if-match",
        operation.name(),
        format!("a refused change left {changes:#?}"),
    );
    let answer = call.if_match(Some("*")).send(&user.client, &operation.method).await;
    let what = format!("If-Match * answers {}", answer.status);
    findings.expect((200..300).contains(&answer.status), "if-match", operation.name(), what);
}

/// A record that is read.
async fn check_read(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let first = call.send(&user.client, &operation.method).await;
    let tag =
        |answer: &Answer| answer.headers.get("etag").map(|value| value.to_str().expect("text").to_owned());
    let Some(version) = tag(&first) else {
        findings.add("etag", operation.name(), "the record has no ETag");
        return;
    };
    let is_strong = version.starts_with('"') && version.ends_with('"') && version.len() > 2;
    findings.expect(is_strong, "etag", operation.name(), format!("{version} is no strong tag"));
    let again = call.send(&user.client.with("if-none-match", &version), &operation.method).await;
    let is_spared = again.status == 304 && again.body.is_empty() && tag(&again).as_ref() == Some(&version);
    findings.expect(
        is_spared,
        "not-modified",
        operation.name(),
        format!("the same version answers {again:?}"),
    );
    let other = call.send(&user.client.with("if-none-match", OTHER), &operation.method).await;
    let is_shown = other.status == 200 && other.body == first.body;
    findings.expect(is_shown, "not-modified", operation.name(), format!("another version answers {other:?}"));
}

async fn check(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in platform.operations.iter().filter(|operation| operation.has_id()) {
        let replaces = matches!(operation.method, Method::PUT | Method::PATCH | Method::DELETE);
        if replaces || operation.if_match == Some(IfMatch::Required) {
            check_change(platform, operation, &mut findings).await;
        } else if operation.if_match == Some(IfMatch::Optional) {
            check_optional(platform, operation, &mut findings).await;
        } else if operation.method == Method::GET && !operation.is_list() {
            check_read(platform, operation, &mut findings).await;
        }
    }
    findings
}

#[tokio::test]
async fn every_change_names_the_version_it_is_made_on() {
    check(&Platform::new().await).await.none_but(&WITHOUT_VERSION);
}

#[tokio::test]
async fn lost_updates_are_found() {
    check(&specimen::broken().await).await.all_of(&[
        ("if-match", "specimen.change_note"),
        ("lost-update", "specimen.change_note"),
        ("etag", "specimen.get_note"),
        ("example", "specimen.delete_note"),
    ]);
}
