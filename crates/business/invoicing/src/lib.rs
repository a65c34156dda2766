//! Receivables and payables.
#![expect(dead_code, unused_imports, reason = "the documents that use the model come next")]
mod model;
