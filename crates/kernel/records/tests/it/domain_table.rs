//! The same of records that lie in tables of a domain.

use crate::support::app_with_tables as app_with;

#[path = "changes.rs"]
mod changes;
#[path = "lists.rs"]
mod lists;
#[path = "rules.rs"]
mod rules;
#[path = "values.rs"]
mod values;
