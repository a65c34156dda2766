//! A filter as a condition in SQL with bound values, and an order as one of rows, for whoever keeps the resources in PostgreSQL.

use chrono::{DateTime, Utc};

use crate::{Check, Comparison, Filter, Order, ResourceKind, ScimError, Target, Test};

/// A place, as SQL over the row `r`, or over the row `v` of a list.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// A text.
    Text(&'static str),
    /// A boolean.
    Boolean(&'static str),
    /// A time.
    Time(&'static str),
    /// A complex attribute: whether any part of it is there.
    Parts(&'static str),
    /// The beginning of `exists (...)` over the rows of a list.
    List(&'static str),
}

/// Where an attribute of a kind of resource stands. What has no place cannot be asked for.
pub type Places = fn(&ResourceKind, Target) -> Option<Place>;

/// A value that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A text.
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// A time (UTC).
    Time(DateTime<Utc>),
}

/// A condition on rows. Its text is made of places and parameters alone; all that a client wrote is bound.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The condition, over the row `r`.
    pub sql: String,
    /// What is bound, from the parameter behind those that were bound before.
    pub values: Vec<Bound>,
    places: Places,
    bound_before: usize,
}

impl Condition {
    /// The condition that resources of a kind pass a filter; `bound_before` parameters of the statement come before its own.
    ///
    /// # Errors
    /// `invalidFilter` where the filter asks what has no place.
    pub fn of(
        filter: Option<&Filter>,
        kind: &ResourceKind,
        places: Places,
        bound_before: usize,
    ) -> Result<Self, ScimError> {
        let mut condition = Self { sql: String::new(), values: Vec::new(), places, bound_before };
        match filter {
            Some(filter) => condition.add(kind, &Test::of(filter, kind)?, None)?,
            None => condition.sql.push_str("true"),
        }
        Ok(condition)
    }

    /// The parameter that stands for a value.
    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len() + self.bound_before)
    }

    /// Adds a test on a row, or on a row of a list where `list` says of which.
    fn add(&mut self, kind: &ResourceKind, test: &Test, list: Option<Target>) -> Result<(), ScimError> {
        match test {
            Test::All(tests) => self.join(kind, tests, " and ", list),
            Test::Any(tests) => self.join(kind, tests, " or ", list),
            Test::Not(test) => {
                self.sql.push_str("not ");
                self.add(kind, test, list)
            }
            Test::Is(target, check) => self.check(kind, *target, check, list.is_some()),
            Test::Value(target, test) => {
                let Some(Place::List(from)) = (self.places)(kind, Target { part: None, ..*target }) else {
                    return Err(no_filter(*target));
                };
                self.sql.push_str(from);
                self.sql.push_str(" and ");
                self.add(kind, test, Some(*target))?;
                self.sql.push(')');
                Ok(())
            }
        }
    }

    fn join(
        &mut self,
        kind: &ResourceKind,
        tests: &[Test],
        word: &str,
        list: Option<Target>,
    ) -> Result<(), ScimError> {
        self.sql.push('(');
        for (at, test) in tests.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(word);
            }
            self.add(kind, test, list)?;
        }
        self.sql.push(')');
        Ok(())
    }

    /// A check of one value; of any value of a list, unless the condition stands inside one already.
    fn check(
        &mut self,
        kind: &ResourceKind,
        target: Target,
        check: &Check,
        is_inside: bool,
    ) -> Result<(), ScimError> {
        let refused = || no_filter(target);
        if !target.attribute.is_multi || is_inside {
            let sql =
                self.of_value((self.places)(kind, target).ok_or_else(refused)?, check).ok_or_else(refused)?;
            self.sql.push_str(&sql);
            return Ok(());
        }
        let Some(Place::List(from)) = (self.places)(kind, Target { part: None, ..target }) else {
            return Err(refused());
        };
        let inner = match target.part {
            None => "true".to_owned(),
            Some(_) => {
                self.of_value((self.places)(kind, target).ok_or_else(refused)?, check).ok_or_else(refused)?
            }
        };
        for part in [from, " and ", &inner, ")"] {
            self.sql.push_str(part);
        }
        Ok(())
    }

    /// A check of a value in its place; never null. None where the place has no such check.
    fn of_value(&mut self, place: Place, check: &Check) -> Option<String> {
        let condition = match (place, check) {
            (Place::Text(column), Check::Present) => format!("coalesce({column}, '') <> ''"),
            (Place::Boolean(column) | Place::Time(column), Check::Present) => format!("{column} is not null"),
            (Place::Parts(any), Check::Present) => any.to_owned(),
            (Place::Text(column), Check::Text { comparison, value, is_exact }) => {
                let value = self.bind(Bound::Text(value.clone()));
                if *is_exact {
                    compare(*comparison, column, &value)
                } else {
                    compare(*comparison, &format!("lower({column})"), &format!("lower({value})"))
                }
            }
            (Place::Boolean(column), Check::Boolean(yes)) => {
                let value = self.bind(Bound::Boolean(*yes));
                format!("{column} = {value}")
            }
            (Place::Time(column), Check::Time { comparison, value }) => {
                let value = self.bind(Bound::Time(*value));
                format!("{column} {} {value}", operator(*comparison)?)
            }
            _ => return None,
        };
        Some(format!("(({condition}) is true)"))
    }
}

fn no_filter(target: Target) -> ScimError {
    ScimError::filter(format!("resources cannot be found by {} in this way", target.leaf().name))
}

/// A comparison of texts. Order is that of code points, as in memory.
fn compare(comparison: Comparison, column: &str, value: &str) -> String {
    match comparison {
        Comparison::Co => format!("strpos({column}, {value}) > 0"),
        Comparison::Sw => format!("starts_with({column}, {value})"),
        Comparison::Ew => format!("right({column}, length({value})) = {value}"),
        Comparison::Eq | Comparison::Ne => {
            format!("{column} {} {value}", operator(comparison).unwrap_or("="))
        }
        other => format!("{column} collate \"C\" {} {value}", operator(other).unwrap_or("=")),
    }
}

fn operator(comparison: Comparison) -> Option<&'static str> {
    match comparison {
        Comparison::Eq => Some("="),
        Comparison::Ne => Some("<>"),
        Comparison::Gt => Some(">"),
        Comparison::Ge => Some(">="),
        Comparison::Lt => Some("<"),
        Comparison::Le => Some("<="),
        Comparison::Co | Comparison::Sw | Comparison::Ew => None,
    }
}

/// How rows are ordered. What has no value comes last, or first where the order descends (RFC 7644, section 3.4.2.3).
///
/// # Errors
/// `invalidValue` where the attribute gives no order.
pub fn order_by(order: Option<&Order>, kind: &ResourceKind, places: Places) -> Result<String, ScimError> {
    let Some(asked) = order else { return Ok("r.id".to_owned()) };
    let target = asked.target(kind)?;
    let by = match places(kind, target) {
        Some(Place::Text(column)) if target.leaf().is_exact => format!("{column} collate \"C\""),
        Some(Place::Text(column)) => format!("lower({column}) collate \"C\""),
        Some(Place::Boolean(column) | Place::Time(column)) => column.to_owned(),
        _ => return Err(ScimError::value(format!("{} gives no order", asked.by))),
    };
    let direction = if asked.is_descending { "desc nulls first" } else { "asc nulls last" };
    Ok(format!("{by} {direction}, r.id"))
}
