//! Reads a definition to begin with.

use athyper_kernel_http::{NoQuery, PathName, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::Error;
use crate::model::templates::{TEMPLATES_VERSION, Template};
use crate::queries::list_templates::TemplateBody;

/// Read a template
#[utoipa::path(
    get,
    path = "/v1/metadata/templates/{key}",
    operation_id = "metadata.get_template",
    tag = "metadata",
    params(("key" = String, Path, description = "Key of the template")),
    responses((status = 200, description = "The template", body = TemplateBody), RecordProblems)
)]
pub(crate) async fn get_template(
    PathName(key): PathName,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let template = Template::find(&key).ok_or(Error::TemplateNotFound)?;
    read.reply(TEMPLATES_VERSION, &TemplateBody::from(template))
}
