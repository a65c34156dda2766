//! Lists the charts of accounts to begin with.

use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::chart_template::ChartTemplate;

/// A template without its accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::ChartTemplateHead)]
pub(crate) struct TemplateHead {
    /// Its key.
    key: String,
    /// Its name.
    name: String,
    /// Whom it is for.
    description: String,
    /// How many accounts it has.
    accounts: usize,
}

/// List chart templates
///
/// Charts of accounts to begin with, by key.
#[utoipa::path(
    get,
    path = "/v1/opening/chart-templates",
    operation_id = "opening.list_chart_templates",
    tag = "opening",
    params(PageRequest),
    responses(
        (
            status = 200,
            description = "A page of templates",
            body = Page<TemplateHead>,
            example = json!({"items": [{"key": "small_association", "name": "Small association",
                "description": "Lives on dues, donations and grants, and spends them on its purpose.", "accounts": 45}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_chart_templates(
    Report(read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&read.query)?)?)
}

pub(crate) fn execute(page: &PageRequest) -> Result<Page<TemplateHead>, Error> {
    const SORT: &str = "chart templates key";
    let after: Option<String> = page.keys(SORT)?;
    let most = usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX);
    let rows: Vec<ChartTemplate> = ChartTemplate::keys()
        .filter(|key| after.as_deref().is_none_or(|after| *key > after))
        .take(most)
        .map(ChartTemplate::find)
        .collect::<Result<_, _>>()?;
    let page = Page::from_rows(rows, page, SORT, |template| template.key.clone())?;
    Ok(page.map(|ChartTemplate { key, name, description, accounts }| TemplateHead {
        key,
        name,
        description,
        accounts: accounts.len(),
    }))
}
