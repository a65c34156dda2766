//! What is open in a list to whoever asks for it: which records, and by which fields they are chosen and put in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use athyper_kernel_entity::{DuplicateRule, FieldKey};
use athyper_kernel_policy::Predicate;

use crate::entity::Entity;
use crate::error::Error;
use crate::shown::{closed, closed_field, with_derived};

/// Which records somebody is shown in a list, and by which fields they may be chosen and put in order.
#[derive(Clone, Debug)]
pub struct Open {
    only: Vec<Predicate>,
    closed: BTreeSet<Arc<str>>,
}

impl Open {
    /// The records for which all of these hold, by all fields but these and those that follow from them.
    pub fn new(entity: &Entity, only: Vec<Predicate>, closed: BTreeSet<Arc<str>>) -> Self {
        Self { only, closed: with_derived(entity, closed) }
    }

    /// No record, by every field: for a query that is looked at and never run.
    pub fn nothing() -> Self {
        Self { only: vec![Predicate::Nothing], closed: BTreeSet::new() }
    }

    /// Whether every field is open.
    pub fn is_whole(&self) -> bool {
        self.closed.is_empty()
    }

    /// Which records: all of these hold.
    pub fn only(&self) -> &[Predicate] {
        &self.only
    }

    /// Whether records are chosen, put in order and grouped by a field.
    pub fn is_open(&self, field: &str) -> bool {
        !self.closed.contains(field)
    }

    /// Whether a query parameter may go by these fields.
    ///
    /// # Errors
    /// The first by which it may not, whatever its values are.
    pub fn check<'f>(&self, parameter: &str, fields: impl IntoIterator<Item = &'f str>) -> Result<(), Error> {
        match fields.into_iter().find(|field| !self.is_open(field)) {
            Some(field) => Err(Error::Closed(vec![closed_field(&format!("?{parameter}"), field)])),
            None => Ok(()),
        }
    }

    /// Whether values of these fields, which are named below a place in what was sent, may be looked for.
    ///
    /// # Errors
    /// All by which they may not.
    pub fn check_sent<'f>(
        &self,
        at: &str,
        fields: impl IntoIterator<Item = &'f String>,
    ) -> Result<(), Error> {
        closed(at, fields.into_iter().filter(|field| !self.is_open(field)))
    }

    /// Whether records may be told apart by what a rule about duplicates compares.
    pub fn knows(&self, rule: &DuplicateRule) -> bool {
        let compared = rule.fields.iter().map(|part| part.field.as_str());
        compared.chain(rule.within.iter().map(FieldKey::as_str)).all(|field| self.is_open(field))
    }
}
