//! Configuration as its callers use it: sources in, configuration or report out.

mod defaults;
mod edge;
mod environments;
mod explain;
mod locked;
mod master_keys;
mod precedence;
mod realm_safety;
mod realms;
mod redaction;
mod report;
#[cfg(test)]
mod support;
