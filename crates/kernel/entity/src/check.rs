//! Whether a definition makes sense: all that is wrong with it at once.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_error::FieldError;
use athyper_kernel_types::SeriesPattern;

use crate::check_fields::{Faults, check_field, check_scope};
use crate::{EntityDef, EntityKey, EntityKind, FieldDef, FieldKey, FieldType, SYSTEM_FIELDS, StateMachine};

/// Most fields of an entity.
const MAX_FIELDS: usize = 1_000;
/// Most states of an entity.
const MAX_STATES: usize = 100;
/// Most combinations of fields that come once.
const MAX_UNIQUE: usize = 20;
/// Most fields of such a combination.
const MAX_TOGETHER: usize = 8;

impl EntityDef {
    /// All that is wrong with the definition, with JSON pointers into it; empty when it can be used. `is_known` tells whether
    /// there is another entity of a key. Expressions are compiled elsewhere.
    pub fn check(&self, is_known: &dyn Fn(&EntityKey) -> bool) -> Vec<FieldError> {
        let mut faults = Faults::new();
        self.check_labels(&mut faults);
        self.check_fields(&mut faults, is_known);
        self.check_kind(&mut faults);
        self.check_unique(&mut faults);
        self.check_duplicates(&mut faults);
        self.check_names(&mut faults);
        self.check_layout(&mut faults);
        if let Some(states) = &self.states {
            check_states(states, &mut faults);
        }
        faults.0
    }

    fn check_labels(&self, faults: &mut Faults) {
        for (pointer, label) in [("/label", &self.label), ("/plural", &self.plural)] {
            if label.is_empty() {
                faults.add(pointer, "required", "people need a text here");
            }
        }
    }

    fn check_fields(&self, faults: &mut Faults, is_known: &dyn Fn(&EntityKey) -> bool) {
        if self.fields.len() > MAX_FIELDS {
            faults.add("/fields", "too_many", format!("an entity has at most {MAX_FIELDS} fields"));
        }
        let is_there = |key: &EntityKey| *key == self.key || is_known(key);
        let mut seen = BTreeSet::new();
        for (at, field) in self.fields.iter().enumerate() {
            let pointer = format!("/fields/{at}");
            if SYSTEM_FIELDS.contains(&field.key.as_str()) {
                faults.add(
                    format!("{pointer}/key"),
                    "reserved",
                    format!("every record has {} by itself, choose another key", field.key),
                );
            }
            if !seen.insert(&field.key) {
                faults.add(format!("{pointer}/key"), "repeated", "another field has this key");
            }
            check_field(field, &pointer, faults, &is_there);
            check_scope(field, &pointer, &self.fields, faults);
        }
    }

    fn check_kind(&self, faults: &mut Faults) {
        let parent = self.field("parent").map(|field| &field.kind);
        let has_parent =
            matches!(parent, Some(FieldType::Reference(reference)) if reference.entity == self.key);
        if self.kind == EntityKind::Tree && !has_parent {
            faults.add(
                "/kind",
                "no_parent",
                "a tree has a field parent that is a reference to the entity itself",
            );
        }
        if self.kind == EntityKind::Single && (self.numbering.is_some() || self.effective.is_some()) {
            faults.add("/kind", "single", "there is one record only: it has no number and no times");
        }
    }

    fn check_unique(&self, faults: &mut Faults) {
        if self.unique.len() > MAX_UNIQUE {
            faults.add("/unique", "too_many", format!("at most {MAX_UNIQUE} combinations can be unique"));
        }
        for (at, rule) in self.unique.iter().enumerate() {
            let pointer = format!("/unique/{at}/fields");
            if !(1..=MAX_TOGETHER).contains(&rule.fields.len()) {
                faults.add(&pointer, "length", format!("name 1 to {MAX_TOGETHER} fields"));
            }
            self.check_scalars(&rule.fields, &pointer, faults);
        }
    }

    /// Whether these are fields whose values can be told apart.
    pub(crate) fn check_scalars(&self, keys: &[FieldKey], pointer: &str, faults: &mut Faults) {
        for (at, key) in keys.iter().enumerate() {
            let is_repeated = keys.iter().take(at).any(|other| other == key);
            match self.field(key.as_str()) {
                None => faults.add(format!("{pointer}/{at}"), "unknown_field", "there is no such field"),
                Some(field) if !field.kind.is_scalar() => faults.add(
                    format!("{pointer}/{at}"),
                    "wrong_type",
                    format!("a field of type {} cannot stand here", field.kind.word()),
                ),
                Some(_) if is_repeated => {
                    faults.add(format!("{pointer}/{at}"), "repeated", "this field is named twice");
                }
                Some(_) => {}
            }
        }
    }

    /// Whether the fields that title, numbers and times name are there and fit.
    fn check_names(&self, faults: &mut Faults) {
        let fits = |key: &FieldKey, fits: fn(&FieldDef) -> bool| self.field(key.as_str()).is_some_and(fits);
        let is_day = |field: &FieldDef| is_date(field) && !field.required;
        let is_required_day = |field: &FieldDef| is_date(field) && field.required;
        if let Some(title) = &self.title
            && !fits(title, |field| matches!(field.kind, FieldType::Text(_) | FieldType::Email(_)))
        {
            faults.add("/title", "wrong_field", "a record is named by a field of type text or email");
        }
        for (at, rule) in self.rules.iter().enumerate() {
            if rule.field.as_ref().is_some_and(|key| self.field(key.as_str()).is_none()) {
                faults.add(format!("/rules/{at}/field"), "unknown_field", "there is no such field");
            }
        }
        if let Some(numbering) = &self.numbering {
            if !fits(&numbering.field, |field| matches!(field.kind, FieldType::Text(_)) && !field.required) {
                let message = "the number is kept in a field of type text that is not required of clients";
                faults.add("/numbering/field", "wrong_field", message);
            }
            if let Err(error) = SeriesPattern::parse(&numbering.pattern) {
                faults.add("/numbering/pattern", "invalid", error.to_string());
            }
            if numbering.date.as_ref().is_some_and(|key| !fits(key, is_required_day)) {
                faults.add(
                    "/numbering/date",
                    "wrong_field",
                    "a required field of type date counts for the number",
                );
            }
        }
        if let Some(effective) = &self.effective {
            if !fits(&effective.from, is_required_day) {
                faults.add(
                    "/effective/from",
                    "wrong_field",
                    "the first day is a required field of type date",
                );
            }
            if !fits(&effective.until, is_day) {
                let message = "the last day is a field of type date that may be empty";
                faults.add("/effective/until", "wrong_field", message);
            }
            self.check_scalars(&effective.within, "/effective/within", faults);
        }
    }

    fn check_layout(&self, faults: &mut Faults) {
        let is_shown =
            |key: &FieldKey| self.field(key.as_str()).is_some() || SYSTEM_FIELDS.contains(&key.as_str());
        let check = |pointer: &str, keys: &[FieldKey], faults: &mut Faults| {
            for (at, _) in keys.iter().enumerate().filter(|(_, key)| !is_shown(key)) {
                faults.add(format!("{pointer}/{at}"), "unknown_field", "there is no such field");
            }
        };
        check("/layout/list", &self.layout.list, faults);
        for (at, section) in self.layout.form.iter().enumerate() {
            check(&format!("/layout/form/{at}/fields"), &section.fields, faults);
        }
        let sort = self.layout.sort.as_deref().map(|sort| sort.strip_prefix('-').unwrap_or(sort));
        if sort.is_some_and(|key| !self.can_be_sorted_by(key)) {
            let message = "a list is ordered by an indexed field, createdAt or updatedAt";
            faults.add("/layout/sort", "wrong_field", message);
        }
        let Some(board) = &self.layout.board else { return };
        check("/layout/board/card", &board.card, faults);
        let is_column = match board.columns.as_str() {
            "state" => self.states.is_some(),
            key => self.field(key).is_some_and(|field| matches!(field.kind, FieldType::Enum(_))),
        };
        if !is_column {
            let message =
                "the columns of a board are state, where the entity has states, or a field of type enum";
            faults.add("/layout/board/columns", "wrong_field", message);
        }
    }
}

impl EntityDef {
    /// Whether lists can be ordered by this field.
    fn can_be_sorted_by(&self, key: &str) -> bool {
        let is_indexed =
            |field: &FieldDef| field.kind.is_scalar() && (field.indexed || field.unique.scope().is_some());
        matches!(key, "createdAt" | "updatedAt" | "id") || self.field(key).is_some_and(is_indexed)
    }
}

fn is_date(field: &FieldDef) -> bool {
    matches!(field.kind, FieldType::Date(_))
}

fn check_states(machine: &StateMachine, faults: &mut Faults) {
    let is_word = |word: &str| EntityKey::parse(word).is_ok_and(|key| key.module().is_none());
    if machine.states.len() > MAX_STATES {
        faults.add("/states/states", "too_many", format!("an entity has at most {MAX_STATES} states"));
    }
    let mut seen = BTreeSet::new();
    for (at, state) in machine.states.iter().enumerate() {
        let pointer = format!("/states/states/{at}/key");
        if !is_word(&state.key) {
            faults.add(&pointer, "invalid", "a state is a word of a-z, 0-9 and _");
        } else if !seen.insert(state.key.as_str()) {
            faults.add(&pointer, "repeated", "another state has this word");
        }
    }
    if !seen.contains(machine.initial.as_str()) {
        faults.add("/states/initial", "unknown_state", "there is no such state");
    }
    let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, transition) in machine.transitions.iter().enumerate() {
        let pointer = format!("/states/transitions/{at}");
        if !is_word(&transition.key) {
            faults.add(format!("{pointer}/key"), "invalid", "a transition is a word of a-z, 0-9 and _");
        } else if ways.insert(&transition.key, at).is_some() {
            faults.add(format!("{pointer}/key"), "repeated", "another transition has this word");
        }
        if !seen.contains(transition.to.as_str()) {
            faults.add(format!("{pointer}/to"), "unknown_state", "there is no such state");
        }
        if transition.from.is_empty() {
            faults.add(format!("{pointer}/from"), "required", "a transition leads from at least one state");
        }
        for (from, _) in
            transition.from.iter().enumerate().filter(|(_, state)| !seen.contains(state.as_str()))
        {
            faults.add(format!("{pointer}/from/{from}"), "unknown_state", "there is no such state");
        }
    }
    for state in unreachable(machine) {
        if let Some(at) = machine.states.iter().position(|other| other.key == state) {
            faults.add(format!("/states/states/{at}"), "unreachable", "no transition leads to this state");
        }
    }
}

/// The states that no record can come to.
fn unreachable(machine: &StateMachine) -> Vec<&str> {
    let mut reached = BTreeSet::from([machine.initial.as_str()]);
    loop {
        let leads_on = |way: &&crate::Transition| way.from.iter().any(|from| reached.contains(from.as_str()));
        let found: Vec<&str> = machine
            .transitions
            .iter()
            .filter(leads_on)
            .map(|way| way.to.as_str())
            .filter(|to| !reached.contains(to))
            .collect();
        if found.is_empty() {
            break;
        }
        reached.extend(found);
    }
    machine.states.iter().map(|state| state.key.as_str()).filter(|key| !reached.contains(key)).collect()
}
