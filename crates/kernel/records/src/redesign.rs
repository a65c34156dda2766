//! How records come from one definition of their entity to the next.
//!
//! A definition that only says more is put in force as it is. One that needs something of each record — rows of an index,
//! values that come once, words, values in another form — is brought to them first by a [`Redesign`]: in the transaction that
//! puts the definition in force where records are few, else in batches while they are written. [`begin_redesign`] has every
//! record named that is written from then on. The batches leave the definition in force as it is: they add what the next one
//! needs ([`Redo::Beside`]). Another transaction locks the entity, so that nobody writes, redoes what was named, and puts the
//! definition in force. Then batches take away what only the one before needed ([`Redesign::clearing`]).

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_entity::{EntityKey, FieldType};
use athyper_kernel_error::FieldError;
use athyper_kernel_record_model::{
    Entity, EntityId, Error, RecordId, Slot, SystemEntities, Traces, UniqueValue, terms,
};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::catalogue::entity_of;
use crate::store::redesign::{Redone, Stored};
use crate::store::{entities, matches, redesign, references, traces, unique};

/// A field whose values move to another slot because its type changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Where they are.
    pub from: Slot,
    /// Their type.
    pub kind: FieldType,
    /// Where they come.
    pub to: Slot,
    /// The type they get.
    pub becomes: FieldType,
    /// Where earlier changes of its type left what they could not convert, the last first.
    #[serde(default)]
    pub asides: Vec<Aside>,
}

/// A slot in which a change of a field's type left the values that the new type could not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aside {
    /// Where they are.
    pub slot: Slot,
    /// Their type.
    pub kind: FieldType,
    /// The type that could not hold them.
    pub became: FieldType,
}

impl Move {
    /// What a record of these stored values gets in the other slot: the value of today, or where it has none the last one that
    /// was set aside and that the new type can hold.
    pub fn value(&self, data: &Map<String, Value>) -> Option<Value> {
        let at = |slot: Slot| data.get(&slot.to_string());
        if let Some(value) = at(self.from) {
            return self.kind.convert(value, &self.becomes);
        }
        self.asides.iter().find_map(|aside| {
            // What was converted then has been changed or taken away since.
            let value = at(aside.slot).filter(|value| aside.kind.convert(value, &aside.became).is_none())?;
            aside.kind.convert(value, &self.becomes)
        })
    }
}

/// What is done to each record so that another definition can be put in force.
#[derive(Clone, Debug)]
pub struct Redesign {
    /// The entity in force.
    pub before: Entity,
    /// The entity as it will be.
    pub after: Entity,
    /// Values that get another form. What the other type cannot hold stays where it is, and is no value of the new field.
    pub moves: Vec<Move>,
    /// Keys of fields whose default is given to records without a value.
    pub defaults: Vec<String>,
}

/// What becomes of what the definition in force needs of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redo {
    /// It stays beside what the other definition needs, so that either can be in force.
    Beside,
    /// It goes.
    Instead,
}

impl Redesign {
    /// What is left to do when the other definition is in force: to take away what only the one before needed.
    pub fn clearing(self) -> Self {
        Self { before: self.after.clone(), after: self.after, moves: Vec::new(), defaults: Vec::new() }
    }

    /// Whether records can be brought to the other definition while they are written: times that must not overlap are kept
    /// for one definition only.
    pub fn can_be_prepared(&self) -> bool {
        self.before.def.effective == self.after.def.effective
    }
}

/// The entity of this id, in force or retired, not locked.
///
/// # Errors
/// When the database does not answer.
pub async fn look_up(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Option<Entity>, DbError> {
    entities::by_id(tx, system, id).await
}

/// The entity of this id, in force or retired, not locked, to be held against another definition and to look at what is stored
/// by it: it says nothing of what a record must fulfil.
///
/// # Errors
/// When the database does not answer.
pub async fn stored_entity(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Option<Entity>, DbError> {
    entities::stored(tx, system, id).await
}

/// The entity in force of this key, not from the cache.
///
/// # Errors
/// When the database does not answer.
pub async fn find_entity(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    key: &EntityKey,
) -> Result<Option<Entity>, DbError> {
    entities::find(tx, system, key).await
}

/// Which of these keys are those of entities in force.
///
/// # Errors
/// When the database does not answer.
pub async fn existing_keys(
    tx: &mut impl TenantConnection,
    keys: &[EntityKey],
) -> Result<Vec<EntityKey>, DbError> {
    entities::existing_keys(tx, keys).await
}

/// The keys of the other entities in force whose fields refer to the entity of this id and key.
///
/// # Errors
/// When the database does not answer.
pub async fn referring_entities(
    tx: &mut impl TenantConnection,
    id: EntityId,
    key: &EntityKey,
) -> Result<Vec<String>, DbError> {
    redesign::referring(tx, id, key.as_str()).await
}

/// Locks the entity and has every record named that is written from now on.
///
/// # Errors
/// When there is no such entity.
pub async fn begin_redesign(
    tx: &mut TenantTx,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Entity, Error> {
    let entity = entity_of(tx, system, id).await?;
    redesign::set_preparing(tx, id, true).await?;
    Ok(entity)
}

/// Ends what [`begin_redesign`] began; the definition in force stays, unless it was put in force before.
///
/// # Errors
/// When the database does not answer.
pub async fn end_redesign(tx: &mut TenantTx, id: EntityId) -> Result<(), DbError> {
    redesign::set_preparing(tx, id, false).await
}

/// Lets the references of all records name the entity by its new key.
///
/// # Errors
/// When the database does not answer.
pub async fn rename_references(
    tx: &mut TenantTx,
    before: &EntityKey,
    after: &EntityKey,
) -> Result<(), DbError> {
    redesign::rename_target(tx, before.as_str(), after.as_str()).await
}

impl Redesign {
    /// Brings at most `limit` records behind `after` to the other definition. Gives how many they were, and the last of them.
    ///
    /// # Errors
    /// When a value that will come once is there twice, or two records will hold at once; the record is named.
    pub async fn redo_page(
        &self,
        tx: &mut TenantTx,
        after: Option<RecordId>,
        limit: u32,
        how: Redo,
    ) -> Result<(usize, Option<RecordId>), Error> {
        let page = redesign::lock_page(tx, &self.before, after, i64::from(limit)).await?;
        for stored in &page {
            self.redo(tx, stored, how).await?;
        }
        Ok((page.len(), page.last().map(|stored| Id::from_uuid(stored.id))))
    }

    /// Brings at most `limit` of the records that were written meanwhile to the other definition, and leaves them what the one
    /// in force needs. Gives how many they were.
    ///
    /// # Errors
    /// As [`Redesign::redo_page`].
    pub async fn redo_touched(&self, tx: &mut TenantTx, limit: u32) -> Result<usize, Error> {
        let page = redesign::take_touched(tx, &self.before, i64::from(limit)).await?;
        for stored in &page {
            self.redo(tx, stored, Redo::Beside).await?;
        }
        Ok(page.len())
    }

    async fn redo(&self, tx: &mut TenantTx, stored: &Stored, how: Redo) -> Result<(), Error> {
        let (id, entity) = (Id::from_uuid(stored.id), self.before.id);
        // A column without a value is a null.
        let mut stored_data = stored.data.0.clone();
        stored_data.retain(|_, value| !value.is_null());
        let (data, state) = self.remake(tx, stored, stored_data.clone());
        if data != stored_data || state != stored.state {
            redesign::put(tx, &self.before, &Redone { id, state: state.as_deref(), data: &data }).await?;
        }
        if stored.deleted {
            return Ok(());
        }
        let old = Traces::of(&self.before, &self.before.from_stored(data.clone()));
        let mut new = Traces::of(&self.after, &self.after.from_stored(data));
        if new.effective != old.effective
            && let Some(time) = &new.effective
            && traces::hold(tx, entity, id, time).await?.is_some()
        {
            let message = format!("record {id} holds for days for which another one holds");
            return Err(Error::Overlaps(FieldError::new("/effective", "overlap", message)));
        }
        match how {
            Redo::Beside => add(&mut new, old),
            Redo::Instead => {
                let slots: Vec<Slot> = new.values.iter().map(|(slot, _)| *slot).collect();
                redesign::keep_values(tx, entity, id, &slots).await?;
            }
        }
        unique::free(tx, entity, id, &new.unique).await?;
        let taken = unique::take(tx, entity, id, &new.unique).await?;
        if let Some(value) = taken.first().and_then(|place| new.unique.get(*place)) {
            let message = format!("record {id} has a value that another one has, and it is to come once");
            return Err(Error::Taken(FieldError::new(format!("/{}", value.field), "taken", message)));
        }
        traces::put_values(tx, entity, id, &new.values).await?;
        traces::put_words(tx, entity, id, &new.words).await?;
        references::put(tx, entity, id, &new.references).await?;
        if how == Redo::Instead || !new.matches.is_empty() {
            matches::put(tx, entity, id, &new.matches).await?;
        }
        Ok(())
    }

    /// What is stored of a record under the other definition. What is stored under slots that have no field stays.
    fn remake(
        &self,
        tx: &TenantTx,
        stored: &Stored,
        mut data: Map<String, Value>,
    ) -> (Map<String, Value>, Option<String>) {
        for moved in &self.moves {
            match moved.value(&data) {
                Some(value) => drop(data.insert(moved.to.to_string(), value)),
                None => drop(data.remove(&moved.to.to_string())),
            }
        }
        let state = match (&self.after.def.states, &stored.state) {
            (Some(machine), Some(state)) if machine.state(state).is_some() => Some(state.clone()),
            (Some(machine), _) => Some(machine.initial.clone()),
            // What is not shown any more is not thrown away either.
            (None, state) => state.clone(),
        };
        let mut values = self.after.from_stored(data.clone());
        let context = terms::context(tx.context(), tx.now());
        let given: &[String] = if stored.deleted { &[] } else { &self.defaults };
        self.after.rules().complete_again(&self.after.def, &context, state.as_deref(), given, &mut values);
        for (_, slot) in self.after.fields() {
            data.remove(&slot.to_string());
        }
        data.extend(self.after.to_stored(&values));
        (data, state)
    }
}

/// Adds what the definition in force needs to what the next one does.
fn add(new: &mut Traces, old: Traces) {
    for value in old.unique {
        let is_known = |other: &UniqueValue| (&other.rule, &other.value) == (&value.rule, &value.value);
        if !new.unique.iter().any(is_known) {
            new.unique.push(value);
        }
    }
    for value in old.values {
        if !new.values.iter().any(|(slot, _)| *slot == value.0) {
            new.values.push(value);
        }
    }
    for reference in old.references {
        if !new.references.contains(&reference) {
            new.references.push(reference);
        }
    }
    for key in old.matches {
        if !new.matches.contains(&key) {
            new.matches.push(key);
        }
    }
    for (word, weight) in old.words {
        let kept = new.words.entry(word).or_insert(weight);
        *kept = weight.max(*kept);
    }
}
