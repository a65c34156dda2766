//! Conditions: logic, order, and what is there.

use super::{Need, Nulls, Scalar, Translated, Translator};
use crate::ir::{Comparison, Function, Kind, Node, Operation};
use crate::types::Type;
use crate::value::Value;

/// What stands for a condition that cannot be told.
const UNKNOWN: &str = "null::boolean";

/// Whether both are the same field, of a type of PostgreSQL.
fn is_same(value: &Node, field: &Node) -> bool {
    match (&value.kind, &field.kind) {
        (Kind::Variable(one), Kind::Variable(other)) => {
            one == other && !matches!(value.ty, Type::Json | Type::List(_) | Type::Object(_) | Type::Null)
        }
        _ => false,
    }
}

impl Translator<'_> {
    pub(super) fn condition(&mut self, node: &Node, need: Need) -> Translated<String> {
        if self.is_constant(node) {
            return Ok(match self.fold(node)? {
                Ok(Value::Bool(value)) => value.to_string(),
                _ => UNKNOWN.to_owned(),
            });
        }
        let sql = match &node.kind {
            Kind::Has(inner) => self.has(inner)?,
            Kind::Not(inner) => format!("(not {})", self.condition(inner, need.negated())?),
            Kind::And(parts) => self.all(parts, need)?,
            Kind::Or(parts) => self.logic(parts, " or ", need)?,
            Kind::Condition(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let (yes, no) = (self.condition(yes, need)?, self.condition(no, need)?);
                self.choice(condition, &yes, &no)?
            }
            Kind::Compare(Comparison::Equal, parts) => self.equal(parts, need)?,
            Kind::Compare(Comparison::NotEqual, parts) => {
                format!("(not {})", self.equal(parts, need.negated())?)
            }
            Kind::Compare(comparison, parts) => self.order(*comparison, parts)?,
            Kind::In(parts) => self.membership(parts, need)?,
            Kind::Macro(found) => self.over_list(node, found, need)?,
            Kind::Call(function @ (Function::StartsWith | Function::EndsWith | Function::Contains), args) => {
                self.search(node, function, args)?
            }
            _ => self.as_type(node, &Type::Bool)?.sql,
        };
        self.bounded(node, sql)
    }

    /// All of them. Whether a field is there is not asked where another part cannot be told without it: each look at a value that is
    /// kept in JSON takes as long as the comparison.
    fn all(&mut self, parts: &[Node], need: Need) -> Translated<String> {
        let fields = parts.iter().filter_map(|part| match &part.kind {
            Kind::Has(field) => Some(&**field),
            _ => None,
        });
        let fields: Vec<&Node> = fields.collect();
        if fields.is_empty() {
            return self.logic(parts, " and ", need);
        }
        let (mut texts, mut told) = (Vec::with_capacity(parts.len()), Vec::new());
        for part in parts.iter().filter(|part| !matches!(part.kind, Kind::Has(_))) {
            let mut sql = self.condition(part, need)?;
            for field in &fields {
                if self.is_told_by(part, field)? {
                    told.push(*field);
                    if need != Need::True {
                        sql = format!("coalesce({sql}, false)");
                    }
                }
            }
            texts.push(sql);
        }
        for field in fields {
            if !told.iter().any(|known| std::ptr::eq(*known, field)) {
                texts.push(self.has(field)?);
            }
        }
        Ok(format!("({})", texts.join(" and ")))
    }

    /// Whether a comparison with something known can be told exactly where the field is there.
    fn is_told_by(&mut self, part: &Node, field: &Node) -> Translated<bool> {
        let Kind::Compare(comparison, sides) = &part.kind else { return Ok(false) };
        let value = match sides.as_ref() {
            [value, known] | [known, value] if !self.is_constant(value) && self.is_known(known)? => value,
            _ => return Ok(false),
        };
        Ok(match &value.kind {
            Kind::Arithmetic(Operation::Remainder, parts) => {
                let [whole, divisor] = parts.as_ref();
                let divisor = if self.is_constant(divisor) { self.fold(divisor)? } else { return Ok(false) };
                is_same(whole, field) && matches!(divisor, Ok(Value::Int(divisor)) if divisor != 0)
            }
            // What is not there differs from all that is known.
            _ => *comparison != Comparison::NotEqual && is_same(value, field),
        })
    }

    /// Whether it is a value, and the same for all rows.
    fn is_known(&mut self, node: &Node) -> Translated<bool> {
        Ok(self.is_constant(node) && matches!(self.fold(node)?, Ok(value) if !value.is_null()))
    }

    fn logic(&mut self, parts: &[Node], word: &str, need: Need) -> Translated<String> {
        let parts = parts.iter().map(|part| self.condition(part, need)).collect::<Translated<Vec<_>>>()?;
        Ok(format!("({})", parts.join(word)))
    }

    /// One or the other; NULL if the condition cannot be told.
    pub(super) fn choice(&mut self, condition: &Node, yes: &str, no: &str) -> Translated<String> {
        let when = self.condition(condition, Need::True)?;
        let otherwise = self.condition(condition, Need::False)?;
        Ok(format!("(case when {when} then {yes} when not {otherwise} then {no} end)"))
    }

    /// There and not null.
    fn has(&mut self, inner: &Node) -> Translated<String> {
        let scalar = self.scalar(inner, &inner.ty)?;
        Ok(match scalar.nulls {
            Nulls::Never => "true".to_owned(),
            _ => format!("({} is not null)", scalar.sql),
        })
    }

    /// `<` and its like: null is an error on both sides, which is what SQL makes of NULL.
    fn order(&mut self, comparison: Comparison, parts: &[Node; 2]) -> Translated<String> {
        let [left, right] = parts;
        let ty = match (&left.ty, &right.ty) {
            (Type::Json, known) | (known, Type::Json) => known.clone(),
            (left, right) => left.join(right).unwrap_or(Type::Null),
        };
        let (left, right) = (self.as_type(left, &ty)?.sql, self.as_type(right, &ty)?.sql);
        let sign = comparison.sql();
        Ok(if ty == Type::String {
            // By code point, as in memory, whatever the collation of the database is.
            format!("({left} collate \"C\" {sign} {right} collate \"C\")")
        } else {
            format!("({left} {sign} {right})")
        })
    }

    /// The value as one of this type: JSON is looked at, and NULL if it is of another type.
    pub(super) fn as_type(&mut self, node: &Node, ty: &Type) -> Translated<Scalar> {
        if node.ty == Type::Json && !self.is_constant(node) {
            let json = self.scalar(node, &Type::Json)?.sql;
            return Ok(Scalar::computed(json_as(&json, ty)));
        }
        self.scalar(node, ty)
    }

    /// `startsWith`, `endsWith` and `contains`, by functions that know no patterns.
    fn search(&mut self, node: &Node, function: &Function, args: &[Node]) -> Translated<String> {
        let [text, part] = args else { return self.refuse(node, "two texts are needed") };
        let whole = self.scalar(text, &Type::String)?.sql;
        if let (Function::StartsWith, true) = (function, self.is_constant(part)) {
            return match self.fold(part)? {
                Ok(Value::String(prefix)) => Ok(self.prefix(&whole, &prefix)),
                _ => Ok(UNKNOWN.to_owned()),
            };
        }
        let part = self.scalar(part, &Type::String)?.sql;
        Ok(match function {
            Function::StartsWith => format!("starts_with({whole}, {part})"),
            Function::EndsWith => format!("(right({whole}, char_length({part})) = {part})"),
            _ => format!("(strpos({whole}, {part}) > 0)"),
        })
    }

    /// A range, which an index in collation "C" serves, and the check itself.
    fn prefix(&mut self, whole: &str, prefix: &str) -> String {
        let exact = self.text(prefix);
        let Some(next) = after_prefix(prefix) else { return format!("starts_with({whole}, {exact})") };
        let next = self.text(&next);
        format!(
            "({whole} collate \"C\" >= {exact} and {whole} collate \"C\" < {next} and starts_with({whole}, {exact}))"
        )
    }
}

/// The first text after all that begin with this one, in the order of code points; none after the last.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // Surrogates are no characters, and are stepped over.
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// A `jsonb` value as one of this type, NULL for a value of another type.
pub(super) fn json_as(json: &str, ty: &Type) -> String {
    let (kind, cast) = match ty {
        Type::Bool => ("boolean", "::boolean"),
        Type::Int | Type::Decimal => ("number", "::numeric"),
        _ => ("string", ""),
    };
    format!("(case when jsonb_typeof({json}) = '{kind}' then ({json} #>> '{{}}'){cast} end)")
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn the_text_after_a_prefix_is_the_next_by_code_point() {
        assert_eq!(after_prefix("ab").as_deref(), Some("ac"));
        assert_eq!(after_prefix("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(after_prefix("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10FFFF}"), None);
        assert_eq!(after_prefix(""), None);
    }
}
