//! Expressions made of others: conditions joined and negated, and names that are known filled in.
//!
//! Whoever has several conditions on a record asks for all of them at once by this, in memory and in SQL alike.

use std::sync::Arc;

use crate::check::Names;
use crate::evaluate::{Context, Evaluator, Variables, finish};
use crate::expression::{Expression, Inner, depends_on_row, joined};
use crate::ir::{Kind, Macro, Node};
use crate::limits::{Budget, Limits};
use crate::types::Type;
use crate::value::Value;

impl Expression {
    /// The condition that holds where all of these do; true where there are none.
    pub fn all(parts: &[Self]) -> Self {
        Self::joined(parts, true)
    }

    /// The condition that holds where any of these does; false where there are none.
    pub fn any(parts: &[Self]) -> Self {
        Self::joined(parts, false)
    }

    fn joined(parts: &[Self], all: bool) -> Self {
        let nodes: Vec<Node> = parts.iter().map(|part| part.0.node.clone()).collect();
        let (word, none) = if all { (" && ", "true") } else { (" || ", "false") };
        let sources: Vec<String> = parts.iter().map(|part| format!("({})", part.0.source)).collect();
        let source = if parts.is_empty() { none.to_owned() } else { sources.join(word) };
        let kind = match (nodes.is_empty(), all) {
            (true, _) => Kind::Literal(Value::Bool(all)),
            (false, true) => Kind::And(nodes),
            (false, false) => Kind::Or(nodes),
        };
        Self::made(source, condition(kind), sum(parts))
    }

    /// The condition that holds where this one is false. Where this one is null or fails, neither holds.
    #[must_use]
    pub fn negated(&self) -> Self {
        let node = condition(Kind::Not(Box::new(self.0.node.clone())));
        Self::made(format!("!({})", self.0.source), node, self.0.limits)
    }

    /// The same with these names filled in with what is known of them. What then depends on no row is worked out, as far as
    /// it has a value: `channel == 'api' && amount > 5` becomes `amount > 5` where the channel is `api`.
    ///
    /// It has the meaning of this one at the same time and place, for these values.
    #[must_use]
    pub fn bound(&self, names: &[&str], known: &dyn Variables, context: &Context) -> Self {
        let is_known = |path: &[Arc<str>]| path.first().is_some_and(|name| names.contains(&&**name));
        self.filled(&|path, _| is_known(path).then(|| value_of(path, known)), context)
    }

    /// The same where this name, with the fields below it, has this value. A whole number stands for the decimal that is equal.
    #[must_use]
    pub fn with(&self, name: &[Arc<str>], value: &Value, context: &Context) -> Self {
        let of_type = |ty: &Type| finish(value.clone(), ty, 0).ok();
        self.filled(&|path, ty| of_type(ty).filter(|_| path == name), context)
    }

    /// The conditions that it joins by `&&`, each by itself: it holds where all of them do.
    pub fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        joined(&self.0.node, &mut |node| {
            parts.push(Self::made(self.0.source.clone(), node.clone(), self.0.limits));
        });
        parts
    }

    fn filled(&self, known: &Known<'_>, context: &Context) -> Self {
        let inner = &self.0;
        let mut budget = Budget::new(&inner.limits);
        let node = settle(fill(&inner.node, known), context, &mut budget);
        Self::made(inner.source.clone(), node, inner.limits)
    }

    /// The condition's answer where it depends on no row: true, false, or nothing where it is null or fails. None where it
    /// depends on one.
    pub fn decided(&self, context: &Context) -> Option<Option<bool>> {
        if self.variables().next().is_some() {
            return None;
        }
        match self.evaluate(&(), context) {
            Ok(Value::Bool(answer)) => Some(Some(answer)),
            _ => Some(None),
        }
    }

    /// Whether the time has no part in it.
    pub fn is_timeless(&self) -> bool {
        fn timed(node: &Node) -> bool {
            let mut found = matches!(node.kind, Kind::Now | Kind::Today | Kind::Zone);
            node.each(&mut |part| found = found || timed(part));
            found
        }
        !timed(&self.0.node)
    }

    fn made(source: String, node: Node, limits: Limits) -> Self {
        let mut names = Names::default();
        names.collect(&node);
        Self(Arc::new(Inner { source, node, expected: Type::Bool, names, limits }))
    }
}

fn condition(kind: Kind) -> Node {
    Node { kind, ty: Type::Bool, at: 0 }
}

/// What conditions cost together.
fn sum(parts: &[Expression]) -> Limits {
    let mut parts = parts.iter().map(|part| part.0.limits);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |sum, one| Limits {
        length_bytes: sum.length_bytes.saturating_add(one.length_bytes),
        depth: sum.depth.max(one.depth),
        steps: sum.steps.saturating_add(one.steps),
        made_bytes: sum.made_bytes.saturating_add(one.made_bytes),
        time: sum.time.saturating_add(one.time),
        sql_bytes: sum.sql_bytes.max(one.sql_bytes),
    })
}

/// The value of a path from a known name.
fn value_of(path: &[Arc<str>], known: &dyn Variables) -> Value {
    let Some((first, rest)) = path.split_first() else { return Value::Null };
    let root = known.get(first).unwrap_or(Value::Null);
    rest.iter().fold(root, |value, field| match &value {
        Value::Map(entries) => entries.get(field).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    })
}

/// What is known of a name, of this type.
type Known<'k> = dyn Fn(&[Arc<str>], &Type) -> Option<Value> + 'k;

/// The tree with the names filled in of which something is known.
fn fill(node: &Node, known: &Known<'_>) -> Node {
    let each = |part: &Node| fill(part, known);
    let boxed = |part: &Node| Box::new(fill(part, known));
    let kind = match &node.kind {
        Kind::Variable(path) => known(path, &node.ty).map_or_else(|| node.kind.clone(), Kind::Literal),
        Kind::Literal(_) | Kind::Now | Kind::Today | Kind::Zone | Kind::Local(_) => node.kind.clone(),
        Kind::Select(inner, field) => Kind::Select(boxed(inner), Arc::clone(field)),
        Kind::Index(left, right) => Kind::Index(boxed(left), boxed(right)),
        Kind::Has(inner) => Kind::Has(boxed(inner)),
        Kind::Not(inner) => Kind::Not(boxed(inner)),
        Kind::Negate(inner) => Kind::Negate(boxed(inner)),
        Kind::And(parts) => Kind::And(parts.iter().map(each).collect()),
        Kind::Or(parts) => Kind::Or(parts.iter().map(each).collect()),
        Kind::List(parts) => Kind::List(parts.iter().map(each).collect()),
        Kind::Call(function, parts) => Kind::Call(function.clone(), parts.iter().map(each).collect()),
        Kind::Condition(parts) => Kind::Condition(Box::new(parts.each_ref().map(each))),
        Kind::Compare(comparison, parts) => Kind::Compare(*comparison, Box::new(parts.each_ref().map(each))),
        Kind::In(parts) => Kind::In(Box::new(parts.each_ref().map(each))),
        Kind::Arithmetic(operation, parts) => {
            Kind::Arithmetic(*operation, Box::new(parts.each_ref().map(each)))
        }
        Kind::Map(entries) => {
            Kind::Map(entries.iter().map(|(key, value)| (each(key), each(value))).collect())
        }
        Kind::Macro(found) => Kind::Macro(Box::new(Macro {
            kind: found.kind,
            list: each(&found.list),
            slot: found.slot,
            condition: found.condition.as_ref().map(each),
            body: each(&found.body),
        })),
    };
    Node { kind, ty: node.ty.clone(), at: node.at }
}

/// The condition without what is decided already.
fn settle(node: Node, context: &Context, budget: &mut Budget) -> Node {
    if !depends_on_row(&node) {
        let mut evaluator = Evaluator { variables: &(), context, budget, locals: vec![] };
        return match evaluator.node(&node) {
            Ok(value) => Node { kind: Kind::Literal(value), ..node },
            // It fails as well whenever it is asked.
            Err(_) => node,
        };
    }
    let Node { kind, ty, at } = node;
    let kind = match kind {
        Kind::And(parts) => settled(parts, true, context, budget),
        Kind::Or(parts) => settled(parts, false, context, budget),
        Kind::Not(inner) => Kind::Not(Box::new(settle(*inner, context, budget))),
        kind => kind,
    };
    Node { kind, ty, at }
}

/// The parts of `&&` (or `||`) without those that are true (or false); what is false (or true) decides.
fn settled(parts: Vec<Node>, all: bool, context: &Context, budget: &mut Budget) -> Kind {
    let mut left = Vec::with_capacity(parts.len());
    for part in parts {
        let part = settle(part, context, budget);
        match part.kind {
            Kind::Literal(Value::Bool(value)) if value == all => {}
            Kind::Literal(Value::Bool(value)) => return Kind::Literal(Value::Bool(value)),
            _ => left.push(part),
        }
    }
    if left.is_empty() {
        return Kind::Literal(Value::Bool(all));
    }
    if all { Kind::And(left) } else { Kind::Or(left) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Binds, Column, Limits, Schema, compile};

    fn schema() -> Schema {
        Schema::new([
            ("subject", Type::object([("id", Type::String), ("roles", Type::list(Type::String))])),
            ("resource", Type::object([("owner", Type::String), ("amount", Type::Int)])),
        ])
    }

    fn expression(source: &str) -> Expression {
        compile(source, &schema(), &Type::Bool, &Limits::default()).unwrap()
    }

    fn context() -> Context {
        Context::utc("2025-01-31T12:00:00Z".parse().unwrap())
    }

    fn known() -> BTreeMap<Arc<str>, Value> {
        let roles = Value::list([Value::from("clerk")]);
        [("subject".into(), Value::map([("id", Value::from("ada")), ("roles", roles)]))].into()
    }

    fn record(owner: Option<&str>, amount: Option<i64>) -> BTreeMap<Arc<str>, Value> {
        let owner = owner.map_or(Value::Null, Value::from);
        let amount = amount.map_or(Value::Null, Value::from);
        [("resource".into(), Value::map([("owner", owner), ("amount", amount)]))].into()
    }

    fn sql(expression: &Expression) -> String {
        let column = |path: &[Arc<str>]| Some(Column::new(format!("r.{}", path.last()?)));
        expression.to_sql(&column, &context(), &mut Binds::from(1)).unwrap()
    }

    #[test]
    fn what_is_known_leaves_the_condition() {
        let bound = |source: &str| expression(source).bound(&["subject"], &known(), &context());
        assert_eq!(
            sql(&bound("'clerk' in subject.roles && resource.amount > 5")),
            sql(&bound("resource.amount > 5 && true"))
        );
        assert_eq!(
            bound("'boss' in subject.roles && resource.amount > 5").decided(&context()),
            Some(Some(false))
        );
        assert_eq!(
            bound("'clerk' in subject.roles || resource.amount > 5").decided(&context()),
            Some(Some(true))
        );
        assert_eq!(bound("resource.owner == subject.id").decided(&context()), None);
        assert_eq!(bound("subject.id == null || subject.roles[3] > 'a'").decided(&context()), Some(None));
    }

    #[test]
    fn a_field_that_is_known_leaves_the_condition() {
        let amount = [Arc::from("resource"), Arc::from("amount")];
        let with = |source: &str, amount_is: i64| {
            expression(source).with(&amount, &Value::from(amount_is), &context()).decided(&context())
        };
        assert_eq!(with("has(resource.amount) && resource.amount % 10 != 3", 7), Some(Some(true)));
        assert_eq!(with("!(has(resource.amount) && resource.amount % 10 != 3)", 7), Some(Some(false)));
        assert_eq!(with("resource.amount % 10 == 3", 13), Some(Some(true)));
        // Nothing is divided by zero, which is null and selects nothing.
        assert_eq!(with("10 % resource.amount == 3", 0), Some(None));
        assert_eq!(with("resource.amount == 7 && resource.owner == 'ada'", 7), None);
        assert_eq!(with("resource.amount == 7 && resource.owner == 'ada'", 8), Some(Some(false)));
        assert_eq!(with("resource.amount == 7 || resource.owner == 'ada'", 7), Some(Some(true)));
    }

    #[test]
    fn the_parts_of_a_condition_hold_where_all_of_it_does() {
        let parts = |source: &str| {
            let parts = expression(source).parts();
            let names = |part: &Expression| part.variables().map(|path| path.join(".")).collect::<Vec<_>>();
            parts.iter().map(names).collect::<Vec<_>>()
        };
        assert_eq!(parts("resource.amount > 5"), [["resource.amount"]]);
        assert_eq!(
            parts("resource.amount > 5 && (resource.owner == 'ada' && !(resource.amount == 7))"),
            [["resource.amount"], ["resource.owner"], ["resource.amount"]]
        );
        let either = parts("resource.amount > 5 || resource.owner == 'ada'");
        assert_eq!(either, [["resource.amount", "resource.owner"]]);
        assert!(expression("true").parts().iter().all(|part| part.variables().next().is_none()));
    }

    #[test]
    fn what_fails_is_neither_true_nor_false() {
        let large = expression("resource.amount > 5");
        let selects = |one: &Expression, amount| one.selects(&record(None, amount), &context()).unwrap();
        for (amount, yes, no) in [(Some(6), true, false), (Some(5), false, true), (None, false, false)] {
            assert_eq!(selects(&large, amount), yes);
            assert_eq!(selects(&large.negated(), amount), no);
        }
        let own = expression("resource.owner == 'ada'");
        let either = Expression::any(&[own.clone(), large.clone()]);
        assert!(either.selects(&record(Some("ada"), None), &context()).unwrap());
        let both = Expression::all(&[own.clone(), large.negated()]);
        assert!(!both.selects(&record(Some("ada"), None), &context()).unwrap());
        assert!(both.selects(&record(Some("ada"), Some(1)), &context()).unwrap());
        assert_eq!(Expression::all(&[]).decided(&context()), Some(Some(true)));
        assert_eq!(Expression::any(&[]).decided(&context()), Some(Some(false)));
        assert!(own.is_timeless() && !expression("now > now").is_timeless());
    }
}
