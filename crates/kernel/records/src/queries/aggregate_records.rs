//! Counts and sums the records of an entity by groups.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_record_model::{Aggregate, Selection, Sort};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Deps;
use crate::guard::Guard;
use crate::path::EntityPath;
use crate::store::lists::{self, Asked};

/// What to count and sum, and by what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AggregateRecords {
    /// What the groups agree in, separated by commas: fields, or times by `year`, `quarter`, `month`, `week`, `day` or `hour` in
    /// the tenant's zone: `country,createdAt:month`. One group of all records when left out.
    group_by: Option<String>,
    /// What is worked out for each group, separated by commas: `count`, `sum:`, `avg:`, `min:`, `max:` or `distinct:` of a field:
    /// `count,sum:price.amount`. `count` when left out.
    measures: Option<String>,
    /// Only records for which this condition holds (CEL over the fields).
    filter: Option<String>,
    /// Only records with all of these words, each as the beginning of a word.
    search: Option<String>,
}

/// The groups.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Groups)]
pub(crate) struct Groups {
    /// One object for each group, in the order of what they agree in: a member for each part of `groupBy` and of `measures`, by
    /// its text there. Decimals are texts.
    #[schema(value_type = Vec<Object>)]
    groups: Vec<Map<String, Value>>,
    /// Whether there are more groups than the 1,000 that are given.
    has_more: bool,
}

/// Count and sum records by groups
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/aggregate",
    operation_id = "records.aggregate_records",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity"), AggregateRecords),
    responses((status = 200, description = "The groups", body = Groups), RecordProblems)
)]
pub(crate) async fn aggregate_records(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    Report(mut read): Report<AggregateRecords, LazyReadTx>,
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
        false,
    )?;
    let aggregate =
        Aggregate::parse(&entity, listing.open(), query.group_by.as_deref(), query.measures.as_deref())?;
    let context = deps.context(read.tx.context());
    let sort = Sort::open(&entity, listing.open(), None, false)?;
    let asked = Asked { entity: &entity, selection: &selection, sort, context: &context };
    // Opened by itself, as for a count: what also says whose rows it sees is the work of one process, and this may be one for several.
    let (groups, has_more) = lists::aggregate(read.tx.opened().await?, &asked, &aggregate).await?;
    Ok(Reply::ok(&Groups { groups, has_more })?)
}
