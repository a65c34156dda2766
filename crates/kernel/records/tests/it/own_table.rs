//! Records of tenants, in the records service's own table.

use crate::support::app_with_records as app_with;

#[path = "changes.rs"]
mod changes;
#[path = "lists.rs"]
mod lists;
#[path = "rules.rs"]
mod rules;
#[path = "values.rs"]
mod values;
