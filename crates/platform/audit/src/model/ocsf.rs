//! Events in the Open Cybersecurity Schema Framework, version 1.3: class 6003, API Activity, for all of them.
//!
//! | OCSF | ours |
//! |---|---|
//! | `activity_id` | 1 create, 2 read, 3 update, 4 delete by the verb of the operation id, 99 for others |
//! | `severity_id` | 1 info, 3 warn, 4 error |
//! | `status_id` | 2 failure for refusals and errors, else 1 success |
//! | `time` | `recordedAt`, in milliseconds since 1970 |
//! | `metadata.uid`, `.sequence`, `.correlation_uid`, `.tenant_uid` | `id`, `seq`, `requestId`, the tenant |
//! | `actor.user.uid`, `.type_id`, `actor.session.uid` | `actorId`, 1 user, 2 operator, 3 system, 4 service, `sessionId` |
//! | `api.operation`, `api.request.uid` | `type`, `requestId` |
//! | `src_endpoint.ip` | the personal value `clientAddress` |
//! | `resources[0].type`, `.uid` | `subjectType`, `subjectId` |
//! | `unmapped` | class, realm, organisation, trace, facts, personal values and hash |

use athyper_kernel_audit::CLIENT_ADDRESS;
use athyper_kernel_types::TenantId;
use serde_json::{Map, Value, json};

use crate::model::event::{Event, EventClass, EventLevel};

/// API Activity, in the category Application Activity.
const CLASS: u32 = 6003;

/// The event as one OCSF event.
pub(crate) fn to_ocsf(event: &Event, tenant: TenantId) -> Value {
    let (activity, activity_name) = activity(&event.kind);
    let has_failed = event.class == EventClass::PolicyDenied || event.level == EventLevel::Error;
    let (severity, severity_name) = match event.level {
        EventLevel::Info => (1, "Informational"),
        EventLevel::Warn => (3, "Medium"),
        EventLevel::Error => (4, "High"),
    };
    let user_type = match event.actor_kind.as_str() {
        "user" => 1,
        "operator" => 2,
        "system" => 3,
        "service" => 4,
        _ => 99,
    };
    let mut ocsf = json!({
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": CLASS * 100 + activity,
        "severity_id": severity,
        "severity": severity_name,
        "status_id": if has_failed { 2 } else { 1 },
        "status": if has_failed { "Failure" } else { "Success" },
        "time": event.recorded_at.timestamp_millis(),
        "metadata": without_nulls(json!({
            "version": "1.3.0",
            "uid": event.id,
            "sequence": event.seq,
            "correlation_uid": event.request_id,
            "tenant_uid": tenant,
            "product": { "name": "Athyper", "vendor_name": "Athyper" },
        })),
        "actor": without_nulls(json!({
            "user": { "uid": event.actor_id, "type_id": user_type },
            "session": event.session_id.as_ref().map(|id| json!({ "uid": id })),
        })),
        "api": without_nulls(json!({
            "operation": event.kind,
            "request": event.request_id.as_ref().map(|id| json!({ "uid": id })),
        })),
        "src_endpoint": without_nulls(json!({ "ip": event.personal.get(CLIENT_ADDRESS).cloned().flatten() })),
        "unmapped": without_nulls(json!({
            "class": event.class,
            "realm": event.realm_key,
            "org": event.org_key,
            "trace": event.trace_id,
            "meta": event.meta,
            "personal": (!event.personal.is_empty()).then_some(&event.personal),
            "hash": event.hash,
        })),
    });
    if let Value::Object(fields) = &mut ocsf {
        if let Some(message) = &event.message {
            fields.insert("message".to_owned(), message.as_str().into());
        }
        if event.subject_type.is_some() || event.subject_id.is_some() {
            let resource = without_nulls(json!({ "type": event.subject_type, "uid": event.subject_id }));
            fields.insert("resources".to_owned(), json!([resource]));
        }
    }
    ocsf
}

/// What was done, by the verb of the operation.
fn activity(kind: &str) -> (u32, &'static str) {
    let verb = kind.rsplit('.').next().and_then(|name| name.split('_').next()).unwrap_or_default();
    match verb {
        "create" | "add" | "import" | "register" => (1, "Create"),
        "get" | "list" | "read" | "export" | "search" | "verify" => (2, "Read"),
        "update" | "change" | "set" | "rename" | "close" | "reopen" | "release" | "post" => (3, "Update"),
        "delete" | "remove" | "erase" | "revoke" => (4, "Delete"),
        _ => (99, "Other"),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use athyper_kernel_types::PLATFORM_TENANT;
    use uuid::Uuid;

    use super::*;
    use crate::model::event::event_id;

    #[test]
    fn an_event_is_mapped() {
        let event = Event {
            id: event_id(Uuid::from_u128(5)),
            recorded_at: "2025-01-15T09:00:00.250Z".parse().unwrap(),
            kind: "finance.update_account".to_owned(),
            class: EventClass::AdminActivity,
            level: EventLevel::Info,
            actor_kind: "user".to_owned(),
            actor_id: "u1".to_owned(),
            realm_key: None,
            org_key: None,
            request_id: Some("r1".to_owned()),
            trace_id: None,
            session_id: None,
            subject_type: Some("finance.account".to_owned()),
            subject_id: Some("7".to_owned()),
            message: None,
            meta: json!({ "code": "A" }),
            personal: BTreeMap::from([(CLIENT_ADDRESS.to_owned(), Some("10.0.0.9".to_owned()))]),
            seq: Some(3),
            prev_hash: None,
            hash: None,
        };
        let ocsf = to_ocsf(&event, PLATFORM_TENANT);
        for (pointer, expected) in [
            ("/class_uid", json!(6003)),
            ("/activity_id", json!(3)),
            ("/type_uid", json!(600_303)),
            ("/severity_id", json!(1)),
            ("/status_id", json!(1)),
            ("/time", json!(1_736_931_600_250_i64)),
            ("/metadata/sequence", json!(3)),
            ("/actor/user/uid", json!("u1")),
            ("/api/operation", json!("finance.update_account")),
            ("/src_endpoint/ip", json!("10.0.0.9")),
            ("/resources/0/uid", json!("7")),
            ("/unmapped/meta/code", json!("A")),
        ] {
            assert_eq!(ocsf.pointer(pointer), Some(&expected), "{pointer} in {ocsf}");
        }
        let refused = Event { class: EventClass::PolicyDenied, level: EventLevel::Warn, ..event };
        let ocsf = to_ocsf(&refused, PLATFORM_TENANT);
        assert_eq!((&ocsf["status_id"], &ocsf["severity_id"]), (&json!(2), &json!(3)));
        assert_eq!(ocsf.pointer("/metadata/tenant_uid"), Some(&json!(PLATFORM_TENANT)));
    }
}
