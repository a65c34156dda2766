//! Lists groups of records that are taken for one thing.

use std::collections::{HashMap, HashSet};

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{Entity, EntityPath, Guard, Record, RecordId, find_records};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::group::{Found, Group, MOST_LOOKED_AT, MOST_SHOWN, Reason, in_question};
use crate::queries::{readable, rules};
use crate::store::groups::Several;
use crate::store::{dismissals, groups};

/// Which groups.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListGroups {
    /// Only those that the rule of this key finds.
    rule: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List groups of duplicates
///
/// A group is the records that agree by one rule. One of which each pair was dismissed is not listed, and in the others a
/// record is left out that was told apart from all of them.
#[utoipa::path(
    get,
    path = "/v1/duplicates/{entity}/groups",
    operation_id = "duplicates.list_groups",
    tag = "duplicates",
    params(("entity" = String, Path, description = "Key of the entity"), ListGroups, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of groups",
            body = Page<Group>,
            example = json!({"items": [{"reason": {"rule": "mail", "label": "Same mail address", "fields": [{"field": "email", "method": "email"}]},
                "count": 2, "records": [
                    {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "name": "Ann Lee", "email": "ann@example.com"},
                    {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "version": 3, "name": "A. Lee", "email": "Ann@example.com"}]}],
                "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_groups(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    Report(mut read): Report<ListGroups>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let entity = readable(&mut read.tx, &deps, &caller, &key).await?;
    Ok(Reply::ok(&execute(&mut read.tx, &entity, &Guard::of(&caller), &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    query: &ListGroups,
) -> Result<Page<Group>, Error> {
    let listing = guard.list(entity)?;
    let rules = rules(entity, &listing, query.rule.as_deref())?;
    let sort = format!("groups of {} {:?} rule, key", entity.id, query.rule);
    let mut after: Option<(String, String)> = query.page.keys(&sort)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    if let Some((rule, key)) = &mut after {
        rule.retain(|c| c != '\0');
        key.retain(|c| c != '\0');
    }
    let limit = query.page.fetch_limit();
    let mut found: Vec<Found> = Vec::new();
    loop {
        let several = groups::several(tx, entity.id, &rules, after.as_ref(), limit).await?;
        after = several.last().map(|last| (last.rule.clone(), last.key.clone()));
        let is_last = several.len() < limit as usize;
        found.extend(open(tx, entity, guard, several).await?);
        if is_last || found.len() >= limit as usize {
            break;
        }
    }
    let page = Page::from_rows(found, &query.page, &sort, |one| (one.rule.clone(), one.key.clone()))?;
    let shown = |one: &Found| {
        one.members.iter().take(MOST_SHOWN).copied().map(RecordId::from_uuid).collect::<Vec<_>>()
    };
    let ids: Vec<RecordId> = page.items.iter().flat_map(shown).collect();
    let records: HashMap<Uuid, Record> =
        find_records(tx, entity, &ids).await?.into_iter().map(|record| (record.id.uuid(), record)).collect();
    let mut items = Vec::with_capacity(page.items.len());
    for one in &page.items {
        let Some(rule) = entity.duplicate_rule(&one.rule) else { continue };
        let members = one.members.iter().take(MOST_SHOWN).filter_map(|id| records.get(id));
        let shown = |record: &Record| {
            let shown = listing.shown(entity, record)?;
            Some(record.to_json(&entity.def, &shown, None))
        };
        let shown: Vec<Value> = members.filter_map(shown).collect();
        items.push(Group { reason: Reason::of(rule, "en"), count: one.count, records: shown });
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// The groups in which some pair is in question, without the records that somebody may not read.
async fn open(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    several: Vec<Several>,
) -> Result<Vec<Found>, Error> {
    let mut members = groups::members(tx, entity.id, &several).await?;
    let ids: Vec<Uuid> = members.values().flatten().copied().collect();
    let dismissed = dismissals::among(tx, entity.id, &ids).await?;
    let mut found = Vec::new();
    let readable = among_these(tx, entity, guard, &ids).await?;
    for Several { rule, key, records } in several {
        let mut own = members.remove(&(rule.clone(), key.clone())).unwrap_or_default();
        let is_whole = own.len() < MOST_LOOKED_AT || readable.is_some();
        if let Some(readable) = &readable {
            own.retain(|id| readable.contains(id));
        }
        let members = if is_whole { in_question(&own, &dismissed) } else { own };
        if members.is_empty() || (readable.is_some() && members.len() < 2) {
            continue;
        }
        let count = if is_whole { i64::try_from(members.len()).unwrap_or(records) } else { records };
        found.push(Found { rule, key, count, members });
    }
    Ok(found)
}

/// Those of these records that somebody may read; none where that is all of them whatever they say.
async fn among_these(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    ids: &[Uuid],
) -> Result<Option<HashSet<Uuid>>, Error> {
    if guard.is_free(entity) {
        return Ok(None);
    }
    let ids: Vec<RecordId> = ids.iter().copied().map(RecordId::from_uuid).collect();
    let records = find_records(tx, entity, &ids).await?;
    let shown = records.iter().filter(|record| guard.shown(entity, record).is_some());
    Ok(Some(shown.map(|record| record.id.uuid()).collect()))
}
