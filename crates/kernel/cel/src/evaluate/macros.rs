//! Macros over lists.

use std::sync::Arc;

use super::{Evaluated, Evaluator, wrong};
use crate::error::{EvalError, EvalErrorKind};
use crate::ir::{Macro, MacroKind};
use crate::value::Value;

impl Evaluator<'_> {
    pub(super) fn over_list(&mut self, found: &Macro, at: usize) -> Evaluated {
        let list = self.node(&found.list)?;
        let values: Arc<Vec<Value>> = match list {
            Value::List(values) => values,
            // A macro over an object looks at its keys.
            Value::Map(entries) => {
                self.budget.make(16 + entries.len() * 16, at)?;
                Arc::new(entries.keys().cloned().map(Value::String).collect())
            }
            other => return Err(wrong(&found.list, &other, "a list")),
        };
        // Slots are filled from the outermost macro inwards; what an earlier macro left there is of no use any more.
        self.locals.truncate(found.slot);
        self.locals.resize(found.slot + 1, Value::Null);
        let result = match found.kind {
            MacroKind::All => self.quantified(found, &values, false),
            MacroKind::Exists => self.quantified(found, &values, true),
            MacroKind::ExistsOne => self.exactly_one(found, &values),
            MacroKind::Map | MacroKind::Filter => self.transformed(found, &values, at),
        };
        self.locals.truncate(found.slot);
        result
    }

    fn set(&mut self, slot: usize, value: &Value) {
        self.locals.truncate(slot);
        self.locals.push(value.clone());
    }

    /// `all` and `exists`, which are `&&` and `||` over the elements.
    fn quantified(&mut self, found: &Macro, values: &[Value], decisive: bool) -> Evaluated {
        let mut failed: Option<EvalError> = None;
        for value in values {
            self.set(found.slot, value);
            match self.condition(&found.body) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(error) if error.kind == EvalErrorKind::LimitExceeded => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn exactly_one(&mut self, found: &Macro, values: &[Value]) -> Evaluated {
        let mut count = 0_u32;
        for value in values {
            self.set(found.slot, value);
            count += u32::from(self.condition(&found.body)?);
        }
        Ok(Value::Bool(count == 1))
    }

    fn transformed(&mut self, found: &Macro, values: &[Value], at: usize) -> Evaluated {
        let mut made = vec![];
        for value in values {
            self.set(found.slot, value);
            let keep = match (found.kind, &found.condition) {
                (MacroKind::Filter, _) => self.condition(&found.body)?,
                (_, Some(condition)) => self.condition(condition)?,
                _ => true,
            };
            if keep {
                self.set(found.slot, value);
                let element =
                    if found.kind == MacroKind::Filter { value.clone() } else { self.node(&found.body)? };
                self.placed(&element, at, 0)?;
                made.push(element);
            }
        }
        Ok(Value::List(Arc::new(made)))
    }
}
