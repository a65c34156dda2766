//! Questions, one file each.

pub(crate) mod get_balances;
pub(crate) mod get_chart_template;
pub(crate) mod list_balances;
pub(crate) mod list_chart_templates;
