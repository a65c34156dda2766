//! What must hold for every module, written once over all of them instead of once in each.
//!
//! The crate holds nothing but tests, in `tests/it`. They take the modules from `athyper_bootstrap::modules()`, the
//! operations from the OpenAPI document and the tables from the database's own catalogue, so that a new domain is
//! covered on the day it enters the list of modules. It has to bring two things:
//!
//! - an example of each of its operations, in `tests/it/fixtures/<module>.rs`: what has to exist before the operation
//!   can be called, and a request that succeeds;
//! - a payload of each of its jobs, in `tests/it/payloads/<job name>/v<version>.json`.
//!
//! Each check is a function that returns findings, and a test that expects none. What a check has to tolerate is listed
//! beside it, with the reason; an entry that tolerates nothing any more fails, so the lists only shrink. The module
//! `specimen` breaks every rule on purpose, and each check has to find it: a check that cannot fail shows nothing.
