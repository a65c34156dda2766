//! A definition that was checked and compiled, ready to be evaluated. The same for every thread.

use std::sync::Arc;

use athyper_kernel_cel::{Expression, Type, Value};

use crate::definition::{Aggregation, DataType, HitPolicy};
use crate::index::Index;
use crate::scalar::{Scalar, ScalarType};
use crate::set::Set;

/// Decisions that can be evaluated. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Model(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) inputs: Vec<Input>,
    /// The decisions, each behind those that it requires.
    pub(crate) decisions: Vec<Compiled>,
    /// The place of the decision that is asked for.
    pub(crate) result: usize,
}

#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) key: Arc<str>,
    pub(crate) kind: DataType,
    pub(crate) cel: Type,
}

#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) key: Arc<str>,
    /// Its place in the definition.
    pub(crate) place: usize,
    /// The places of the decisions that it requires, here.
    pub(crate) requires: Vec<usize>,
    pub(crate) kind: Type,
    pub(crate) logic: Logic,
}

#[derive(Debug)]
pub(crate) enum Logic {
    Table(Box<CompiledTable>),
    Expression(Expression),
}

#[derive(Debug)]
pub(crate) struct CompiledTable {
    pub(crate) policy: HitPolicy,
    pub(crate) aggregation: Option<Aggregation>,
    pub(crate) columns: Vec<Column>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) index: Option<Index>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) expression: Expression,
    pub(crate) kind: ScalarType,
    /// What the column is called in messages.
    pub(crate) label: String,
    /// The values that it may have.
    pub(crate) allowed: Option<Set>,
}

#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) key: Arc<str>,
    pub(crate) kind: ScalarType,
    /// The values that it may have, the one of highest priority first.
    pub(crate) order: Option<Vec<Scalar>>,
    pub(crate) default: Option<Value>,
}

#[derive(Debug)]
pub(crate) struct CompiledRule {
    /// What each column must have; nothing where the rule does not ask.
    pub(crate) when: Box<[Option<Arc<Set>>]>,
    pub(crate) then: Box<[Conclusion]>,
}

/// The conclusion of a rule for one output.
#[derive(Clone, Debug)]
pub(crate) enum Conclusion {
    Value(Value),
    Expression(Expression),
}

impl Model {
    /// The keys of the decisions, each behind those that it requires.
    pub fn decisions(&self) -> impl Iterator<Item = &str> {
        self.0.decisions.iter().map(|decision| &*decision.key)
    }

    /// The key of the decision that is asked for where none is named.
    pub fn result(&self) -> &str {
        self.0.decisions.get(self.0.result).map_or("", |decision| &*decision.key)
    }

    /// The type of the value of a decision.
    pub fn type_of(&self, key: &str) -> Option<&Type> {
        self.0.decisions.iter().find(|decision| &*decision.key == key).map(|decision| &decision.kind)
    }

    pub(crate) fn place_of(&self, key: &str) -> Option<usize> {
        self.0.decisions.iter().position(|decision| &*decision.key == key)
    }
}

impl CompiledRule {
    /// Whether the rule applies to these values of the columns.
    pub(crate) fn applies(&self, values: &[Option<Scalar>]) -> bool {
        self.when
            .iter()
            .zip(values)
            .all(|(set, value)| set.as_ref().is_none_or(|set| set.has(value.as_ref())))
    }
}

impl CompiledTable {
    /// Whether the table gives a list.
    pub(crate) fn gives_list(&self) -> bool {
        match self.policy {
            HitPolicy::Collect => self.aggregation.is_none(),
            HitPolicy::RuleOrder | HitPolicy::OutputOrder => true,
            _ => false,
        }
    }
}
