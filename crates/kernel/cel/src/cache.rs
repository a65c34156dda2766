//! Compiled expressions, kept for the next use.

use std::sync::Arc;

use moka::sync;

use crate::error::CelError;
use crate::expression::{Expression, compile};
use crate::limits::Limits;
use crate::types::{Schema, Type};

/// Expressions of one source that are kept: there are several where its names mean different things.
const MOST_MEANINGS: usize = 8;

/// Keeps compiled expressions by their source, the type that they give, and what the names that they use mean: one that was
/// compiled among other names serves where those that it uses are of the same types. Bounded by memory; what is used least
/// goes first. Sources that do not compile are not kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
    kept: sync::Cache<(String, Type), Arc<[Expression]>>,
    limits: Limits,
}

impl Cache {
    /// A cache of about this many bytes, whose expressions have these limits.
    pub fn new(bytes: u64, limits: Limits) -> Self {
        let weigh = |(source, _): &(String, Type), meanings: &Arc<[Expression]>| {
            let source = u32::try_from(source.len()).unwrap_or(u32::MAX);
            meanings.iter().map(Expression::weight).fold(source, u32::saturating_add)
        };
        Self { kept: sync::Cache::builder().max_capacity(bytes).weigher(weigh).build(), limits }
    }

    /// The compiled expression, from the cache or made now.
    pub fn compile(&self, source: &str, schema: &Schema, expected: &Type) -> Result<Expression, CelError> {
        // A source beyond the limit is refused before it is copied for a key.
        if source.len() > self.limits.length_bytes {
            return compile(source, schema, expected, &self.limits);
        }
        let key = (source.to_owned(), expected.clone());
        let kept = self.kept.get(&key).unwrap_or_default();
        if let Some(found) = kept.iter().find(|expression| expression.means_the_same_in(schema)) {
            return Ok(found.clone());
        }
        let made = compile(source, schema, expected, &self.limits)?;
        let meanings = [&made].into_iter().chain(kept.iter()).take(MOST_MEANINGS).cloned();
        self.kept.insert(key, meanings.collect());
        Ok(made)
    }

    /// Ends what the cache does in the background, so that its numbers are exact.
    #[cfg(test)]
    pub(crate) fn flush(&self) {
        self.kept.run_pending_tasks();
    }

    /// How many sources are kept, about.
    pub fn len(&self) -> u64 {
        self.kept.entry_count()
    }

    /// Whether none is kept, about.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
