//! A stored question with the answer that is expected.

use std::collections::BTreeSet;

use athyper_kernel_policy::{Circumstances, Decision, Obligation, Subject, SubjectKind};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The id of a test.
pub(crate) type TestId = Id<StoredTest>;

/// Most tests of a policy.
pub(crate) const MAX_TESTS: i64 = 500;

/// A test.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Test)]
pub(crate) struct StoredTest {
    /// Id.
    pub(crate) id: TestId,
    /// What it shows.
    pub(crate) name: String,
    /// The question and the answer.
    pub(crate) test: TestCase,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) created_by: String,
}

/// A question and the answer that is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::TestCase)]
pub(crate) struct TestCase {
    /// The question.
    pub(crate) question: AskedQuestion,
    /// The answer.
    pub(crate) expect: Expected,
}

/// A question with all that is known for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::AskedQuestion)]
pub(crate) struct AskedQuestion {
    /// Who asks.
    pub(crate) subject: AskedSubject,
    /// Under which circumstances.
    #[serde(default)]
    pub(crate) context: AskedContext,
    /// The operation.
    pub(crate) operation: String,
    /// The entity of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<String>,
    /// The record, by its fields and what every record has (`id`, `state`, `createdBy`, …); the question is for all records of the
    /// entity when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) record: Option<Map<String, Value>>,
}

/// Who asks, as far as rules look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = policy::AskedSubject)]
pub(crate) struct AskedSubject {
    /// The actor's id, as in `createdBy`.
    pub(crate) id: String,
    /// Id of the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) principal: Option<String>,
    /// Other names by which it is known where records name somebody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
    /// Whether it is a service and no person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) service: bool,
    /// Roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    /// Groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<String>,
    /// The organizational unit and all above it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) units_above: Vec<String>,
    /// The organizational unit and all below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) units_below: Vec<String>,
    /// Those who report to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reports: Vec<String>,
}

impl AskedSubject {
    /// As the evaluator sees it.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            id: self.id.clone(),
            principal: self.principal.clone(),
            names: self.names.clone(),
            kind: if self.service { SubjectKind::Service } else { SubjectKind::Person },
            roles: self.roles.clone(),
            groups: self.groups.clone(),
            units_above: self.units_above.clone(),
            units_below: self.units_below.clone(),
            reports: self.reports.clone(),
        }
    }
}

/// Circumstances of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = policy::AskedContext)]
pub(crate) struct AskedContext {
    /// The time (UTC); now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<DateTime<Utc>>,
    /// The way it comes: `api`, `browser`, `job`, `import`; `api` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<String>,
    /// Address that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// Names of the networks that the address is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) networks: Vec<String>,
    /// How strongly they signed in: 0 to 3.
    pub(crate) sign_in: u8,
    /// When they signed in (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_in_at: Option<DateTime<Utc>>,
}

impl AskedContext {
    /// As the evaluator sees them.
    pub(crate) fn circumstances(&self) -> Circumstances {
        Circumstances {
            channel: self.channel.clone().unwrap_or_else(|| "api".to_owned()),
            address: self.address.clone(),
            networks: Some(self.networks.clone()),
            sign_in: self.sign_in,
            signed_in_at: self.signed_in_at,
        }
    }
}

/// The answer that is expected. What is left out does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Expected)]
pub(crate) struct Expected {
    /// Whether it is allowed.
    pub(crate) allowed: bool,
    /// A rule that the answer rests on: `policy/rule`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The fields that are hidden, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hidden: Option<BTreeSet<String>>,
    /// The fields that are masked, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) masked: Option<BTreeSet<String>>,
    /// What has to be done, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) obligations: Option<BTreeSet<Obligation>>,
}

impl Expected {
    /// What of a decision is not as expected, in words.
    pub(crate) fn differences(&self, decision: &Decision) -> Vec<String> {
        let mut found = Vec::new();
        if self.allowed != decision.is_allowed() {
            let (wanted, got) = (said(self.allowed), said(decision.is_allowed()));
            found.push(format!("expected {wanted}, got {got}"));
        }
        let rules: Vec<String> =
            decision.rules.iter().map(|rule| format!("{}/{}", rule.policy, rule.rule)).collect();
        if let Some(rule) = &self.rule
            && !rules.contains(rule)
        {
            found.push(format!("expected rule {rule}, got {}", rules.join(", ")));
        }
        let hidden: BTreeSet<String> = decision.hidden.iter().map(ToString::to_string).collect();
        let masked: BTreeSet<String> = decision.masked.keys().map(ToString::to_string).collect();
        let obligations: BTreeSet<Obligation> = decision.obligations.iter().cloned().collect();
        if self.hidden.as_ref().is_some_and(|wanted| *wanted != hidden) {
            found.push(format!("hidden fields are {hidden:?}"));
        }
        if self.masked.as_ref().is_some_and(|wanted| *wanted != masked) {
            found.push(format!("masked fields are {masked:?}"));
        }
        if self.obligations.as_ref().is_some_and(|wanted| *wanted != obligations) {
            found
                .push(format!("obligations are {}", serde_json::to_string(&obligations).unwrap_or_default()));
        }
        found
    }
}

fn said(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}
