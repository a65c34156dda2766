//! What records agree in with their duplicates, and what refuses one.

use std::sync::Arc;

use athyper_kernel_entity::{DuplicateRule, OnDuplicate};
use athyper_kernel_error::FieldError;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::check;
use crate::entity::{Entity, RecordId, Slot};
use crate::error::Error;

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
pub fn agreements(entity: &Entity, values: &Map<String, Value>) -> Vec<MatchKey> {
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
    Ok(agreements(entity, &values))
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
    pub fn allowing_duplicates(&self) -> Self {
        let mut entity = self.clone();
        for rule in &mut Arc::make_mut(&mut entity.def).duplicates {
            if rule.on_write == OnDuplicate::Refuse {
                rule.on_write = OnDuplicate::Report;
            }
        }
        entity
    }

    /// Whether a rule refuses duplicates.
    pub fn refuses_duplicates(&self) -> bool {
        self.def.duplicates.iter().any(|rule| rule.on_write == OnDuplicate::Refuse)
    }
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
    /// One that agrees with these records by a rule that refuses duplicates. They are not told yet.
    pub fn new(rule: &DuplicateRule, others: Vec<RecordId>) -> Self {
        Self {
            rule: rule.key.to_string(),
            label: rule.label.text("en").to_owned(),
            field: rule.fields.first().map(|part| part.field.to_string()).unwrap_or_default(),
            others,
            is_shown: false,
        }
    }

    /// The records that it is a duplicate of.
    pub fn others(&self) -> &[RecordId] {
        &self.others
    }

    /// The same refusal, which tells of these records: those that the one who asks may read.
    #[must_use]
    pub fn telling(self, others: Vec<RecordId>) -> Self {
        Self { is_shown: !others.is_empty(), others, ..self }
    }

    /// What the rule is called.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The records that it is a duplicate of, as far as they are told.
    pub fn fields(&self) -> Vec<FieldError> {
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
