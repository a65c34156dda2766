//! What records agree in with their duplicates, and what a write of one says about the others.

use std::sync::Arc;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::{DuplicateRule, OnDuplicate};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Caller, READ_RECORD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::check;
use crate::entity::{Entity, RecordId, Slot};
use crate::error::Error;
use crate::guard::Guard;
use crate::record::Record;
use crate::store::{matches, records};

/// Most duplicates that an answer names, by rule.
const MAX_NAMED: i64 = 10;
/// The permission to write a record although a rule refuses duplicates.
const ALLOW: &str = "records.allow_duplicates";
/// Bytes of a digest that a key keeps.
const KEY_BYTES: usize = 16;

/// What a record agrees in with its duplicates by one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchKey {
    /// Names what the rule compares: see [`compared`].
    pub rule: String,
    /// A digest of the forms of the values.
    pub key: String,
}

/// Names what a rule compares, by slots: it stays when the rule or a field gets another key. None where a field has no slot.
pub fn compared(rule: &DuplicateRule, slot_of: impl Fn(&str) -> Option<Slot>) -> Option<String> {
    let mut parts = Vec::new();
    for part in &rule.fields {
        parts.push(format!("{} {}", slot_of(part.field.as_str())?, String::from(part.method)));
    }
    let mut within = Vec::new();
    for key in &rule.within {
        within.push(slot_of(key.as_str())?.to_string());
    }
    Some(format!("{} within {}", parts.join(","), within.join(",")))
}

/// What a record of these values (by key, in their stored form) agrees in with its duplicates.
pub(crate) fn keys(entity: &Entity, values: &Map<String, Value>) -> Vec<MatchKey> {
    let key = |rule: &DuplicateRule| {
        let name = compared(rule, |key| entity.slot(key))?;
        let digest = Sha256::digest(rule.agreement(values)?.to_string());
        let key = digest.iter().take(KEY_BYTES).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Some(MatchKey { rule: name, key })
    };
    let mut keys: Vec<MatchKey> = entity.def.duplicates.iter().filter_map(key).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// What a record that a client is about to write agrees in with its duplicates. Whether all values are there that must be is
/// not asked.
///
/// # Errors
/// Fields that there are not, and values that cannot be taken.
pub fn match_keys(entity: &Entity, given: &Map<String, Value>) -> Result<Vec<MatchKey>, Error> {
    let values = check::merge(entity, &Map::new(), given).map_err(Error::Form)?;
    Ok(keys(entity, &values))
}

impl Entity {
    /// The rule that compares this, if there is one.
    pub fn duplicate_rule(&self, compared_by: &str) -> Option<&DuplicateRule> {
        let is_it = |rule: &&DuplicateRule| {
            compared(rule, |key| self.slot(key)).is_some_and(|name| name == compared_by)
        };
        self.def.duplicates.iter().find(is_it)
    }

    /// The same entity, whose records may be duplicates of others: what refuses them reports them.
    #[must_use]
    pub(crate) fn allowing_duplicates(&self) -> Self {
        let mut entity = self.clone();
        for rule in &mut Arc::make_mut(&mut entity.def).duplicates {
            if rule.on_write == OnDuplicate::Refuse {
                rule.on_write = OnDuplicate::Report;
            }
        }
        entity
    }

    /// Whether a rule refuses duplicates.
    pub(crate) fn refuses_duplicates(&self) -> bool {
        self.def.duplicates.iter().any(|rule| rule.on_write == OnDuplicate::Refuse)
    }
}

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
            return Err(Error::Duplicate(Box::new(Refused {
                rule: rule.key.to_string(),
                label: rule.label.text("en").to_owned(),
                field: rule.fields.first().map(|part| part.field.to_string()).unwrap_or_default(),
                others: others.into_iter().map(|(_, id)| id).collect(),
                is_shown: false,
            })));
        }
    }
    Ok(())
}

/// A record that was refused as a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    rule: String,
    label: String,
    field: String,
    others: Vec<RecordId>,
    is_shown: bool,
}

impl Refused {
    /// What the rule is called.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// The records that it is a duplicate of, as far as they are told.
    pub(crate) fn fields(&self) -> Vec<FieldError> {
        let (pointer, code) = (format!("/{}", self.field), "duplicate");
        if !self.is_shown {
            let message = format!("another record agrees with it by the rule {}", self.rule);
            return vec![FieldError::new(pointer, code, message)];
        }
        let named =
            |id: &RecordId| FieldError::new(&*pointer, code, format!("record {id} agrees by {}", self.rule));
        self.others.iter().map(named).collect()
    }
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
            let others = readable(tx, guard, entity, &refused.others).await?;
            Err(Error::Duplicate(Box::new(Refused { is_shown: !others.is_empty(), others, ..*refused })))
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
    for key in keys(entity, &record.values) {
        let Some(rule) = rule_of(&key.rule).filter(|rule| listing.knows(rule)) else { continue };
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
