//! Lists, searches and pages the records of an entity.

use athyper_kernel_db::{DbError, LazyReadTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, ProblemResponse, Read, RecordProblems, Reply, Report};
use athyper_kernel_record_model::{Entity, Error, Members, Place, Selection, Sort, listed, names};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::body::RecordBody;
use crate::expand::{Others, expand};
use crate::guard::Guard;
use crate::path::EntityPath;
use crate::store::lists::{self, Asked, Found};
use crate::{Deps, Records};

/// What is set aside for a record as JSON, in bytes: more is found when it is needed.
pub(super) const ROOM: usize = 512;

/// Which records, in what order, and how much of each.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRecords {
    /// A view of the entity, by its id: what it says counts wherever a parameter is left out.
    #[param(format = Uuid)]
    view: Option<Uuid>,
    /// Only records for which this condition holds (CEL over the fields): `axes > 3 && country == "DE"`.
    filter: Option<String>,
    /// Only records with all of these words, each as the beginning of a word.
    search: Option<String>,
    /// A field that is indexed, `createdAt` or `updatedAt`; after a minus the greatest first. When left out, what fits the search
    /// best comes first, or the newest where nothing is searched.
    sort: Option<String>,
    /// Fields to give, separated by commas; all when left out.
    pub fields: Option<String>,
    /// References whose records, and attachments whose names and sizes, are given too, in `expanded`, separated by commas; and by
    /// the names that references of other entities give, the first 50 records that refer to each.
    expand: Option<String>,
    /// Deleted records instead of the others.
    #[serde(default)]
    deleted: bool,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List records
///
/// A page at a time. While records are changed, a walk through the pages sees each record that stays as it is exactly once.
#[utoipa::path(
    get,
    path = "/v1/records/{entity}",
    operation_id = "records.list_records",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity"), ListRecords, PageRequest),
    responses((status = 200, description = "A page of records", body = Page<RecordBody>), RecordProblems)
)]
pub(crate) async fn list_records(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.listed(read, &key, Guard::of).await
}

impl Records {
    /// A page of the records of a domain's entity, for the domain's own list of them.
    ///
    /// # Errors
    /// When a parameter is wrong, or the database does not answer.
    pub async fn list(
        &self,
        read: Read<ListRecords, LazyReadTx>,
        key: &str,
    ) -> Result<Reply, ProblemResponse> {
        let key = EntityKey::parse(key).map_err(|_| Error::EntityNotFound)?;
        self.listed(read, &key, Guard::of_domain).await
    }

    async fn listed(
        &self,
        mut read: Read<ListRecords, LazyReadTx>,
        key: &EntityKey,
        guard: fn(&Caller) -> Guard,
    ) -> Result<Reply, ProblemResponse> {
        let entity = self.to_read(&mut read, key).await?;
        let guard = guard(read.caller());
        let query = with_view(&mut read.tx, self, &entity, read.query).await?;
        let page = execute(&mut read.tx, self, &entity, &guard, &query).await?;
        read.tx.done();
        Ok(Reply::written(page))
    }
}

/// The query with what its view says where the caller says nothing.
async fn with_view(
    tx: &mut LazyReadTx,
    deps: &Deps,
    entity: &Entity,
    query: ListRecords,
) -> Result<ListRecords, Problem> {
    let Some(id) = query.view else { return Ok(query) };
    let view = deps.views.parameters(tx.opened().await?, deps, entity, id).await?;
    Ok(ListRecords {
        filter: query.filter.or(view.filter),
        search: query.search.or(view.search),
        sort: query.sort.or(view.sort),
        fields: query.fields.or(view.fields),
        expand: query.expand.or(view.expand),
        ..query
    })
}

/// The page as JSON, a [`Page`] of records. Where all of them is shown, they are written as their rows have them.
async fn execute(
    tx: &mut LazyReadTx,
    deps: &Deps,
    entity: &Entity,
    guard: &Guard,
    query: &ListRecords,
) -> Result<Vec<u8>, Error> {
    let listing = guard.list(entity)?;
    let selection = Selection::parse(
        &deps.expressions,
        entity,
        listing.open(),
        query.filter.as_deref(),
        query.search.as_deref(),
        query.deleted,
    )?;
    // The order that the definition says is taken where it tells nothing of what is hidden.
    let is_open = |sort: &&str| listing.open().is_open(sort.trim_start_matches('-'));
    let own = entity.def.layout.sort.as_deref().filter(|_| query.search.is_none()).filter(is_open);
    let sort = Sort::open(entity, listing.open(), query.sort.as_deref().or(own), query.search.is_some())?;
    let fields = query.fields.as_deref().map(|text| names(entity, "fields", text)).transpose()?;
    let expanded =
        query.expand.as_deref().map(|text| listed("expand", text)).transpose()?.unwrap_or_default();
    listing.open().check("expand", expanded.iter().map(String::as_str))?;

    let fingerprint = format!("{} {sort:?} {selection}", entity.id);
    let after: Option<Place> = query.page.keys(&fingerprint)?;
    let context = deps.context(tx.context());
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let rows = lists::page(tx, &asked, after.as_ref(), query.page.fetch_limit()).await?;
    let place = |found: &Found| found.stored()?.place(entity, sort, found.rank()?);
    let last = rows.iter().rev().nth(1).map(place).transpose()?;
    let page = Page::from_rows(rows, &query.page, &fingerprint, |_| last)?;

    let mut json = Vec::with_capacity(page.items.len() * ROOM);
    json.extend_from_slice(b"{\"items\":[");
    if listing.open().is_whole() && expanded.is_empty() {
        let members = Members::of(entity, fields.as_deref());
        for found in &page.items {
            members.write(&found.stored()?, &mut json)?;
            json.push(b',');
        }
    } else {
        let records = page.items.iter().map(|found| found.stored()?.into_record(entity));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let others = match expanded.as_slice() {
            [] => Others::default(),
            _ => expand(tx.opened().await?, &deps.entities, entity, guard, &records, &expanded).await?,
        };
        for record in &records {
            let Some(shown) = listing.shown(entity, record) else { continue };
            let mut item = record.as_shown(&entity.def, &shown, fields.as_deref());
            if !expanded.is_empty() {
                item = item.with("expanded", others.of(record, &expanded));
            }
            serde_json::to_writer(&mut json, &item).map_err(unwritten)?;
            json.push(b',');
        }
    }
    // No comma stands behind the last one.
    json.pop_if(|last| *last == b',');
    json.extend_from_slice(b"],\"nextCursor\":");
    serde_json::to_writer(&mut json, &page.next_cursor).map_err(unwritten)?;
    json.push(b'}');
    Ok(json)
}

fn unwritten(error: serde_json::Error) -> DbError {
    DbError::Corrupt(format!("a record that is no JSON: {error}"))
}
