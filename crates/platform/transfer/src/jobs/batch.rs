//! Writes the rows of a batch: reads them, finds the records that they name, and counts what becomes of each.

use std::collections::{BTreeMap, HashMap, HashSet};

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::{EntityKey, FieldType};
use athyper_kernel_error::DomainError as _;
use athyper_kernel_records::{
    Entity, Error as RecordsError, Guard, RecordId, Rehearsal, Write, Written, find_by_values, find_records,
    is_key, lock_records, write_many,
};
use chrono_tz::Tz;
use serde_json::Value;

use crate::Deps;
use crate::error::Error;
use crate::model::cell;
use crate::model::columns::Columns;
use crate::model::draft::{Draft, Named, Reading, Through};
use crate::model::fault::Fault;
use crate::model::import::{Import, Tally};
use crate::model::options::Mode;
use crate::model::row::Row;

/// Most errors of a row.
const MAX_ROW_FAULTS: usize = 20;

/// What a batch is written with.
pub(super) struct Batch<'b> {
    pub(super) deps: &'b Deps,
    pub(super) import: &'b Import,
    pub(super) entity: &'b Entity,
    /// Whoever asked for the import.
    pub(super) guard: &'b Guard,
    pub(super) columns: &'b Columns,
    pub(super) zone: Tz,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) faults: Vec<Fault>,
}

impl Outcome {
    /// A row failed.
    fn fail(&mut self, mut faults: Vec<Fault>) {
        self.tally.failed += 1;
        self.tally.errors += i64::try_from(faults.len()).unwrap_or(0);
        faults.truncate(MAX_ROW_FAULTS);
        self.faults.extend(faults);
    }
}

impl Batch<'_> {
    /// Writes these rows.
    pub(super) async fn write(
        &self,
        tx: &mut TenantTx,
        rows: Vec<Row>,
        mut rehearsal: Option<&mut Rehearsal>,
    ) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        outcome.tally.rows = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let reading = Reading {
            entity: self.entity,
            options: &self.import.options,
            format: self.import.format,
            columns: self.columns,
            zone: self.zone,
        };
        let mut drafts = Vec::with_capacity(rows.len());
        for row in rows {
            match reading.draft(row) {
                Ok(draft) => drafts.push(draft),
                Err(faults) => outcome.fail(faults),
            }
        }
        let drafts = self.name_others(tx, drafts, &mut outcome).await?;
        let keyed = self.keys(drafts, &mut outcome);
        for wave in waves(keyed) {
            self.write_wave(tx, wave, rehearsal.as_deref_mut(), &mut outcome).await?;
        }
        // In the order of the rows, as far as that can be told by now.
        outcome.faults.sort_by_key(|fault| fault.row);
        Ok(outcome)
    }

    /// Puts the ids of other records where they are called by another name.
    async fn name_others(
        &self,
        tx: &mut TenantTx,
        mut drafts: Vec<Draft>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Draft>, Error> {
        let mut wanted: BTreeMap<(EntityKey, String), Vec<Value>> = BTreeMap::new();
        let mut others: HashMap<EntityKey, Option<std::sync::Arc<Entity>>> = HashMap::new();
        let mut named: Vec<Vec<Fault>> = Vec::with_capacity(drafts.len());
        for draft in &mut drafts {
            let mut faults = Vec::new();
            for through in &mut draft.through {
                if !others.contains_key(&through.entity) {
                    let other = self.deps.records.entities().find(tx, &through.entity).await?;
                    others.insert(through.entity.clone(), other);
                }
                let other = others.get(&through.entity).and_then(Option::as_deref);
                match self.names(other, through) {
                    Ok(values) => {
                        through.names = values.iter().cloned().map(Named::Json).collect();
                        let key = (through.entity.clone(), through.other.clone());
                        wanted.entry(key).or_default().extend(values);
                    }
                    Err((code, message)) => faults.push(through_fault(draft.row, through, code, &message)),
                }
            }
            named.push(faults);
        }
        let mut found: HashMap<(EntityKey, String, String), RecordId> = HashMap::new();
        for ((key, field), values) in wanted {
            let Some(other) = others.get(&key).and_then(Option::as_deref) else { continue };
            let ids = find_by_values(tx, other, &field, &values).await?;
            let ids = self.readable(tx, other, ids).await?;
            for (value, id) in values.iter().zip(ids) {
                found.extend(id.map(|id| ((key.clone(), field.clone(), value.to_string()), id)));
            }
        }
        let mut ready = Vec::with_capacity(drafts.len());
        for (mut draft, mut faults) in drafts.into_iter().zip(named) {
            if faults.is_empty() {
                for through in std::mem::take(&mut draft.through) {
                    faults.extend(self.put_ids(&mut draft, through, &found));
                }
            }
            if faults.is_empty() { ready.push(draft) } else { outcome.fail(faults) }
        }
        Ok(ready)
    }

    /// What a record is called, as the other entity's field reads it.
    fn names(&self, other: Option<&Entity>, through: &Through) -> Result<Vec<Value>, cell::Wrong> {
        let is_open = |other: &&Entity| {
            self.reads().list(other).is_ok_and(|listing| listing.open().is_open(&through.other))
        };
        let other = other.filter(|other| is_key(other, &through.other)).filter(is_open);
        let field = other.and_then(|other| other.def.field(&through.other)).ok_or_else(|| {
            let message = format!("{} has no field of this key whose values come once", through.entity);
            ("unknown_column", message)
        })?;
        let read = |named: &Named| {
            let value = match named {
                Named::Text(text) => cell::read(&field.kind, text, self.zone)?,
                Named::Json(value) => value.clone(),
            };
            field.kind.read(&value, "").map_err(|errors| {
                let message = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
                ("invalid", message)
            })
        };
        through.names.iter().map(read).collect()
    }

    fn reads(&self) -> Guard {
        self.guard.instead("records.get_record")
    }

    /// Those of these records that whoever asked for the import may read.
    async fn readable(
        &self,
        tx: &mut TenantTx,
        other: &Entity,
        ids: Vec<Option<RecordId>>,
    ) -> Result<Vec<Option<RecordId>>, Error> {
        let reads = self.reads();
        if reads.is_free(other) {
            return Ok(ids);
        }
        let known: Vec<RecordId> = ids.iter().flatten().copied().collect();
        let records = find_records(tx, other, &known).await?;
        let is_shown = |id: &RecordId| {
            records.iter().any(|record| record.id == *id && reads.shown(other, record).is_some())
        };
        Ok(ids.into_iter().map(|id| id.filter(is_shown)).collect())
    }

    fn put_ids(
        &self,
        draft: &mut Draft,
        through: Through,
        found: &HashMap<(EntityKey, String, String), RecordId>,
    ) -> Vec<Fault> {
        let id = |named: &Named| {
            let Named::Json(value) = named else { return None };
            let key = (through.entity.clone(), through.other.clone(), value.to_string());
            found.get(&key).map(|id| Value::from(id.to_string()))
        };
        let ids: Option<Vec<Value>> = through.names.iter().map(id).collect();
        let is_list = matches!(
            self.entity.def.field(&through.field).map(|field| &field.kind),
            Some(FieldType::References(_))
        );
        let Some(mut ids) = ids else {
            let message = format!("there is no such record of {}", through.entity);
            return vec![through_fault(draft.row, &through, "unknown_record", &message)];
        };
        let value = match ids.pop() {
            Some(one) if !is_list && ids.is_empty() => one,
            last => Value::Array(ids.into_iter().chain(last).collect()),
        };
        draft.values.insert(through.field, value);
        Vec::new()
    }

    /// What each row names its record by.
    fn keys(&self, drafts: Vec<Draft>, outcome: &mut Outcome) -> Vec<Keyed> {
        let options = &self.import.options;
        let mut keyed = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let key = match (options.mode, options.by.as_deref()) {
                (Mode::Create, _) | (_, None) => Ok(Key::None),
                (mode, Some("id")) => match draft.id {
                    Some(id) => Ok(Key::Id(RecordId::from_uuid(id))),
                    None if mode == Mode::Upsert => Ok(Key::None),
                    None => Err(self.fault(draft.row, "id", "required", "a row names its record by this")),
                },
                (_, Some(by)) => self.key(&draft, by),
            };
            match key {
                Ok(key) => keyed.push(Keyed { draft, key }),
                Err(fault) => outcome.fail(vec![fault]),
            }
        }
        keyed
    }

    fn key(&self, draft: &Draft, by: &str) -> Result<Key, Fault> {
        let value = draft.values.get(by).filter(|value| !value.is_null());
        let field = self.entity.def.field(by);
        let (Some(value), Some(field)) = (value, field) else {
            return Err(self.fault(draft.row, by, "required", "a row names its record by this"));
        };
        field.kind.read(value, "").map(Key::Value).map_err(|errors| {
            let error = errors.into_iter().next();
            let (code, message) = error.map(|error| (error.code, error.message)).unwrap_or_default();
            self.fault(draft.row, by, &code, &message)
        })
    }

    /// Writes rows of which no two are of one record.
    async fn write_wave(
        &self,
        tx: &mut TenantTx,
        wave: Vec<Keyed>,
        rehearsal: Option<&mut Rehearsal>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let ids = self.find(tx, &wave).await?;
        let known: Vec<RecordId> = ids.iter().flatten().copied().collect();
        let mut records = lock_records(tx, self.entity, &known).await?;
        let reads = self.reads();
        if !reads.is_free(self.entity) {
            // What they may not read is not there.
            records.retain(|_, record| reads.shown(self.entity, record).is_some());
        }
        let (mut places, mut writes) = (Vec::new(), Vec::new());
        for (Keyed { draft, key }, id) in wave.into_iter().zip(ids) {
            let record = id.and_then(|id| records.remove(&id));
            let by = self.import.options.by.as_deref().unwrap_or_default();
            let is_missing = match (&key, self.import.options.mode) {
                (Key::None, _) | (Key::Value(_), Mode::Upsert) => false,
                _ => record.is_none(),
            };
            if is_missing {
                outcome.fail(vec![self.fault(draft.row, by, "unknown_record", "there is no such record")]);
                continue;
            }
            places.push(draft.row);
            writes.push(Write { record, values: draft.values });
        }
        let entities = self.deps.records.entities();
        let written = write_many(tx, entities, self.entity, self.guard, writes, rehearsal).await?;
        for (row, result) in places.into_iter().zip(written) {
            self.note(row, result, outcome);
        }
        Ok(())
    }

    /// The ids of the records that rows name.
    async fn find(&self, tx: &mut TenantTx, wave: &[Keyed]) -> Result<Vec<Option<RecordId>>, Error> {
        let by = self.import.options.by.as_deref().unwrap_or_default();
        let values: Vec<Value> = wave
            .iter()
            .filter_map(|keyed| match &keyed.key {
                Key::Value(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let found =
            if values.is_empty() { Vec::new() } else { find_by_values(tx, self.entity, by, &values).await? };
        let mut found = found.into_iter();
        let id = |keyed: &Keyed| match keyed.key {
            Key::None => None,
            Key::Id(id) => Some(id),
            Key::Value(_) => found.next().flatten(),
        };
        Ok(wave.iter().map(id).collect())
    }

    fn note(&self, row: u64, result: Result<Written, RecordsError>, outcome: &mut Outcome) {
        match result {
            Ok(written) => outcome.tally.count(written),
            Err(error) => {
                let fields = error.fields();
                let faults = if fields.is_empty() {
                    vec![Fault::of_row(row, error.code(), error.to_string())]
                } else {
                    let fault = |field: athyper_kernel_error::FieldError| {
                        let key = field.pointer.trim_start_matches('/');
                        let key = key.split('/').next().unwrap_or(key).replace("~1", "/").replace("~0", "~");
                        self.fault(row, &key, &field.code, &field.message)
                    };
                    fields.into_iter().map(fault).collect()
                };
                outcome.fail(faults);
            }
        }
    }

    /// A fault of a field, in the column that stands for it.
    fn fault(&self, row: u64, field: &str, code: &str, message: &str) -> Fault {
        if field.is_empty() {
            return Fault::of_row(row, code, message);
        }
        let column = self.columns.0.iter().find(|(_, target)| {
            target.as_ref().is_some_and(|target| target.field().unwrap_or("id") == field)
        });
        let mapped = self.import.options.mapping.iter().find(|(_, to)| to.as_deref() == Some(field));
        let column = column.map(|(column, _)| column).or(mapped.map(|(column, _)| column));
        Fault::in_column(row, column.map_or(field, String::as_str), code, message).of_field(field)
    }
}

fn through_fault(row: u64, through: &Through, code: &str, message: &str) -> Fault {
    Fault::in_column(row, &through.column, code, message).of_field(&through.field)
}

/// What a row names its record by.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    None,
    Id(RecordId),
    Value(Value),
}

struct Keyed {
    draft: Draft,
    key: Key,
}

/// Rows in parts of which none has a record twice: what comes later in the file is written later.
fn waves(keyed: Vec<Keyed>) -> Vec<Vec<Keyed>> {
    let (mut waves, mut rest) = (Vec::new(), keyed);
    while !rest.is_empty() {
        let (mut seen, mut wave, mut later) = (HashSet::new(), Vec::new(), Vec::new());
        for keyed in rest {
            let key = match &keyed.key {
                Key::None => None,
                Key::Id(id) => Some(id.to_string()),
                Key::Value(value) => Some(value.to_string()),
            };
            if key.is_none_or(|key| seen.insert(key)) { wave.push(keyed) } else { later.push(keyed) }
        }
        waves.push(wave);
        rest = later;
    }
    waves
}
