//! Lists the versions that a record had.

use std::borrow::Cow;

use athyper_kernel_db::{LazyReadTx, ReadTx};
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_record_model::{Entity, Error, RecordId, Shown, check, moment};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::store::revisions::Revision;
use crate::store::{records, revisions};

/// A version that a record had, and what made it so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Revision)]
pub(crate) struct RevisionBody {
    /// The version.
    version: i64,
    /// What made it: `create`, `update`, `transition`, `delete`, `restore`, `revert`, `merge` or `convert`.
    action: String,
    /// The state then.
    #[schema(nullable)]
    state: Option<String>,
    /// When it was made (RFC 3339, UTC).
    recorded_at: String,
    /// Who made it.
    recorded_by: String,
    /// The fields whose values it changed: before and after, null for no value.
    #[schema(value_type = Object)]
    changes: Map<String, Value>,
}

/// List the versions of a record
///
/// The latest first, each with the fields that it changed. What is hidden from the caller now, or was then, is in none of them,
/// and a version in which they may not have read the record is left out.
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/{id}/revisions",
    operation_id = "records.list_revisions",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        PageRequest
    ),
    responses((status = 200, description = "A page of versions", body = Page<RevisionBody>), RecordProblems)
)]
pub(crate) async fn list_revisions(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    Report(mut read): Report<PageRequest, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_read(&mut read, &key).await?;
    let guard = Guard::of(read.caller());
    Ok(Reply::ok(&execute(read.tx.opened().await?, &entity, &guard, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    id: RecordId,
    page: &PageRequest,
) -> Result<Page<RevisionBody>, Error> {
    let record = records::find(tx, entity, id).await?.ok_or(Error::RecordNotFound)?;
    let shown = guard.check(entity, &record)?;
    let sort = format!("revisions of {id} version desc");
    let before: Option<i64> = page.keys(&sort)?;
    // One more than the page needs, so that its last version can be held against the one before it.
    let rows = revisions::list(tx, entity, id, before, page.fetch_limit() + 1).await?;
    let is_free = guard.is_free(entity);
    let past = |row: &Revision| {
        if is_free {
            return Some(Shown::default());
        }
        // Neither more than is shown of the record now, nor than was shown of it then.
        Some(guard.shown(entity, &row.as_of(&record))?.and(entity, &shown))
    };
    let seen: Vec<Option<Shown>> = rows.iter().map(past).collect();
    let fetched = rows.iter().zip(&seen).enumerate().take(page.fetch_limit() as usize);
    let bodies = fetched.map(|(at, (row, shown))| {
        let earlier = rows.get(at + 1).zip(seen.get(at + 1));
        (row.version, shown.as_ref().map(|shown| body((row, shown), earlier)))
    });
    let page = Page::from_rows(bodies.collect(), page, &sort, |(version, _): &(i64, _)| *version)?;
    let items = page.items.into_iter().filter_map(|(_, body)| body);
    Ok(Page { items: items.collect(), next_cursor: page.next_cursor })
}

/// A version, as far as it is shown, held against the one before it.
fn body((row, shown): (&Revision, &Shown), earlier: Option<(&Revision, &Option<Shown>)>) -> RevisionBody {
    let nothing = Map::new();
    let before = earlier.map_or(&nothing, |(row, _)| &row.values);
    let value = |shown: &Shown, values: &Map<String, Value>, key: &str| {
        let value = values.get(key).map_or(Cow::Owned(Value::Null), Cow::Borrowed);
        shown.value(key, value).map(Cow::into_owned)
    };
    let changes = check::changed(before, &row.values).into_iter().filter_map(|key| {
        let after = value(shown, &row.values, &key)?;
        let before = earlier.and_then(|(row, shown)| value(shown.as_ref()?, &row.values, &key));
        Some((key, json!({"before": before, "after": after})))
    });
    RevisionBody {
        version: row.version,
        action: row.action.clone(),
        state: shown
            .value("state", Cow::Owned(json!(row.state)))
            .and_then(|state| Some(state.as_str()?.to_owned())),
        recorded_at: moment(row.recorded_at),
        recorded_by: row.recorded_by.clone(),
        changes: changes.collect(),
    }
}
