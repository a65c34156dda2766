//! What is shown of a record: everything, or without the values that a policy hides from the one who asks, and with others masked.
//! A record becomes JSON only by it ([`Record::to_json`](crate::Record::to_json)).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_entity::pointer_part;
use athyper_kernel_error::{DomainError as _, FieldError};
use athyper_kernel_policy::{Decision, Mask};
use serde_json::Value;

use crate::entity::Entity;
use crate::error::Error;

/// What is shown of a record to somebody. Only whoever asks the policies makes one ([`Guard`](crate::Guard)).
#[derive(Clone, Debug, Default)]
pub struct Shown(Option<Arc<Withheld>>);

/// What is not.
#[derive(Debug, Default, PartialEq)]
struct Withheld {
    /// All but id and version.
    all: bool,
    hidden: BTreeSet<Arc<str>>,
    masked: BTreeMap<Arc<str>, Mask>,
}

impl Shown {
    /// What all of these decisions leave, and nothing that follows from a value which they do not leave.
    pub fn by<'d>(entity: &Entity, decisions: impl IntoIterator<Item = &'d Decision>) -> Self {
        let mut withheld = Withheld::default();
        for decision in decisions {
            withheld.hidden.extend(decision.hidden.iter().cloned());
            for (field, mask) in &decision.masked {
                let known = withheld.masked.get(field).copied();
                withheld.masked.insert(Arc::clone(field), known.map_or(*mask, |known| known.and(*mask)));
            }
        }
        Self::of(entity, withheld)
    }

    /// What both leave.
    #[must_use]
    pub fn and(&self, entity: &Entity, other: &Self) -> Self {
        let (Some(one), Some(two)) = (&self.0, &other.0) else {
            return if self.0.is_some() { self.clone() } else { other.clone() };
        };
        let mut masked = one.masked.clone();
        for (field, mask) in &two.masked {
            let known = masked.get(field).copied();
            masked.insert(Arc::clone(field), known.map_or(*mask, |known| known.and(*mask)));
        }
        let hidden = one.hidden.union(&two.hidden).cloned().collect();
        Self::of(entity, Withheld { all: one.all || two.all, hidden, masked })
    }

    /// Nothing but id and version: what somebody is told of a record that they wrote and may not read.
    pub fn nothing() -> Self {
        Self(Some(Arc::new(Withheld { all: true, ..Withheld::default() })))
    }

    fn of(entity: &Entity, mut withheld: Withheld) -> Self {
        if withheld == Withheld::default() {
            return Self(None);
        }
        let own: BTreeSet<Arc<str>> = withheld.hidden.iter().chain(withheld.masked.keys()).cloned().collect();
        let all = with_derived(entity, own.clone());
        withheld.hidden.extend(all.difference(&own).cloned());
        let Withheld { hidden, masked, .. } = &mut withheld;
        masked.retain(|field, _| !hidden.contains(field));
        Self(Some(Arc::new(withheld)))
    }

    /// Whether everything is shown.
    pub fn is_whole(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a field is shown as it is.
    pub fn has(&self, field: &str) -> bool {
        self.0.as_ref().is_none_or(|withheld| {
            !withheld.all && !withheld.hidden.contains(field) && !withheld.masked.contains_key(field)
        })
    }

    /// What is shown of the value of a field; nothing at all where it is hidden.
    pub fn value<'v>(&self, field: &str, value: Cow<'v, Value>) -> Option<Cow<'v, Value>> {
        let Some(withheld) = &self.0 else { return Some(value) };
        if withheld.all || withheld.hidden.contains(field) {
            return None;
        }
        match withheld.masked.get(field) {
            Some(mask) => Some(Cow::Owned(mask.apply(&value))),
            None => Some(value),
        }
    }

    /// Whether somebody who is shown this much may set these fields.
    ///
    /// # Errors
    /// All of them that they may not.
    pub fn check_set<'f>(&self, fields: impl IntoIterator<Item = &'f String>) -> Result<(), Error> {
        self.check_sent("", fields)
    }

    /// As [`check_set`](Self::check_set), for fields that are named below a place in what was sent, a JSON pointer.
    ///
    /// # Errors
    /// All of them that are not shown.
    pub fn check_sent<'f>(
        &self,
        at: &str,
        fields: impl IntoIterator<Item = &'f String>,
    ) -> Result<(), Error> {
        if self.is_whole() {
            return Ok(());
        }
        closed(at, fields.into_iter().filter(|field| !self.has(field)))
    }

    /// Whether what these fields name can be given with the record.
    ///
    /// # Errors
    /// The first that is not shown.
    pub fn check_named(&self, fields: &[String]) -> Result<(), Error> {
        match fields.iter().find(|field| !self.has(field)) {
            Some(field) => Err(Error::Closed(vec![closed_field("?expand", field)])),
            None => Ok(()),
        }
    }

    /// The same error, without what it says of fields that are not shown: whoever did not set them learns nothing of them.
    pub fn told(&self, error: Error) -> Error {
        if self.is_whole() {
            return error;
        }
        let field = |fault: &FieldError| {
            let key = fault.pointer.trim_start_matches('/');
            key.split('/').next().unwrap_or(key).to_owned()
        };
        let is_open = |fault: &FieldError| {
            let field = field(fault);
            field.is_empty() || self.has(&field)
        };
        let generic = || FieldError::new("", "rule", "a value that is not shown to you breaks a rule");
        match error {
            Error::Invalid(faults) | Error::Form(faults) if !faults.iter().all(is_open) => {
                let mut open: Vec<FieldError> = faults.into_iter().filter(is_open).collect();
                open.push(generic());
                Error::Invalid(open)
            }
            Error::Taken(_) | Error::Overlaps(_) | Error::Duplicate(_)
                if !error.fields().iter().all(is_open) =>
            {
                Error::Invalid(vec![generic()])
            }
            error => error,
        }
    }
}

/// These fields and all whose values follow from one of them.
pub(crate) fn with_derived(entity: &Entity, mut fields: BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
    if fields.is_empty() {
        return fields;
    }
    entity.rules().add_derived(&mut fields);
    // A number says when the day was that it belongs to.
    if let Some(numbering) = &entity.def.numbering
        && numbering.date.as_ref().is_some_and(|date| fields.contains(date.as_str()))
    {
        fields.insert(Arc::from(numbering.field.as_str()));
        entity.rules().add_derived(&mut fields);
    }
    fields
}

/// Whether none of these fields, which are closed to the one who asks, was sent.
pub(crate) fn closed<'f>(at: &str, fields: impl Iterator<Item = &'f String>) -> Result<(), Error> {
    let fault = |field: &String| closed_field(&format!("{at}/{}", pointer_part(field)), field);
    let faults: Vec<FieldError> = fields.map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Closed(faults)) }
}

/// That a field is closed to the one who asks.
pub(crate) fn closed_field(pointer: &str, field: &str) -> FieldError {
    FieldError::new(
        pointer,
        "closed",
        format!("{field} is hidden from you or masked: it cannot be used here"),
    )
}
