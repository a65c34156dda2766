//! Equality, which is where null and SQL's NULL part.

use super::{Need, Nulls, Scalar, Translated, Translator};
use crate::ir::{Kind, Node};
use crate::types::Type;
use crate::value::Value;

impl Translator<'_> {
    /// `left == right`.
    pub(super) fn equal(&mut self, parts: &[Node; 2], need: Need) -> Translated<String> {
        let [left, right] = parts;
        self.equal_nodes(left, right, need)
    }

    pub(super) fn equal_nodes(&mut self, left: &Node, right: &Node, need: Need) -> Translated<String> {
        for (choice, other) in [(left, right), (right, left)] {
            // A choice may be null or fail, which NULL would not tell apart: its branches are compared instead.
            if let (Kind::Condition(parts), false) = (&choice.kind, self.is_constant(choice)) {
                let [condition, yes, no] = parts.as_ref();
                let (yes, no) = (self.equal_nodes(yes, other, need)?, self.equal_nodes(no, other, need)?);
                let sql = self.choice(condition, &yes, &no)?;
                return self.bounded(choice, sql);
            }
            if self.is_constant(choice) {
                match self.fold(choice)? {
                    Ok(Value::Null) => return self.is_null(other, need),
                    Ok(_) => {}
                    Err(_) => return Ok("null::boolean".to_owned()),
                }
            }
        }
        let (left, right, node) = if left.ty == Type::Json || right.ty == Type::Json {
            (self.as_json(left)?, self.as_json(right)?, left)
        } else {
            let ty = left.ty.join(&right.ty).unwrap_or(Type::Null);
            if matches!(ty, Type::List(_) | Type::Object(_)) {
                return self
                    .refuse(left, "lists are compared by their elements: use `in`, exists() or all()");
            }
            (self.scalar(left, &ty)?, self.scalar(right, &ty)?, left)
        };
        self.equal_scalars(node, &left, &right, need)
    }

    /// Equality of two pieces, by what their NULLs mean.
    pub(super) fn equal_scalars(
        &mut self,
        node: &Node,
        left: &Scalar,
        right: &Scalar,
        need: Need,
    ) -> Translated<String> {
        let (a, b) = (&left.sql, &right.sql);
        Ok(match (left.nulls, right.nulls, need) {
            (Nulls::Null, Nulls::Null, _) => format!("({a} is not distinct from {b})"),
            // Where NULL means null and null is not equal, NULL is as good as FALSE if only TRUE counts.
            (Nulls::Mixed, _, _) | (_, Nulls::Mixed, _) => {
                return self.refuse(node, "it may be null or fail: compare the values that it is made of");
            }
            (_, _, Need::True) | (Nulls::Never | Nulls::Error, Nulls::Never | Nulls::Error, _) => {
                format!("({a} = {b})")
            }
            (Nulls::Null, Nulls::Never, _) => format!("({a} is not null and {a} = {b})"),
            (Nulls::Never, Nulls::Null, _) => format!("({b} is not null and {a} = {b})"),
            (Nulls::Null, Nulls::Error, _) => {
                format!("(case when {b} is not null then {a} is not distinct from {b} end)")
            }
            (Nulls::Error, Nulls::Null, _) => {
                format!("(case when {a} is not null then {a} is not distinct from {b} end)")
            }
        })
    }

    /// `value == null`.
    fn is_null(&mut self, node: &Node, need: Need) -> Translated<String> {
        if let (Kind::Condition(parts), false) = (&node.kind, self.is_constant(node)) {
            let [condition, yes, no] = parts.as_ref();
            let (yes, no) = (self.is_null(yes, need)?, self.is_null(no, need)?);
            return self.choice(condition, &yes, &no);
        }
        if self.is_constant(node) {
            return Ok(match self.fold(node)? {
                Ok(value) => value.is_null().to_string(),
                Err(_) => "null::boolean".to_owned(),
            });
        }
        let ty = node.ty.clone();
        let scalar = self.scalar(node, &ty)?;
        Ok(match (scalar.nulls, need) {
            (Nulls::Never, _) | (Nulls::Error, Need::True) => "false".to_owned(),
            (Nulls::Null, _) => format!("({} is null)", scalar.sql),
            (Nulls::Error, _) => format!("(case when {} is not null then false end)", scalar.sql),
            (Nulls::Mixed, _) => {
                return self.refuse(node, "it may be null or fail: compare the values that it is made of");
            }
        })
    }

    /// The value as `jsonb`.
    pub(super) fn as_json(&mut self, node: &Node) -> Translated<Scalar> {
        if self.is_constant(node) || node.ty == Type::Json {
            return self.scalar(node, &Type::Json);
        }
        match node.ty {
            Type::Bool | Type::Int | Type::Decimal | Type::String => {
                let ty = node.ty.clone();
                let scalar = self.scalar(node, &ty)?;
                let cast = if ty == Type::String { "::text" } else { "" };
                Ok(Scalar { sql: format!("to_jsonb({}{cast})", scalar.sql), nulls: scalar.nulls })
            }
            _ => self.refuse(node, format!("{} cannot be compared with JSON", node.ty)),
        }
    }
}
