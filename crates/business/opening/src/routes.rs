//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    apply_chart_template, import_accounts, import_balances, import_journals, reverse_balances,
};
use crate::queries::{get_balances, get_chart_template, list_balances, list_chart_templates};

/// All routes of opening the books with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/opening/chart-templates
        .routes(routes!(list_chart_templates::list_chart_templates))
        .routes(routes!(get_chart_template::get_chart_template))
        .routes(routes!(apply_chart_template::apply_chart_template))
        // /v1/opening/accounts, /v1/opening/journals
        .routes(routes!(import_accounts::import_accounts))
        .routes(routes!(import_journals::import_journals))
        // /v1/opening/balances
        .routes(routes!(import_balances::import_balances))
        .routes(routes!(list_balances::list_balances))
        .routes(routes!(get_balances::get_balances))
        .routes(routes!(reverse_balances::reverse_balances))
}
