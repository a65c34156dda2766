//! The trail: a change writes one event in its own transaction, and what changes nothing writes none.

use athyper_test_kit::{Answer, TestDatabase};
use uuid::Uuid;

use crate::document::Operation;
use crate::findings::Findings;
use crate::platform::{ADMIN, Call, Platform};
use crate::rows::Rows;
use crate::specimen;

/// The parts of an event that every change has to fill.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Event {
    tenant_id: Uuid,
    #[sqlx(rename = "type")]
    kind: String,
    actor_kind: String,
    actor_id: String,
    request_id: Option<String>,
    realm_key: Option<String>,
}

/// What the transactions have written that have ended by now, for PostgreSQL to tell what is written after it.
async fn snapshot(db: &TestDatabase) -> String {
    let snapshot = sqlx::query_scalar("select pg_current_snapshot()::text");
    db.watch(async |superuser| snapshot.fetch_one(superuser).await).await.expect("snapshot")
}

/// The events that were written after the snapshot, oldest first. A test's server is too young for its transactions to be
/// numbered anew.
async fn events_since(db: &TestDatabase, snapshot: &str) -> Vec<Event> {
    let events = "select tenant_id, type, actor_kind, actor_id, request_id, realm_key from audit.event \
                  where not pg_visible_in_snapshot(xmin::text::xid8, $1::pg_snapshot) order by id";
    let events = sqlx::query_as(events).bind(snapshot);
    db.watch(async |superuser| events.fetch_all(superuser).await).await.expect("events")
}

/// Sends the request under a request id of its own, and gives back the events that it left.
async fn events_of(
    platform: &Platform,
    operation: &Operation,
    call: &Call,
    (role, request_id): (&str, &str),
) -> (Answer, Vec<Event>) {
    let before = snapshot(&platform.app.db).await;
    let client = platform.app.user("demo", role).with("x-request-id", request_id);
    let answer = call.send(&client, &operation.method).await;
    let events = events_since(&platform.app.db, &before).await;
    (answer, events)
}

/// A change that succeeds.
async fn check_success(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let request_id = format!("conformance.{}", operation.id);
    let (answer, events) = events_of(platform, operation, &call, (ADMIN, &request_id)).await;
    let expected = Event {
        tenant_id: user.context.tenant_id().uuid(),
        kind: operation.id.clone(),
        actor_kind: "user".to_owned(),
        actor_id: "admin@demo".to_owned(),
        request_id: Some(request_id),
        realm_key: Some(user.context.realm_key().to_owned()),
    };
    // Other trails may be told as well: that of the platform, and of a tenant that an operator changes.
    let own: Vec<_> = events.iter().filter(|event| event.tenant_id == expected.tenant_id).collect();
    let what = format!("{} wrote {events:#?}", answer.status);
    findings.expect(own == [&expected], "one-event", operation.name(), what);
}

/// Changes that are refused: by the version, by the role, by the form of the body, by the id.
async fn check_refusals(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let before = Rows::of_all(&platform.app.db).await;
    let mut refused =
        vec![("a body of the wrong form", call.clone().malformed(serde_json::json!({"no": {"such": 1}})))];
    if call.if_match.is_some() {
        refused.push(("another version", call.clone().if_match(Some("\"999999\""))));
    }
    if operation.has_id() {
        let nowhere =
            Call { path: operation.path_with("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"), ..call.clone() };
        refused.push(("an id of nothing", nowhere));
    }
    for (how, call) in refused {
        let (answer, events) = events_of(platform, operation, &call, (ADMIN, "conformance.refused")).await;
        let what = format!("{how} is answered with {}", answer.status);
        findings.expect((400..500).contains(&answer.status), "refusal", operation.name(), what);
        findings.expect(events.is_empty(), "no-event", operation.name(), format!("{how} wrote {events:#?}"));
    }
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(
        changes.is_empty(),
        "refusal",
        operation.name(),
        format!("a refused change left {changes:#?}"),
    );
    let (_, events) = events_of(platform, operation, &call, ("stranger", "conformance.stranger")).await;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    let what = format!("a stranger's attempt wrote {kinds:?}");
    findings.expect(kinds == ["platform.access_denied"], "attempt", operation.name(), what);
}

/// Reads that leave a trace of themselves: those of the trail, and what hands out many records.
const TRACED_READS: [&str; 6] = [
    "audit.list_events",
    "audit.get_event",
    "audit.list_timeline",
    "audit.export_events",
    "transfer.export_records",
    "banking.download_payment_file",
];

/// Such a read is one event of class `data_access`, and nothing else.
async fn check_traced_read(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let before = Rows::of_all(&platform.app.db).await;
    let (answer, events) = events_of(platform, operation, &call, ("admin", "conformance.read")).await;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    let class = sqlx::query_scalar("select class from audit.event where type = $1 order by id desc limit 1")
        .bind(&operation.id);
    let class: Option<String> =
        platform.app.db.watch(async |superuser| class.fetch_optional(superuser).await).await.expect("class");
    let is_access = class.as_deref() == Some("data_access");
    let what = format!("{} wrote {kinds:?} of class {class:?} and left {changes:#?}", answer.status);
    let is_traced = kinds == [operation.id.as_str()] && changes.len() == 1 && is_access;
    findings.expect(is_traced, "traced-read", operation.name(), what);
}

/// A read.
async fn check_read(platform: &Platform, operation: &Operation, findings: &mut Findings) {
    let user = platform.admin("demo");
    let call = platform.prepare(operation, &user).await;
    let before = Rows::of_all(&platform.app.db).await;
    call.send(&user.client, &operation.method).await;
    let changes = before.changes_to(&Rows::of_all(&platform.app.db).await);
    findings.expect(changes.is_empty(), "read-writes", operation.name(), format!("a read left {changes:#?}"));
}

async fn check(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in &platform.operations {
        if operation.is_command() {
            check_success(platform, operation, &mut findings).await;
            check_refusals(platform, operation, &mut findings).await;
        } else if TRACED_READS.contains(&operation.id.as_str()) {
            check_traced_read(platform, operation, &mut findings).await;
        } else {
            check_read(platform, operation, &mut findings).await;
        }
    }
    findings
}

#[tokio::test]
async fn every_change_writes_one_event_and_nothing_else_writes_any() {
    check(&Platform::new().await).await.none();
}

#[tokio::test]
async fn an_attempt_at_another_tenant_is_written_down() {
    let platform = Platform::new().await;
    let operation = platform.operations.first().expect("an operation");
    let client = platform.admin("demo").client.with("x-tenant", "globex");
    let before = snapshot(&platform.app.db).await;
    let answer = Call::to(operation.path_with("x")).send(&client, &operation.method).await;
    assert_eq!(answer.status, 403, "{:?}", answer.body);
    let events = events_since(&platform.app.db, &before).await;
    let kinds: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.actor_id.as_str())).collect();
    assert!(kinds.contains(&("platform.tenant_refused", "admin@demo")), "{kinds:?}");
}

#[tokio::test]
async fn missing_and_false_events_are_found() {
    check(&specimen::broken().await).await.all_of(&[
        ("one-event", "specimen.change_note"),
        ("one-event", "specimen.open_door"),
        ("refusal", "specimen.change_note"),
        ("no-event", "specimen.change_note"),
    ]);
}
