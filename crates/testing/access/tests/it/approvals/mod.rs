//! Requests to which a policy asks that somebody agrees: over all that has a say, on a real database.

mod ends;
mod flow;
mod people;
mod records;
mod support;
mod uses;
