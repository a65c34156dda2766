//! A version that was published.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::test_case::TestCase;

/// A version that was published.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::Version)]
pub(crate) struct Version {
    /// Its number, from 1.
    #[serde(rename = "version")]
    pub(crate) number: i64,
    /// What whoever published it said.
    pub(crate) note: Option<String>,
    /// When it was published (UTC).
    pub(crate) published_at: DateTime<Utc>,
    /// Who published it.
    pub(crate) published_by: String,
    /// The definition; not in lists.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    pub(crate) definition: Value,
    /// The tests that it passed; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tests: Vec<TestCase>,
}
