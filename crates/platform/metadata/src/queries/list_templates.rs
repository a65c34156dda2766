//! Lists the definitions to begin with.

use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::templates::{TEMPLATES, Template};

/// A definition to begin with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = metadata::Template)]
pub(crate) struct TemplateBody {
    /// Its key, that of the entity too.
    key: &'static str,
    /// The definition.
    #[schema(value_type = Object)]
    definition: Value,
}

impl From<Template> for TemplateBody {
    fn from(template: Template) -> Self {
        Self { key: template.key, definition: template.definition().unwrap_or_default() }
    }
}

/// List templates
///
/// Definitions to begin with, by key.
#[utoipa::path(
    get,
    path = "/v1/metadata/templates",
    operation_id = "metadata.list_templates",
    tag = "metadata",
    params(PageRequest),
    responses((status = 200, description = "A page of templates", body = Page<TemplateBody>), ReadProblems)
)]
pub(crate) async fn list_templates(Report(read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&read.query)?)?)
}

pub(crate) fn execute(page: &PageRequest) -> Result<Page<TemplateBody>, Error> {
    const SORT: &str = "templates key";
    let after: Option<String> = page.keys(SORT)?;
    let is_behind = |template: &&Template| after.as_deref().is_none_or(|after| template.key > after);
    let most = usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX);
    let rows: Vec<Template> = TEMPLATES.iter().filter(is_behind).take(most).copied().collect();
    let page = Page::from_rows(rows, page, SORT, |template| template.key)?;
    Ok(page.map(TemplateBody::from))
}
