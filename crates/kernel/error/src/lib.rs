//! What went wrong, in words that every layer shares and without a word of HTTP.
//!
//! A domain has one error enum. It implements [`DomainError`]: each variant says its stable `code`
//! (`<domain>.<snake_case>`) and one of the ten [`ProblemKind`]s. `?` turns it into a [`Problem`], and the HTTP
//! crate turns that into an RFC 9457 response: there is one such conversion in the whole workspace.
//!
//! A problem carries two texts: `detail` is for the caller and never names other tenants, keys or SQL; the
//! `cause` is for the log alone.

mod kind;
mod problem;

pub use kind::ProblemKind;
pub use problem::{DomainError, FieldError, NeededApproval, Problem, Waiting};
