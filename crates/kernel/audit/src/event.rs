//! The audit event.

use athyper_kernel_tenant_context::{Actor, TenantContext};
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

/// One fact of the trail. Its time, tenant, actor and request are added from the context when it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// What happened: the operation id, such as `finance.post_journal`, or the name of a platform event.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much it matters.
    pub level: Level,
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
}

impl AuditEvent {
    /// An event of level info.
    pub fn info(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            level: Level::Info,
            subject_type: None,
            subject_id: None,
            message: None,
            meta: Map::new(),
            actor: None,
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
