//! Test cases: what a decision is to say for given inputs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A test case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::TestCase)]
pub(crate) struct TestCase {
    /// What it shows.
    #[schema(example = "large orders get five percent")]
    pub(crate) name: String,
    /// The decision that is asked for; the result of the model where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<String>,
    /// What is given.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"amount": "250.00"}))]
    pub(crate) inputs: Map<String, Value>,
    /// What is to be said.
    #[schema(value_type = Object, example = "0.05")]
    pub(crate) expected: Value,
    /// The time that `now` and `today` have; that of the test where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<DateTime<Utc>>,
}

/// What came of a test case.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::TestResult)]
pub(crate) struct TestResult {
    /// Its name.
    pub(crate) name: String,
    /// Whether it was said what was to be said.
    pub(crate) passed: bool,
    /// What was said.
    #[schema(value_type = Option<Object>)]
    pub(crate) found: Option<Value>,
    /// The numbers of the rules that made it, from 1.
    pub(crate) rules: Vec<usize>,
    /// Why nothing was said, or what is wrong with the case.
    pub(crate) message: Option<String>,
}
