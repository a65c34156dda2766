//! The definition of decisions as data: what a tenant writes, stores and exchanges.

use std::collections::BTreeMap;

use athyper_kernel_cel::Type;
use serde::{Deserialize, Serialize};

use crate::scalar::ScalarType;

/// Decisions that belong together: the data they need, and the graph of what requires what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Definition {
    /// What people call it.
    pub label: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The data that is given for each evaluation.
    #[serde(default)]
    pub inputs: Vec<InputData>,
    /// The decisions, in any order.
    pub decisions: Vec<Decision>,
    /// The key of the decision that is asked for; may be left out where one decision is required by no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// Data that is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputData {
    /// Its name in expressions.
    pub key: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: DataType,
}

/// The type of data: a scalar, a list, or an object with named parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a type is expected: \"string\", \"number\", \"boolean\", \"date\", \"dateTime\", \"duration\", \
                               {\"list\": type} or {\"object\": {name: type}}"
)]
pub enum DataType {
    /// A scalar.
    Scalar(ScalarType),
    /// A list.
    List(ListType),
    /// An object.
    Object(ObjectType),
}

/// A list whose elements have one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListType {
    /// The type of the elements.
    pub list: Box<DataType>,
}

/// An object with named parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectType {
    /// Its parts by name.
    pub object: BTreeMap<String, DataType>,
}

impl DataType {
    /// The type as expressions know it.
    pub fn cel(&self) -> Type {
        match self {
            Self::Scalar(kind) => kind.cel(),
            Self::List(of) => Type::list(of.list.cel()),
            Self::Object(of) => {
                Type::object(of.object.iter().map(|(name, kind)| (name.as_str(), kind.cel())))
            }
        }
    }
}

/// A decision: a table, or one expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Its name in expressions of other decisions.
    pub key: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Keys of the data and decisions that its expressions may name.
    #[serde(default)]
    pub requires: Vec<String>,
    /// The table, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The expression, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<Literal>,
}

/// An expression that gives the value of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Literal {
    /// The expression, in CEL.
    pub source: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: DataType,
}

/// What becomes of the rules that apply (DMN 1.5, section 8.2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HitPolicy {
    /// At most one rule applies; two are an error.
    Unique,
    /// The first in the order of the table.
    First,
    /// The one whose outputs come first among the values of the outputs.
    Priority,
    /// Several may apply when their outputs are equal; others are an error.
    Any,
    /// All, as a list or one figure.
    Collect,
    /// All, in the order of the table.
    RuleOrder,
    /// All, in the order of the values of the outputs.
    OutputOrder,
}

/// The figure that `collect` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aggregation {
    /// The sum of the outputs.
    Sum,
    /// The smallest output.
    Min,
    /// The largest output.
    Max,
    /// How many rules apply.
    Count,
}

/// A decision table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// What becomes of the rules that apply.
    pub hit_policy: HitPolicy,
    /// The figure that `collect` makes, where it does not make a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation: Option<Aggregation>,
    /// Columns of conditions.
    pub inputs: Vec<InputColumn>,
    /// Columns of conclusions.
    pub outputs: Vec<OutputColumn>,
    /// Names of the columns of annotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<String>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A column of conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputColumn {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The value that the cells test, as an expression in CEL.
    pub expression: String,
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: ScalarType,
    /// The values that it may have, as unary tests; null only where they name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
}

/// A column of conclusions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputColumn {
    /// Its name; that of a part of the result where there are several columns.
    pub key: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: ScalarType,
    /// The values that it may have, the one of highest priority first, as literals separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// The value where no rule applies, as a literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The unary tests, one for each column of conditions.
    pub when: Vec<String>,
    /// The conclusions, one for each column: a literal of FEEL, or an expression in CEL.
    pub then: Vec<String>,
    /// The annotations, one for each column of annotations; those at the end may be left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<String>,
}
