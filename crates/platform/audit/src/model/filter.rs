//! Which events a search, a timeline or an export shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::{EventClass, EventLevel};

/// Criteria; each that is given narrows the list further.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventFilter {
    /// What happened, such as `finance.post_journal`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// The sort of event.
    #[param(inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<EventClass>,
    /// How much it matters.
    #[param(inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<EventLevel>,
    /// Who did it: the subject of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actor: Option<String>,
    /// Type of the record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_type: Option<String>,
    /// Id of the record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_id: Option<String>,
    /// Written at or after this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Written before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<DateTime<Utc>>,
    /// Id of the request or job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Id of the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
}

impl EventFilter {
    /// The criteria that are set, for the event that tells of the search.
    pub(crate) fn facts(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
