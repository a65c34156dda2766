//! Evaluates decisions within bounds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use athyper_kernel_cel::{Context, EvalError, Expression, Value};
use athyper_kernel_error::FieldError;
use serde_json::{Map, Value as Json};

use crate::definition::DataType;
use crate::limits::{MAX_EXPRESSIONS, MAX_TIME};
use crate::model::{Compiled, Logic, Model};
use crate::read::escaped;
use crate::table;

/// What is given for an evaluation, read by the types of the model.
#[derive(Clone, Debug)]
pub struct Inputs(BTreeMap<Arc<str>, Value>);

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The decisions that were made, each behind those that it requires; the last is the one that was asked for.
    pub decisions: Vec<Made>,
}

impl Outcome {
    /// The value of the decision that was asked for.
    pub fn value(&self) -> &Value {
        self.decisions.last().map_or(&Value::Null, |made| &made.value)
    }
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its key.
    pub key: Arc<str>,
    /// Its value.
    pub value: Value,
    /// The numbers of the rules that made it, from 1 in the order of the table; none where it is an expression, and where no
    /// rule applies.
    pub rules: Vec<usize>,
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// There is no such decision in the model.
    #[error("there is no decision {0:?} in this model")]
    UnknownDecision(String),
    /// A column has a value that it may not have.
    #[error("decision {decision:?}: {column:?} has a value that is not among those it may have")]
    NotAllowed {
        /// The decision.
        decision: String,
        /// What the column is called.
        column: String,
    },
    /// Several rules apply where one may.
    #[error("decision {decision:?}: the rules {} apply, and its policy is unique", listed(.rules))]
    Several {
        /// The decision.
        decision: String,
        /// The numbers of the rules, from 1.
        rules: Vec<usize>,
    },
    /// Rules that apply say different things.
    #[error("decision {decision:?}: the rules {} apply with different outputs, and its policy is any", listed(.rules))]
    Different {
        /// The decision.
        decision: String,
        /// The numbers of the rules, from 1.
        rules: Vec<usize>,
    },
    /// The expression of the decision or of a column has no value.
    #[error("decision {decision:?}: {place}: {message}")]
    Expression {
        /// The decision.
        decision: String,
        /// Where.
        place: String,
        /// Why.
        message: String,
    },
    /// A rule that applies has a conclusion that cannot be taken.
    #[error("decision {decision:?}: rule {rule}: {message}")]
    Conclusion {
        /// The decision.
        decision: String,
        /// The number of the rule, from 1.
        rule: usize,
        /// Why.
        message: String,
    },
    /// The sum of the outputs is larger than a number can be.
    #[error("decision {0:?}: the sum of the outputs has more than 28 digits")]
    OutOfRange(String),
    /// It takes too much.
    #[error(
        "decision {0:?}: more than {MAX_EXPRESSIONS} expressions are to be evaluated, or they take too long"
    )]
    TooMuch(String),
}

/// Most rules that a message names.
const MAX_NAMED: usize = 20;

fn listed(rules: &[usize]) -> String {
    let mut named: Vec<String> = rules.iter().take(MAX_NAMED).map(usize::to_string).collect();
    if rules.len() > MAX_NAMED {
        named.push(format!("and {} more", rules.len() - MAX_NAMED));
    }
    named.join(", ")
}

/// What an evaluation works with.
pub(crate) struct Run<'a> {
    pub(crate) values: BTreeMap<Arc<str>, Value>,
    context: &'a Context,
    expressions: usize,
    until: Instant,
}

impl Run<'_> {
    /// The value of an expression, and why it has none.
    pub(crate) fn expression(
        &mut self,
        expression: &Expression,
        decision: &str,
    ) -> Result<Result<Value, EvalError>, EvaluateError> {
        self.expressions += 1;
        if self.expressions > MAX_EXPRESSIONS || Instant::now() > self.until {
            return Err(EvaluateError::TooMuch(decision.to_owned()));
        }
        Ok(expression.evaluate(&self.values, self.context))
    }
}

impl Model {
    /// Reads what is given. What is left out is null; a name that the model does not have is refused.
    ///
    /// # Errors
    /// All that is wrong with it, with JSON pointers into what is given.
    pub fn read_inputs(&self, given: &Map<String, Json>) -> Result<Inputs, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut values = BTreeMap::new();
        for (name, json) in given {
            let pointer = format!("/{}", escaped(name));
            let Some(input) = self.0.inputs.iter().find(|input| *input.key == **name) else {
                faults.push(FieldError::new(pointer, "unknown", "there is no input of this name"));
                continue;
            };
            let before = faults.len();
            find_unknown(json, &input.kind, &pointer, &mut faults);
            match Value::from_json(json, &input.cel) {
                Ok(value) => {
                    values.insert(Arc::clone(&input.key), value);
                }
                Err(error) if faults.len() == before => {
                    faults.push(FieldError::new(
                        format!("{pointer}{}", error.pointer),
                        "invalid",
                        error.message,
                    ));
                }
                Err(_) => {}
            }
        }
        if faults.is_empty() { Ok(Inputs(values)) } else { Err(faults) }
    }

    /// Makes a decision, and those that it requires: the one of this key, or the result of the model.
    ///
    /// # Errors
    /// When there is no such decision, when it has no value for these inputs, and when the policy of a table is broken.
    pub fn evaluate(
        &self,
        decision: Option<&str>,
        inputs: &Inputs,
        context: &Context,
    ) -> Result<Outcome, EvaluateError> {
        let asked = match decision {
            None => self.0.result,
            Some(key) => self.place_of(key).ok_or_else(|| EvaluateError::UnknownDecision(key.to_owned()))?,
        };
        let mut needed = vec![false; self.0.decisions.len()];
        if let Some(slot) = needed.get_mut(asked) {
            *slot = true;
        }
        // What is required comes before what requires it.
        for place in (0..=asked).rev() {
            if needed.get(place) != Some(&true) {
                continue;
            }
            for required in self.0.decisions.get(place).iter().flat_map(|decision| &decision.requires) {
                if let Some(slot) = needed.get_mut(*required) {
                    *slot = true;
                }
            }
        }
        let mut run =
            Run { values: inputs.0.clone(), context, expressions: 0, until: Instant::now() + MAX_TIME };
        let mut decisions = Vec::new();
        for (decision, _) in self.0.decisions.iter().zip(&needed).filter(|(_, is_needed)| **is_needed) {
            let made = make(decision, &mut run)?;
            run.values.insert(Arc::clone(&made.key), made.value.clone());
            decisions.push(made);
        }
        Ok(Outcome { decisions })
    }
}

fn make(decision: &Compiled, run: &mut Run<'_>) -> Result<Made, EvaluateError> {
    let (value, rules) = match &decision.logic {
        Logic::Table(table) => table::evaluate(table, &decision.key, run)?,
        Logic::Expression(expression) => {
            let found = run.expression(expression, &decision.key)?;
            let value = found.map_err(|error| EvaluateError::Expression {
                decision: decision.key.to_string(),
                place: "its expression".to_owned(),
                message: error.to_string(),
            })?;
            (value, Vec::new())
        }
    };
    Ok(Made { key: Arc::clone(&decision.key), value, rules })
}

/// Names of parts that an object does not have: a part that is misspelt must not count as one that is left out.
fn find_unknown(json: &Json, kind: &DataType, pointer: &str, faults: &mut Vec<FieldError>) {
    match (json, kind) {
        (Json::Object(members), DataType::Object(of)) => {
            for (name, value) in members {
                let pointer = format!("{pointer}/{}", escaped(name));
                match of.object.get(name) {
                    Some(kind) => find_unknown(value, kind, &pointer, faults),
                    None => faults.push(FieldError::new(
                        pointer,
                        "unknown",
                        "the object has no part of this name",
                    )),
                }
            }
        }
        (Json::Array(values), DataType::List(of)) => {
            for (index, value) in values.iter().enumerate() {
                find_unknown(value, &of.list, &format!("{pointer}/{index}"), faults);
            }
        }
        _ => {}
    }
}
