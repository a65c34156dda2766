//! What is different between two definitions of one field.

use athyper_kernel_entity::{FieldDef, FieldType};
use athyper_kernel_records::Slot;

use crate::model::change::{ChangeClass, Measure, Step};
use crate::model::diff::Diff;

/// A field that there was not.
pub(crate) fn added(field: &FieldDef, pointer: &str, diff: &mut Diff) {
    let key = field.key.as_str();
    let step = Step::new("field_added", pointer, format!("{key} is new")).of(key);
    let is_computed = matches!(field.kind, FieldType::Computed(_));
    let is_found = field.indexed || field.unique.scope().is_some();
    let has_default = field.required && field.default.is_some();
    if has_default {
        diff.defaults.push(key.to_owned());
    }
    diff.steps.push(match () {
        () if is_computed || is_found || has_default => step.backfills(Measure::Records),
        () => step,
    });
    if field.required && field.default.is_none() && !is_computed {
        let message =
            format!("{key} is required, and records have no value: each needs one when it is changed");
        let step = Step::new("required_added", format!("{pointer}/required"), message).of(key);
        diff.steps.push(step.destroys_some(Measure::Records, ChangeClass::Additive));
    }
}

/// A field that is there already, its values in this slot.
pub(crate) fn changed(old: &FieldDef, field: &FieldDef, slot: Slot, pointer: &str, diff: &mut Diff) {
    let key = field.key.as_str();
    if old.key != field.key {
        let message = format!("{} is called {key} from now on", old.key);
        diff.steps.push(Step::new("field_renamed", format!("{pointer}/key"), message).of(key));
    }
    type_steps(old, field, slot, pointer, diff);
    found_steps(old, field, slot, pointer, diff);
    if field.required && !old.required {
        let at = format!("{pointer}/required");
        if field.default.is_some() {
            diff.defaults.push(key.to_owned());
            let message = format!("records without {key} get its default");
            diff.steps
                .push(Step::new("required_added", at, message).of(key).backfills(Measure::Missing(slot)));
        } else {
            let message = format!("records without {key} need a value when they are changed");
            let step = Step::new("required_added", at, message).of(key);
            diff.steps.push(step.destroys_some(Measure::Missing(slot), ChangeClass::Additive));
        }
    }
    let is_told = old.label != field.label
        || old.help != field.help
        || old.hidden != field.hidden
        || old.default != field.default
        || old.rules != field.rules
        || old.read_only_when != field.read_only_when
        || old.required_when != field.required_when
        || old.personal_data != field.personal_data
        || (old.required && !field.required);
    if is_told {
        let message = format!("{key} is described or checked otherwise from now on");
        diff.steps.push(Step::new("field_changed", pointer, message).of(key));
    }
}

fn type_steps(old: &FieldDef, field: &FieldDef, slot: Slot, pointer: &str, diff: &mut Diff) {
    if old.kind == field.kind {
        return;
    }
    let (key, at) = (field.key.as_str(), format!("{pointer}/type"));
    let step = |code: &str, message: String| Step::new(code, &at, message).of(key);
    let (from, to) = (old.kind.word(), field.kind.word());
    diff.steps.push(match (&old.kind, &field.kind) {
        (FieldType::Computed(_), FieldType::Computed(_)) => {
            step("computed_changed", format!("{key} is computed anew")).backfills(Measure::Records)
        }
        (_, FieldType::Computed(_)) => {
            let message = format!("{key} is computed from now on: the values that it has are hidden");
            step("type_changed", message).destroys(Measure::Values(slot)).rewriting()
        }
        _ if !old.kind.is_kept_by(&field.kind) => {
            let message = format!("{key} becomes {to} and was {from}: what cannot be converted is hidden");
            let measure = Measure::Unconvertible(slot, old.kind.clone(), field.kind.clone());
            step("type_changed", message).destroys_some(measure, ChangeClass::NeedsBackfill).rewriting()
        }
        _ if old.kind.widens_to(&field.kind) => step("type_widened", format!("{key} takes more than before")),
        _ => {
            let message =
                format!("{key} takes less than before: values that do not fit stay until they are changed");
            step("type_narrowed", message).destroys(Measure::Misfits(slot, field.kind.clone()))
        }
    });
}

/// What makes records found by the field.
fn found_steps(old: &FieldDef, field: &FieldDef, slot: Slot, pointer: &str, diff: &mut Diff) {
    let key = field.key.as_str();
    let is_indexed = |field: &FieldDef| field.indexed || field.unique.scope().is_some();
    if is_indexed(field) && !is_indexed(old) {
        let message = format!("filters and sorts by {key} are fast");
        let step = Step::new("index_added", format!("{pointer}/indexed"), message).of(key);
        diff.steps.push(step.backfills(Measure::Records));
    } else if !field.indexed && old.indexed {
        let message = format!("{key} has no index of its own any more");
        diff.steps
            .push(Step::new("index_removed", format!("{pointer}/indexed"), message).of(key).rewriting());
    }
    if field.searchable != old.searchable {
        let message = if field.searchable { "the search finds" } else { "the search no longer finds" };
        let step = Step::new("search_changed", format!("{pointer}/searchable"), format!("{message} {key}"));
        diff.steps.push(step.of(key).backfills(Measure::Values(slot)));
    }
}
