//! What the trail is told of a principal: facts, and apart from them what says something about the person, which can be erased.

use athyper_kernel_audit::{AuditEvent, changes};
use serde_json::{Map, Value};

use crate::model::principal::{Link, Principal};

/// Fields of a principal that say who it is, whoever reads them.
const PERSONAL: &[&str] = &["userName", "externalId", "profile"];

/// The event about a principal, with the name that it has by now.
pub(crate) fn about(event: AuditEvent, principal: &Principal) -> AuditEvent {
    event.about("iam.principal", principal.id).with_personal_of(
        &principal.id.to_string(),
        "userName",
        principal.user_name.as_str(),
    )
}

/// The event about what changed of a principal. The names of all fields that changed are facts.
pub(crate) fn about_change(event: AuditEvent, before: &Principal, after: &Principal) -> AuditEvent {
    let mut event = about(event, after);
    let Value::Object(all) = changes(before, after) else { return event };
    event = event.with("changed", all.keys().cloned().collect::<Vec<_>>());
    let (personal, facts): (Map<_, _>, Map<_, _>) =
        all.into_iter().partition(|(name, _)| PERSONAL.contains(&name.as_str()));
    if !personal.is_empty() {
        let told = Value::from(personal).to_string();
        event = event.with_personal_of(&after.id.to_string(), "changes", told);
    }
    event.with("changes", facts)
}

/// The event about a link of a principal. Some issuers take a mail address for a subject.
pub(crate) fn about_link(event: AuditEvent, principal: &Principal, link: &Link) -> AuditEvent {
    event.about("iam.principal", principal.id).with("provider", link.provider.as_str()).with_personal_of(
        &principal.id.to_string(),
        "subject",
        link.subject.as_str(),
    )
}
