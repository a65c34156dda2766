//! The audit event.

use std::fmt;

use athyper_kernel_tenant_context::{Actor, ActorKind, TenantContext};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How much an event matters to whoever reads the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something happened as it should.
    Info,
    /// Something was refused or is unusual.
    Warn,
    /// Something is wrong.
    Error,
}

impl Level {
    /// The word stored in the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What sort of event it is; retention and search go by it. The four classes are those of Google Cloud's audit logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Somebody changed something.
    AdminActivity,
    /// Somebody read what is worth a trace: the trail itself, an export, a secret.
    DataAccess,
    /// The platform did something on its own account.
    SystemEvent,
    /// Somebody was refused.
    PolicyDenied,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::AdminActivity, Self::DataAccess, Self::SystemEvent, Self::PolicyDenied];

    /// The word stored in the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdminActivity => "admin_activity",
            Self::DataAccess => "data_access",
            Self::SystemEvent => "system_event",
            Self::PolicyDenied => "policy_denied",
        }
    }

    /// The class with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// A value that says something about a person. It is kept apart from its event, which holds only a salted digest of it,
/// so that it can be erased and the event still be proven.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Personal {
    /// What it is: `clientAddress`, `actorName`, `email`. Unique within the event.
    pub field: String,
    /// The value.
    pub value: String,
    /// Whose it is: the subject of that person's tokens; the event's actor where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A log is no place for it: nothing there can be erased.
        f.debug_struct("Personal").field("field", &self.field).finish_non_exhaustive()
    }
}

/// One fact of the trail. Its time, tenant, actor and request are added from the context when it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// What happened: the operation id, such as `finance.post_journal`, or the name of a platform event.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much it matters.
    pub level: Level,
    /// What sort of event it is; see [`AuditEvent::class_for`] for those that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What it happened to, such as `finance.journal`; empty for events about no record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    /// Id of what it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<String>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Facts worth keeping: amounts, numbers, what changed.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub meta: Map<String, Value>,
    /// The actor, where it is another than the context's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The browser session that it happened in, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What it says about people, to be kept apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<Personal>,
}

/// Name of the personal value that holds the network address a request came from.
pub const CLIENT_ADDRESS: &str = "clientAddress";

impl AuditEvent {
    /// An event of level info.
    pub fn info(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            level: Level::Info,
            class: None,
            subject_type: None,
            subject_id: None,
            message: None,
            meta: Map::new(),
            actor: None,
            session_id: None,
            personal: Vec::new(),
        }
    }

    /// An event of level warn.
    pub fn warn(kind: impl Into<String>) -> Self {
        Self { level: Level::Warn, ..Self::info(kind) }
    }

    /// An event of level error.
    pub fn error(kind: impl Into<String>) -> Self {
        Self { level: Level::Error, ..Self::info(kind) }
    }

    /// An event of level warn about somebody who was refused.
    pub fn denied(kind: impl Into<String>) -> Self {
        Self::warn(kind).class(Class::PolicyDenied)
    }

    /// An event of level info about somebody who read what is worth a trace.
    pub fn access(kind: impl Into<String>) -> Self {
        Self::info(kind).class(Class::DataAccess)
    }

    /// Says what sort of event it is.
    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Says which record it is about.
    #[must_use]
    pub fn about(mut self, subject_type: &str, subject_id: impl ToString) -> Self {
        self.subject_type = Some(subject_type.to_owned());
        self.subject_id = Some(subject_id.to_string());
        self
    }

    /// Adds a sentence for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a value about the actor as a person: a name, a mail address, where they were. It can be erased later, which no
    /// fact of [`AuditEvent::with`] can. A second value of the same field takes the place of the first.
    #[must_use]
    pub fn with_personal(self, field: &str, value: impl Into<String>) -> Self {
        self.add_personal(field, value.into(), None)
    }

    /// As [`AuditEvent::with_personal`], about another person: the subject of their tokens.
    #[must_use]
    pub fn with_personal_of(self, person: &str, field: &str, value: impl Into<String>) -> Self {
        self.add_personal(field, value.into(), Some(person.to_owned()))
    }

    fn add_personal(mut self, field: &str, value: String, person: Option<String>) -> Self {
        self.personal.retain(|known| known.field != field);
        self.personal.push(Personal { field: field.to_owned(), value, person });
        self
    }

    /// Says from which network address it was caused; a personal value.
    #[must_use]
    pub fn from_address(self, address: impl fmt::Display) -> Self {
        self.with_personal(CLIENT_ADDRESS, address.to_string())
    }

    /// As [`AuditEvent::from_address`], of another person than the actor: the subject of their tokens.
    #[must_use]
    pub fn from_address_of(self, person: &str, address: impl fmt::Display) -> Self {
        self.with_personal_of(person, CLIENT_ADDRESS, address.to_string())
    }

    /// Says in which browser session it happened.
    #[must_use]
    pub fn in_session(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// What sort of event it is when this actor did it: what it says itself, else a system event for the platform's own
    /// parts and admin activity for everybody else.
    pub fn class_for(&self, actor: &Actor) -> Class {
        let usual = if actor.kind == ActorKind::System { Class::SystemEvent } else { Class::AdminActivity };
        self.class.unwrap_or(usual)
    }

    /// Sets the actor, for events without a context.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// The actor of the event in this context.
    pub fn actor_in<'a>(&'a self, context: &'a TenantContext) -> &'a Actor {
        self.actor.as_ref().unwrap_or(context.actor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_follows_the_actor_unless_the_event_says_otherwise() {
        let (system, user) = (Actor::system("scheduler"), Actor::user("u"));
        assert_eq!(AuditEvent::info("a").class_for(&system), Class::SystemEvent);
        assert_eq!(AuditEvent::info("a").class_for(&user), Class::AdminActivity);
        assert_eq!(AuditEvent::denied("a").class_for(&user), Class::PolicyDenied);
        assert_eq!(AuditEvent::access("a").class_for(&system), Class::DataAccess);
        for class in Class::ALL {
            assert_eq!(Class::parse(class.as_str()), Some(class));
        }
    }

    #[test]
    fn a_personal_value_is_kept_once_and_never_shown() {
        let event =
            AuditEvent::info("a").with_personal("email", "old@example").with_personal("email", "new@example");
        assert_eq!(event.personal.len(), 1);
        assert_eq!(event.personal[0].value, "new@example");
        assert!(!format!("{event:?}").contains("new@example"));
    }
}
