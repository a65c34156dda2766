//! What is different between the rules of two definitions that find duplicates.

use athyper_kernel_entity::DuplicateRule;
use athyper_kernel_records::compared;

use crate::model::change::{Measure, Step};
use crate::model::diff::Side;

/// Rules that compare something new, or compare no more what they did, or say it otherwise. `after` has the slots that fields
/// have once the definition is in force: a field of another type has other values.
pub(crate) fn steps(before: Side<'_>, after: Side<'_>, steps: &mut Vec<Step>) {
    let named = |side: Side<'_>, rule: &DuplicateRule| compared(rule, |key| side.slots.get(key).copied());
    let names = |side: Side<'_>| -> Vec<Option<String>> {
        side.def.duplicates.iter().map(|rule| named(side, rule)).collect()
    };
    let (old, new) = (names(before), names(after));
    for (at, (rule, name)) in after.def.duplicates.iter().zip(&new).enumerate() {
        let pointer = format!("/duplicates/{at}");
        let known = old.iter().position(|other| other == name).and_then(|at| before.def.duplicates.get(at));
        match known {
            None => {
                let message = format!("{} finds duplicates among the records that are there", rule.key);
                steps.push(Step::new("duplicates_added", pointer, message).backfills(Measure::Records));
            }
            Some(known)
                if (&known.key, &known.label, known.on_write) != (&rule.key, &rule.label, rule.on_write) =>
            {
                let message = format!("{} is named, or taken, otherwise from now on", rule.key);
                steps.push(Step::new("duplicates_changed", pointer, message));
            }
            Some(_) => {}
        }
    }
    for (at, (rule, name)) in before.def.duplicates.iter().zip(&old).enumerate() {
        if !new.contains(name) {
            let message = format!("{} finds no duplicates any more", rule.key);
            steps.push(Step::new("duplicates_removed", format!("/duplicates/{at}"), message).rewriting());
        }
    }
}
