//! athyper-e2e
