//! Counts the records of an entity.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_record_model::{Selection, Sort};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::guard::Guard;
use crate::path::EntityPath;
use crate::store::lists::{self, Asked};

/// Which records.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountRecords {
    /// Only records for which this condition holds (CEL over the fields).
    filter: Option<String>,
    /// Only records with all of these words, each as the beginning of a word.
    search: Option<String>,
    /// Deleted records instead of the others.
    #[serde(default)]
    deleted: bool,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = records::Count)]
pub(crate) struct Count {
    /// Exactly, at this moment.
    count: i64,
}

/// Count records
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/count",
    operation_id = "records.count_records",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity"), CountRecords),
    responses((status = 200, description = "How many there are", body = Count), RecordProblems)
)]
pub(crate) async fn count_records(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    Report(mut read): Report<CountRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_read(&mut read, &key).await?;
    let query = &read.query;
    let listing = Guard::of(read.caller()).list(&entity)?;
    let selection = Selection::parse(
        &deps.expressions,
        &entity,
        listing.open(),
        query.filter.as_deref(),
        query.search.as_deref(),
        query.deleted,
    )?;
    let context = deps.context(read.tx.context());
    let sort = Sort::open(&entity, listing.open(), None, false)?;
    let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
    let count = lists::count(read.tx.opened().await?, &asked).await?;
    Ok(Reply::ok(&Count { count })?)
}
