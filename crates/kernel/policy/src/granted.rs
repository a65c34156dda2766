//! What roles allow, beside what rules say: roles and where they hold are kept elsewhere, and come with each question.

use std::sync::{Arc, LazyLock};

use athyper_kernel_cel::{Context, Expression, Schema, Type, Value, Variables};

use crate::compile::condition_cache;
use crate::decide::Truth;
use crate::model::{Origin, RuleName};
use crate::terms::{RECORD_FIELDS, RESOURCE, SUBJECT, Terms};

/// What the roles of the one who asks allow of the operation that is asked about. As an allowance of a rule, it is nothing
/// against a denial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Granted {
    /// Nothing.
    #[default]
    Nothing,
    /// The operation on all records, by this role.
    Everything(Arc<RuleName>),
    /// The operation on some records.
    Some(GrantedPart),
}

impl Granted {
    /// Nothing, to ask with.
    pub const NOTHING: Self = Self::Nothing;

    /// The role that allows, if one does.
    pub(crate) fn rule(&self) -> Option<&Arc<RuleName>> {
        match self {
            Self::Nothing => None,
            Self::Everything(rule) => Some(rule),
            Self::Some(part) => Some(&part.rule),
        }
    }
}

/// Which records roles reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedPart {
    /// One of the roles.
    pub rule: Arc<RuleName>,
    /// Those that the one who asks made.
    pub own: bool,
    /// Those with these ids.
    pub records: Vec<String>,
}

impl RuleName {
    /// What decisions that rest on a role are told by.
    pub fn of_role(role: &str) -> Self {
        Self { origin: Origin::Platform, policy: "roles".to_owned(), version: 1, rule: role.to_owned() }
    }
}

const GRANTED: &str = "granted";

/// Which records a part has, over `granted`, `subject` and `resource`. It compiles, by a test.
static REACHED: LazyLock<Option<Expression>> = LazyLock::new(|| {
    let list = || Type::list(Type::String);
    let granted = Type::object([("own", Type::Bool), ("records", list())]);
    let resource = Type::object(RECORD_FIELDS);
    let schema =
        Schema::new([(GRANTED, granted), (SUBJECT, Type::object([("ids", list())])), (RESOURCE, resource)]);
    let source = "(granted.own && resource.createdBy in subject.ids) || resource.id in granted.records";
    condition_cache(0).compile(source, &schema, &Type::Bool).ok()
});

struct PartTerms<'a> {
    granted: Value,
    others: Terms<'a>,
}

impl Variables for PartTerms<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if name == GRANTED { Some(self.granted.clone()) } else { self.others.get(name) }
    }
}

impl GrantedPart {
    fn terms<'a>(&self, others: Terms<'a>) -> PartTerms<'a> {
        let records = self.records.iter().map(|id| Value::from(id.as_str()));
        let granted = Value::map([("own", Value::Bool(self.own)), ("records", Value::list(records))]);
        PartTerms { granted, others }
    }

    /// Whether it has the record of these terms.
    pub(crate) fn has(&self, terms: Terms<'_>, at: &Context) -> Truth {
        if terms.resource.is_none() {
            return Truth::Open;
        }
        let Some(reached) = REACHED.as_ref() else { return Truth::Failed(None) };
        match reached.evaluate(&self.terms(terms), at) {
            Ok(Value::Bool(true)) => Truth::Yes,
            Ok(Value::Bool(false)) => Truth::No,
            Ok(_) => Truth::Failed(None),
            Err(error) => Truth::Failed(Some(error)),
        }
    }

    /// The condition that it has a record; none where it has no record.
    pub(crate) fn condition(&self, terms: Terms<'_>, at: &Context) -> Option<Expression> {
        if !self.own && self.records.is_empty() {
            return None;
        }
        REACHED.as_ref().map(|reached| reached.bound(&[GRANTED, SUBJECT], &self.terms(terms), at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_of_a_part_compiles() {
        assert!(REACHED.is_some());
    }
}
