//! What a write of a record says about its duplicates.

use std::sync::Arc;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::OnDuplicate;
use athyper_kernel_http::{Caller, READ_RECORD};
use athyper_kernel_record_model::{Entity, Error, MatchKey, Record, RecordId, Refused, agreements};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::guard::Guard;
use crate::store::{matches, records};

/// Most duplicates that an answer names, by rule.
const MAX_NAMED: i64 = 10;
/// The permission to write a record although a rule refuses duplicates.
const ALLOW: &str = "records.allow_duplicates";

/// Whether whoever writes a record says that it is no duplicate.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllowDuplicates {
    /// Whether the record is written although a rule refuses duplicates; takes the permission `records.allow_duplicates`.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub(crate) allow_duplicates: bool,
}

impl AllowDuplicates {
    /// The entity as this caller writes its records now.
    ///
    /// # Errors
    /// When the caller may not say so.
    pub(crate) fn over(self, caller: &Caller, entity: Arc<Entity>) -> Result<Arc<Entity>, Error> {
        match self.allow_duplicates {
            false => Ok(entity),
            true if caller.may(ALLOW) => Ok(Arc::new(entity.allowing_duplicates())),
            true => Err(Error::Forbidden(ALLOW)),
        }
    }
}

/// Enters what a record agrees in with its duplicates.
///
/// # Errors
/// When it is now a duplicate by a rule that refuses that.
pub(crate) async fn enter(
    tx: &mut TenantTx,
    entity: &Entity,
    record: RecordId,
    keys: &[MatchKey],
) -> Result<(), Error> {
    if entity.def.duplicates.is_empty() {
        return Ok(());
    }
    let entered = matches::put(tx, entity.id, record, keys).await?;
    for key in entered {
        let Some(rule) = entity.duplicate_rule(&key.rule).filter(|r| r.on_write == OnDuplicate::Refuse)
        else {
            continue;
        };
        let others = matches::others(tx, entity.id, record, std::slice::from_ref(&key), MAX_NAMED).await?;
        if !others.is_empty() {
            let others = others.into_iter().map(|(_, id)| id).collect();
            return Err(Error::Duplicate(Box::new(Refused::new(rule, others))));
        }
    }
    Ok(())
}

/// What a write came to: an error that is about other records names those that the caller may read.
///
/// # Errors
/// That error.
pub(crate) async fn told<T>(
    tx: &mut TenantTx,
    guard: &Guard,
    entity: &Entity,
    done: Result<T, Error>,
) -> Result<T, Error> {
    match done {
        Err(Error::Duplicate(refused)) => {
            let others = readable(tx, guard, entity, refused.others()).await?;
            Err(Error::Duplicate(Box::new(refused.telling(others))))
        }
        done => done,
    }
}

/// Those of these records that somebody may read, in their order.
async fn readable(
    tx: &mut TenantTx,
    guard: &Guard,
    entity: &Entity,
    ids: &[RecordId],
) -> Result<Vec<RecordId>, Error> {
    if ids.is_empty() || guard.is_free(entity) {
        return Ok(ids.to_vec());
    }
    let wanted: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let found = records::by_ids(tx, entity, &wanted).await?;
    let reads = guard.instead(READ_RECORD);
    let is_shown = |id: &&RecordId| {
        found.iter().any(|record| record.id == **id && reads.shown(entity, record).is_some())
    };
    Ok(ids.iter().filter(is_shown).copied().collect())
}

/// Adds `duplicates` to a record that was written: those of which a rule says that they are reported, where the caller may
/// read them.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn report(
    tx: &mut TenantTx,
    guard: &Guard,
    entity: &Entity,
    record: &Record,
    json: &mut Value,
) -> Result<(), Error> {
    if entity.def.duplicates.is_empty() {
        return Ok(());
    }
    let Ok(listing) = guard.instead(READ_RECORD).list(entity) else { return Ok(()) };
    let rule_of = |rule: &str| entity.duplicate_rule(rule).filter(|rule| rule.on_write != OnDuplicate::None);
    let mut told: Vec<Value> = Vec::new();
    for key in agreements(entity, &record.values) {
        let Some(rule) = rule_of(&key.rule).filter(|rule| listing.open().knows(rule)) else { continue };
        let others = matches::others(tx, entity.id, record.id, std::slice::from_ref(&key), MAX_NAMED).await?;
        let others: Vec<RecordId> = others.into_iter().map(|(_, id)| id).collect();
        let others = readable(tx, guard, entity, &others).await?;
        told.extend(others.into_iter().map(|id| json!({"rule": rule.key.as_str(), "id": id})));
    }
    if let Some(json) = json.as_object_mut().filter(|_| !told.is_empty()) {
        json.insert("duplicates".to_owned(), Value::Array(told));
    }
    Ok(())
}
