//! Whether the rules of a definition that find duplicates make sense.

use std::collections::BTreeSet;

use crate::check_fields::Faults;
use crate::{EntityDef, EntityKind, Writer};

/// Most rules of an entity.
const MAX_RULES: usize = 10;
/// Most fields that a rule compares, and most within which it does.
const MAX_TOGETHER: usize = 8;

impl EntityDef {
    pub(crate) fn check_duplicates(&self, faults: &mut Faults) {
        if self.duplicates.is_empty() {
            return;
        }
        if self.duplicates.len() > MAX_RULES {
            faults.add("/duplicates", "too_many", format!("at most {MAX_RULES} rules find duplicates"));
        }
        if self.kind == EntityKind::Single {
            faults.add("/duplicates", "single", "there is one record only: it has no duplicates");
        }
        if self.writer == Writer::Commands {
            let message =
                "operations of its domain write its records, and keep nothing that finds duplicates";
            faults.add("/duplicates", "written_by_commands", message);
        }
        let mut seen = BTreeSet::new();
        for (at, rule) in self.duplicates.iter().enumerate() {
            let pointer = format!("/duplicates/{at}");
            if !seen.insert(&rule.key) {
                faults.add(format!("{pointer}/key"), "repeated", "another rule has this key");
            }
            if rule.label.is_empty() {
                faults.add(format!("{pointer}/label"), "required", "people need a text here");
            }
            if !(1..=MAX_TOGETHER).contains(&rule.fields.len()) {
                faults.add(format!("{pointer}/fields"), "length", format!("name 1 to {MAX_TOGETHER} fields"));
            }
            if rule.within.len() > MAX_TOGETHER {
                let message = format!("name at most {MAX_TOGETHER} fields");
                faults.add(format!("{pointer}/within"), "length", message);
            }
            let is_same = |other: &&crate::DuplicateRule| {
                (&other.fields, &other.within) == (&rule.fields, &rule.within)
            };
            if self.duplicates.iter().take(at).any(|other| is_same(&other)) {
                faults.add(format!("{pointer}/fields"), "repeated", "another rule compares the same");
            }
            self.check_compared(at, &pointer, faults);
            self.check_scalars(&rule.within, &format!("{pointer}/within"), faults);
        }
    }

    /// Whether the fields that a rule compares are there, and can be compared so.
    fn check_compared(&self, rule: usize, pointer: &str, faults: &mut Faults) {
        let Some(rule) = self.duplicates.get(rule) else { return };
        for (at, part) in rule.fields.iter().enumerate() {
            let pointer = format!("{pointer}/fields/{at}");
            let is_repeated = rule.fields.iter().take(at).any(|other| other.field == part.field)
                || rule.within.contains(&part.field);
            match self.field(part.field.as_str()) {
                None => faults.add(format!("{pointer}/field"), "unknown_field", "there is no such field"),
                Some(_) if is_repeated => {
                    faults.add(format!("{pointer}/field"), "repeated", "this field is named twice");
                }
                Some(field) if !part.method.fits(&field.kind) => {
                    let method = String::from(part.method);
                    let message =
                        format!("values of type {} are not compared by {method}", field.kind.word());
                    faults.add(format!("{pointer}/method"), "wrong_type", message);
                }
                Some(_) => {}
            }
        }
    }
}
