//! What a policy is: rules as data, in the form in which they are sent and stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::PolicyDocument)]
pub struct PolicyDocument {
    /// The rules. Their order means nothing.
    #[schema(min_items = 1, max_items = 500)]
    pub rules: Vec<Rule>,
}

/// One rule: whom it is about, what they do, on what, when, and what is said of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Rule)]
pub struct Rule {
    /// Names the rule within its policy: small letters, digits, `-` and `_`.
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,62}$")]
    pub key: String,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 500)]
    pub description: String,
    /// What it says.
    pub effect: Effect,
    /// Whom it is about.
    pub subjects: Subjects,
    /// What they do: an operation id (`finance.post_journal`), all of a module (`finance.*`), all of a kind (`kind:read`), or
    /// all there are (`*`).
    #[schema(min_items = 1, max_items = 100)]
    pub operations: Vec<String>,
    /// On what.
    #[serde(default, skip_serializing_if = "Resource::is_any")]
    pub resource: Resource,
    /// When, as a condition in CEL over `subject`, `resource` and `context`; always when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What has to be done where it applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub obligations: Vec<Obligation>,
    /// In what order rules are told when a decision is explained, the smallest first. It never decides.
    #[serde(default = "default_priority")]
    pub priority: i32,
}

fn default_priority() -> i32 {
    100
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::Effect)]
pub enum Effect {
    /// They may not, whatever else says that they may.
    Deny,
    /// They may, unless something says that they may not.
    Allow,
}

/// Whom a rule is about: everyone, or whoever is named in any way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Subjects)]
pub struct Subjects {
    /// All who ask.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
    /// Who has one of these roles: the key of a built-in one, the id of one that the tenant made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Who is in one of these groups, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// These people, by the id of the principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<String>,
    /// These services, by the id of the principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Who belongs to one of these organizational units or to one below, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub org_units: Vec<String>,
    /// Who stands to the record like this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
}

/// How somebody stands to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Relation)]
pub struct Relation {
    /// Which relation.
    pub kind: RelationKind,
    /// The field of the record that tells: by default the one who made it.
    #[serde(default = "default_of", skip_serializing_if = "is_default_of")]
    pub of: String,
}

fn default_of() -> String {
    "createdBy".to_owned()
}

fn is_default_of(of: &str) -> bool {
    of == "createdBy"
}

/// The relations that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::RelationKind)]
pub enum RelationKind {
    /// The field names the one who asks, by actor or principal.
    Owner,
    /// The field names somebody who reports to the one who asks, directly or through others.
    Manager,
    /// The field names an organizational unit: that of the one who asks, or one below.
    Unit,
    /// The field is a list that names the one who asks, by actor or principal.
    Member,
}

/// On what a rule bears; what is left out does not limit it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Resource)]
pub struct Resource {
    /// Records and operations of this module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Records of this entity: `finance.account`, or the key of one that the tenant designed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// This record, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// These fields of the entity, and nothing else of its records: a denial hides them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub fields: Vec<String>,
}

impl Resource {
    fn is_any(&self) -> bool {
        *self == Self::default()
    }
}

/// What has to be done where a rule applies. Whoever cannot do it must refuse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Obligation)]
pub enum Obligation {
    /// These fields are shown masked.
    #[serde(rename_all = "camelCase")]
    MaskFields {
        /// The fields.
        fields: Vec<String>,
        /// So many characters at the end of a text stay readable; none by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_last: Option<u8>,
    },
    /// Somebody else has to agree first.
    #[serde(rename_all = "camelCase")]
    RequireApproval {
        /// Who: holders of this role.
        role: String,
    },
    /// The one who asks has to have signed in at least this strongly.
    #[serde(rename_all = "camelCase")]
    RequireSignIn {
        /// 1 for one factor, 2 for two, 3 for two of which one cannot be phished.
        strength: u8,
        /// The sign-in may be at most this old, in seconds; of any age when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_age_seconds: Option<u32>,
    },
    /// Each of them may do it so often.
    #[serde(rename_all = "camelCase")]
    RateLimit {
        /// How often in any minute.
        per_minute: u32,
    },
    /// The audit event carries this word.
    #[serde(rename_all = "camelCase")]
    TagAudit {
        /// The word.
        tag: String,
    },
}

/// How a masked field is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Mask)]
pub struct Mask {
    /// So many characters at the end of a text stay readable.
    pub keep_last: u8,
}

impl Mask {
    /// The stricter of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { keep_last: self.keep_last.min(other.keep_last) }
    }

    /// What is shown of a value: of a text its end, where that is less than half of it, and nothing of anything else. The
    /// length is not told.
    pub fn apply(self, value: &serde_json::Value) -> serde_json::Value {
        let keep = usize::from(self.keep_last);
        match value.as_str() {
            Some(text) if keep > 0 && text.chars().count() > keep * 2 => {
                let skip = text.chars().count() - keep;
                format!("•••{}", text.chars().skip(skip).collect::<String>()).into()
            }
            Some(_) => "•••".into(),
            None => serde_json::Value::Null,
        }
    }
}

/// Where a policy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::Origin)]
pub enum Origin {
    /// The platform: it holds in every tenant beside what that says.
    Platform,
    /// The tenant.
    Tenant,
}

/// A policy that is in force, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Where it comes from.
    pub origin: Origin,
    /// Its key.
    pub key: String,
    /// Which of its versions.
    pub version: i64,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// Names a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::RuleName)]
pub struct RuleName {
    /// Where its policy comes from.
    pub origin: Origin,
    /// Key of the policy.
    pub policy: String,
    /// Version of the policy.
    pub version: i64,
    /// Key of the rule.
    pub rule: String,
}

/// What is known of an entity's fields by name, as expressions see them.
pub type EntityFields = BTreeMap<String, athyper_kernel_cel::Type>;
