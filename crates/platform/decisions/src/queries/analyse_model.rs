//! Looks for overlaps, gaps and rules that never count.

use athyper_kernel_db::ReadTx;
use athyper_kernel_decision::TableAnalysis;
use athyper_kernel_http::{ChangeProblems, PathName, ProblemResponse, Read, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::examine::{apart, examine};
use crate::queries::{WhichVersion, definition};

/// What was found in the tables of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::Analysis)]
pub(crate) struct AnalysisBody {
    /// The number of the version; none is the draft.
    version: Option<i64>,
    /// The tables, in the order of the definition.
    tables: Vec<TableAnalysis>,
}

/// Analyse a model
///
/// For each table the pairs of rules that can both apply, the values that no rule covers, and the rules that never count, each with
/// an example. At most 100 of each; what is cut off is said.
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}/analysis",
    operation_id = "decisions.analyse_model",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model"), WhichVersion),
    responses((status = 200, description = "What was found", body = AnalysisBody), ChangeProblems)
)]
pub(crate) async fn analyse_model(
    PathName(key): PathName,
    mut read: Read<WhichVersion>,
) -> Result<Reply, ProblemResponse> {
    let (tag, analysis) = execute(&mut read.tx, &key, &read.query).await?;
    read.reply(tag, &analysis)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    key: &str,
    query: &WhichVersion,
) -> Result<(i64, AnalysisBody), Error> {
    let asked = definition(tx, key, query).await?;
    let (_, model) = examine(asked.definition).await?.map_err(Error::Faulty)?;
    let analysis = apart(move || model.analyse()).await?;
    Ok((asked.tag, AnalysisBody { version: asked.version, tables: analysis.tables }))
}
