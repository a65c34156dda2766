//! athyper-conformance
