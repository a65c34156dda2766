//! An event as it is shown.

use std::collections::BTreeMap;

use athyper_kernel_types::{AuditEventId, Id};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// The sort of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::EventClass)]
pub(crate) enum EventClass {
    /// Somebody changed something.
    AdminActivity,
    /// Somebody read what is worth a trace.
    DataAccess,
    /// The platform did something on its own account.
    SystemEvent,
    /// Somebody was refused.
    PolicyDenied,
}

impl EventClass {
    const ALL: [Self; 4] = [Self::AdminActivity, Self::DataAccess, Self::SystemEvent, Self::PolicyDenied];

    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AdminActivity => "admin_activity",
            Self::DataAccess => "data_access",
            Self::SystemEvent => "system_event",
            Self::PolicyDenied => "policy_denied",
        }
    }

    /// The class with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::EventLevel)]
pub(crate) enum EventLevel {
    /// Something happened as it should.
    Info,
    /// Something was refused or is unusual.
    Warn,
    /// Something is wrong.
    Error,
}

impl EventLevel {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Info, Self::Warn, Self::Error].into_iter().find(|level| level.as_str() == word)
    }
}

/// An event of the trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Event)]
pub(crate) struct Event {
    /// Id.
    pub(crate) id: AuditEventId,
    /// When it was written (UTC).
    pub(crate) recorded_at: DateTime<Utc>,
    /// What happened: an operation id or the name of a platform event.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What sort of event it is.
    pub(crate) class: EventClass,
    /// How much it matters.
    pub(crate) level: EventLevel,
    /// `user`, `service`, `operator` or `system`.
    pub(crate) actor_kind: String,
    /// Who did it: the subject of the token, or the name of a part of the platform.
    pub(crate) actor_id: String,
    /// Realm of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) realm_key: Option<String>,
    /// Organisation that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) org_key: Option<String>,
    /// Id of the request or job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Id of the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    /// Browser session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_id: Option<String>,
    /// Type of the record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_type: Option<String>,
    /// Id of the record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_id: Option<String>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// Facts.
    #[schema(value_type = Object)]
    pub(crate) meta: Value,
    /// What it says about people, by field; null where that was erased.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) personal: BTreeMap<String, Option<String>>,
    /// Place in the tenant's chain; absent while it waits for the sealer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<i64>,
    /// Hash of the event before, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prev_hash: Option<String>,
    /// Its hash, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hash: Option<String>,
}

/// Id of an event from the database.
pub(crate) fn event_id(id: Uuid) -> AuditEventId {
    Id::from_uuid(id)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_audit::{Class, Level};

    use super::*;

    #[test]
    fn the_words_are_those_that_events_are_written_with() {
        for class in Class::ALL {
            assert_eq!(EventClass::parse(class.as_str()).unwrap().as_str(), class.as_str());
            let (shown, known) = (EventClass::parse(class.as_str()), serde_json::to_value(class).unwrap());
            assert_eq!(serde_json::to_value(shown).unwrap(), known);
        }
        for level in [Level::Info, Level::Warn, Level::Error] {
            assert_eq!(EventLevel::parse(level.as_str()).unwrap().as_str(), level.as_str());
        }
    }
}
