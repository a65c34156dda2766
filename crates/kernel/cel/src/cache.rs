//! Compiled expressions, kept for the next use.

use moka::sync;

use crate::error::CelError;
use crate::expression::{Expression, compile};
use crate::limits::Limits;
use crate::types::{Schema, Type};

type Key = (String, Schema, Type);

/// Keeps compiled expressions by their source, the names that they may use, and the type that they give. Bounded by
/// memory; what is used least goes first. Sources that do not compile are not kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
    kept: sync::Cache<Key, Expression>,
    limits: Limits,
}

impl Cache {
    /// A cache of about this many bytes, whose expressions have these limits.
    pub fn new(bytes: u64, limits: Limits) -> Self {
        let weigh = |(source, ..): &Key, expression: &Expression| {
            expression.weight().saturating_add(u32::try_from(source.len()).unwrap_or(u32::MAX))
        };
        Self { kept: sync::Cache::builder().max_capacity(bytes).weigher(weigh).build(), limits }
    }

    /// The compiled expression, from the cache or made now.
    pub fn compile(&self, source: &str, schema: &Schema, expected: &Type) -> Result<Expression, CelError> {
        // A source beyond the limit is refused before it is copied for a key.
        if source.len() > self.limits.length_bytes {
            return compile(source, schema, expected, &self.limits);
        }
        let key = (source.to_owned(), schema.clone(), expected.clone());
        if let Some(found) = self.kept.get(&key) {
            return Ok(found);
        }
        let made = compile(source, schema, expected, &self.limits)?;
        self.kept.insert(key, made.clone());
        Ok(made)
    }

    /// Ends what the cache does in the background, so that its numbers are exact.
    #[cfg(test)]
    pub(crate) fn flush(&self) {
        self.kept.run_pending_tasks();
    }

    /// How many expressions are kept, about.
    pub fn len(&self) -> u64 {
        self.kept.entry_count()
    }

    /// Whether none is kept, about.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
