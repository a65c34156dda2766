//! Functions.

use std::sync::Arc;

use super::{Evaluated, Evaluator, time, wrong};
use crate::error::{EvalError, EvalErrorKind};
use crate::ir::{Function, Node};
use crate::text;
use crate::types::Type;
use crate::value::Value;

/// Longest text that a pattern is held against, in bytes.
const MATCHED_BYTES: usize = 64 * 1024;

impl Evaluator<'_> {
    pub(super) fn call(&mut self, function: &Function, args: &[Node], node: &Node) -> Evaluated {
        let Some(first) = args.first() else { return Err(unreadable(node, "nothing")) };
        let value = self.node(first)?;
        match function {
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                let Some(second) = args.get(1) else { return Err(unreadable(node, "nothing")) };
                let other = self.node(second)?;
                self.search(function, (first, &value), (second, &other))
            }
            Function::DateIn | Function::Part(_) => {
                let zone = match args.get(1) {
                    Some(zone) => Some(self.node(zone)?),
                    None => None,
                };
                time::part(function, &value, zone.as_ref(), first)
            }
            Function::Span(part) => time::span(*part, &value, first),
            Function::Size => self.size(&value, first),
            Function::Matches(pattern) => match &value {
                Value::String(text) if text.len() <= MATCHED_BYTES => {
                    self.budget.step(1 + text.len() as u64 / 4, node.at)?;
                    Ok(Value::Bool(pattern.is_match(text)))
                }
                Value::String(_) => Err(EvalError::new(
                    EvalErrorKind::OutOfRange,
                    node.at,
                    "the text is too long for matches()",
                )),
                other => Err(wrong(first, other, "a text")),
            },
            Function::LowerAscii | Function::UpperAscii => match &value {
                Value::String(text) => {
                    self.budget.make(16 + text.len(), node.at)?;
                    let lower = matches!(function, Function::LowerAscii);
                    let changed = if lower { text.to_ascii_lowercase() } else { text.to_ascii_uppercase() };
                    Ok(Value::String(changed.into()))
                }
                other => Err(wrong(first, other, "a text")),
            },
            Function::Abs | Function::Round(_) => {
                let number = value.number().ok_or_else(|| wrong(first, &value, "a number"))?;
                let made = match function {
                    Function::Round(places) => number.round(*places),
                    _ => number.abs(),
                };
                Ok(Value::from_number(made, node.ty == Type::Int))
            }
            _ => self.convert(function, value, node),
        }
    }

    fn search(&mut self, function: &Function, text: (&Node, &Value), part: (&Node, &Value)) -> Evaluated {
        let Value::String(whole) = text.1 else { return Err(wrong(text.0, text.1, "a text")) };
        let Value::String(searched) = part.1 else { return Err(wrong(part.0, part.1, "a text")) };
        self.budget.read(whole.len() + searched.len(), text.0.at)?;
        Ok(Value::Bool(match function {
            Function::StartsWith => whole.starts_with(searched.as_ref()),
            Function::EndsWith => whole.ends_with(searched.as_ref()),
            _ => whole.contains(searched.as_ref()),
        }))
    }

    fn size(&mut self, value: &Value, node: &Node) -> Evaluated {
        let size = match value {
            Value::String(text) => {
                self.budget.read(text.len(), node.at)?;
                text.chars().count()
            }
            Value::List(values) => values.len(),
            Value::Map(entries) => entries.len(),
            other => return Err(wrong(node, other, "a text, a list or an object")),
        };
        Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
    }

    fn convert(&mut self, function: &Function, value: Value, node: &Node) -> Evaluated {
        if let Value::String(text) = &value {
            self.budget.read(text.len(), node.at)?;
        }
        let text = match &value {
            Value::String(text) => Some(text.as_ref()),
            _ => None,
        };
        let made = match (function, &value) {
            (Function::ToBool, Value::Bool(_))
            | (Function::ToInt, Value::Int(_))
            | (Function::ToString, Value::String(_))
            | (Function::ToTimestamp, Value::Timestamp(_))
            | (Function::ToDate, Value::Date(_))
            | (Function::ToDuration, Value::Duration(_))
            | (Function::ToUuid, Value::Uuid(_)) => Some(value.clone()),
            (Function::ToBool, _) => match text {
                Some("true") => Some(Value::Bool(true)),
                Some("false") => Some(Value::Bool(false)),
                _ => None,
            },
            (Function::ToInt, Value::Timestamp(at)) => Some(Value::Int(at.timestamp())),
            (Function::ToInt, _) => match text {
                Some(text) => text::plain_number(text, true).map(|number| Value::from_number(number, true)),
                None => value.number().map(|number| Value::from_number(number.truncate(), true)),
            },
            (Function::ToDecimal, _) => match text {
                Some(text) => text::plain_number(text, false).map(|number| Value::from_number(number, false)),
                None => value.number().map(|number| Value::from_number(number, false)),
            },
            (Function::ToTimestamp, _) => text.and_then(text::timestamp).map(Value::timestamp),
            (Function::ToDate, _) => text.and_then(text::date).map(Value::Date),
            (Function::ToDuration, _) => text.and_then(text::duration).map(Value::Duration),
            (Function::ToUuid, _) => text.and_then(text::uuid).map(Value::Uuid),
            (Function::ToString, _) => {
                self.budget.make(64, node.at)?;
                to_text(&value).map(|text| Value::String(Arc::from(text)))
            }
            _ => None,
        };
        made.ok_or_else(|| unreadable(node, if value.is_null() { "null" } else { "this value" }))
    }
}

fn unreadable(node: &Node, what: &str) -> EvalError {
    EvalError::new(EvalErrorKind::Invalid, node.at, format!("{what} cannot be read as {}", node.ty))
}

/// The text of a value that has one.
fn to_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::Timestamp(at) => at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        Value::Date(day) => day.format("%Y-%m-%d").to_string(),
        Value::Duration(span) => time::seconds_text(*span),
        Value::Uuid(id) => id.to_string(),
        value => value.number()?.to_text(),
    })
}
