//! The crate against a collector on this machine that takes OTLP and decodes it.
#![cfg(test)]
#![expect(clippy::float_cmp, reason = "metrics are read back exactly as they were recorded")]

mod collector;
mod disabled;
mod logs;
mod metrics;
mod openmetrics;
mod outage;
mod parser;
mod support;
mod traces;
