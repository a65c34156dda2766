//! Writes a model as a DMN document.

use athyper_kernel_db::ReadTx;
use athyper_kernel_decision::dmn;
use athyper_kernel_http::{ChangeProblems, PathName, ProblemResponse, Read, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::examine::apart;
use crate::queries::{WhichVersion, definition};

/// A model as a DMN document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = decisions::ExportedModel)]
pub(crate) struct ExportedModel {
    /// The number of the version; none is the draft.
    version: Option<i64>,
    /// The DMN 1.5 document.
    xml: String,
}

/// Export a model as DMN
///
/// The draft or a version as a DMN 1.5 document, which can be imported again. Tests are not part of it.
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}/export",
    operation_id = "decisions.export_model",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model"), WhichVersion),
    responses((status = 200, description = "The document", body = ExportedModel), ChangeProblems)
)]
pub(crate) async fn export_model(
    PathName(key): PathName,
    mut read: Read<WhichVersion>,
) -> Result<Reply, ProblemResponse> {
    let (tag, exported) = execute(&mut read.tx, &key, &read.query).await?;
    read.reply(tag, &exported)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    key: &str,
    query: &WhichVersion,
) -> Result<(i64, ExportedModel), Error> {
    let asked = definition(tx, key, query).await?;
    let definition = athyper_kernel_decision::read(&asked.definition).map_err(Error::Faulty)?;
    let xml = apart(move || dmn::export(&definition)).await?.map_err(Error::Unwritable)?;
    Ok((asked.tag, ExportedModel { version: asked.version, xml }))
}
