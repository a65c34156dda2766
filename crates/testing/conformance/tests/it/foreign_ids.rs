//! Foreign ids: a record of another tenant is not there, whatever is asked of it.

use axum::http::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::document::Operation;
use crate::findings::Findings;
use crate::platform::{Payload, Platform};
use crate::problem_form::check_problem;
use crate::rows::Rows;
use crate::specimen;

/// Records that are the platform's and no tenant's: any operator sees them.
const OF_THE_PLATFORM: [&str; 17] = [
    "policy.list_packs",
    "policy.get_pack",
    "policy.install_pack",
    "metadata.list_templates",
    "metadata.get_template",
    "opening.list_chart_templates",
    "opening.get_chart_template",
    "opening.apply_chart_template",
    "security.revoke_realm_sessions",
    "control.list_realms",
    "control.list_tenants",
    "control.get_tenant",
    "control.update_tenant",
    "control.suspend_tenant",
    "control.activate_tenant",
    "control.archive_tenant",
    "control.create_elevation",
];

fn is_of_a_tenant(operation: &Operation) -> bool {
    !OF_THE_PLATFORM.contains(&&*operation.id)
}

/// Makes a record in one tenant and reaches for it from the other, with every method.
async fn check_path(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let owner = platform.admin("demo");
    let mut call = platform.prepare(operation, &owner).await;
    call.if_match = call.if_match.map(|_| "*".to_owned());
    let before = Rows::of_all(&platform.app.db).await;
    let stranger = platform.admin("globex").client;
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let is_own = method == operation.method;
        let is_known =
            platform.operations.iter().any(|other| other.path == operation.path && other.method == method);
        if is_known && !is_own {
            // The other method has an operation of its own, with its own body.
            continue;
        }
        let answer = call.send(&stranger, &method).await;
        let what = format!("{method} of another tenant's record answers {}", answer.status);
        let is_hidden = if is_own { answer.status == 404 } else { !(200..300).contains(&answer.status) };
        findings.expect(is_hidden, "foreign-id", operation.name(), what);
        if is_own {
            check_problem(findings, operation, &answer);
        }
    }
    unchanged(findings, platform, operation, &before).await;
}

/// Sends a body that names records of one tenant as the other tenant.
async fn check_body(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let call = platform.prepare(operation, &platform.admin("demo")).await;
    let Payload::Json(body) = &call.body else { return };
    if !names_a_record(body) {
        return;
    }
    let before = Rows::of_all(&platform.app.db).await;
    let answer = call.send(&platform.admin("globex").client, &operation.method).await;
    let what = format!("a body with another tenant's ids answers {}", answer.status);
    findings.expect((400..500).contains(&answer.status), "foreign-id", operation.name(), what);
    unchanged(findings, platform, operation, &before).await;
}

async fn unchanged(findings: &mut Findings, platform: &Platform, operation: &Operation, before: &Rows) {
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(
        changes.is_empty(),
        "foreign-change",
        operation.name(),
        format!("it changed {changes:#?}"),
    );
}

/// Whether a UUID stands anywhere in the document.
fn names_a_record(body: &Value) -> bool {
    match body {
        Value::String(text) => Uuid::try_parse(text).is_ok(),
        Value::Array(items) => items.iter().any(names_a_record),
        Value::Object(fields) => fields.values().any(names_a_record),
        _ => false,
    }
}

async fn check(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in platform.operations.iter().filter(|operation| is_of_a_tenant(operation)) {
        if operation.has_id() {
            check_path(platform, operation, &mut findings).await;
        } else if operation.is_command() {
            check_body(platform, operation, &mut findings).await;
        }
    }
    findings
}

#[tokio::test]
async fn a_record_of_another_tenant_is_not_there() {
    check(&Platform::new().await).await.none();
}

/// A list holds the records of the caller's tenant and no other.
#[tokio::test]
async fn a_list_shows_one_tenant() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    for operation in
        platform.operations.iter().filter(|operation| operation.is_list() && is_of_a_tenant(operation))
    {
        let call = platform.prepare(operation, &platform.admin("demo")).await;
        let own = call.send(&platform.admin("demo").client, &Method::GET).await;
        let mut own = own.json()["items"].as_array().cloned().unwrap_or_default();
        // An entity of a domain that no tenant has changed is the same in all of them.
        let is_of_domain = |row: &Value| row["key"].as_str().is_some_and(|key| key.contains('.'));
        own.retain(|row| operation.name() != "records.list_entities" || !is_of_domain(row));
        let is_shown = !own.is_empty();
        findings.expect(is_shown, "foreign-list", operation.name(), "the example shows nothing to look for");
        let seen = call.send(&platform.admin("globex").client, &Method::GET).await;
        let items = (seen.status == 200).then(|| seen.json()["items"].as_array().cloned()).flatten();
        // What the other tenant has of its own, such as checkpoints of its trail, is nobody else's.
        let seen_count = items.iter().flatten().filter(|row| own.contains(row)).count();
        findings.expect(
            seen_count == 0,
            "foreign-list",
            operation.name(),
            format!("shows {seen_count} to another"),
        );
    }
    findings.none();
}

#[tokio::test]
async fn an_open_door_is_found() {
    check(&specimen::broken().await).await.all_of(&[
        ("foreign-id", "specimen.change_note"),
        ("foreign-change", "specimen.change_note"),
        ("foreign-id", "specimen.delete_note"),
    ]);
}
