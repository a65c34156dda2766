//! Reads a chart of accounts to begin with.

use athyper_kernel_http::{NoQuery, PathName, ProblemResponse, Read, RecordProblems, Reply};

use crate::model::chart_template::{ChartTemplate, TEMPLATES_VERSION};

/// Get a chart template
///
/// All of its accounts, with the parts that they play.
#[utoipa::path(
    get,
    path = "/v1/opening/chart-templates/{key}",
    operation_id = "opening.get_chart_template",
    tag = "opening",
    params(("key" = String, Path, description = "Key of the template")),
    responses(
        (
            status = 200,
            description = "The template",
            body = ChartTemplate,
            example = json!({"key": "small_trading_company", "name": "Small trading company",
                "description": "Buys and sells goods.", "accounts": [{"code": "1200", "name": "Trade receivables", "type": "asset",
                "use": "receivable", "roles": [{"role": "receivable"}]}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_chart_template(
    PathName(key): PathName,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    read.reply(TEMPLATES_VERSION, &ChartTemplate::find(&key)?)
}
