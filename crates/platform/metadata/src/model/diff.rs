//! What is different between two definitions of one entity.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_entity::{EntityDef, EntityKey, EntityKind, FieldDef, FieldType, StateMachine};
use athyper_kernel_records::{Aside, Move, Slot};

use crate::model::change::{ChangeClass, Measure, Place, Step};
use crate::model::document::below;
use crate::model::slots::{Slots, settle};
use crate::model::{diff_duplicates, diff_fields};

/// What a publication does.
#[derive(Clone, Debug)]
pub(crate) struct Diff {
    /// The changes, before they are counted.
    pub(crate) steps: Vec<Step>,
    /// All slots afterwards.
    pub(crate) slots: Slots,
    /// Values that get another form.
    pub(crate) moves: Vec<Move>,
    /// Fields whose default is given to records without a value.
    pub(crate) defaults: Vec<String>,
}

/// One of two definitions, with the slots of its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'d> {
    /// The definition.
    pub(crate) def: &'d EntityDef,
    /// Slots by key.
    pub(crate) slots: &'d Slots,
}

impl<'d> Side<'d> {
    /// Its fields by slot.
    fn by_slot(&self) -> BTreeMap<Slot, &'d FieldDef> {
        let fields = self.def.fields.iter();
        fields.filter_map(|field| Some((*self.slots.get(field.key.as_str())?, field))).collect()
    }
}

/// What is different between what is in force and a draft. `removed` has fields that were removed before and come back, by
/// the slot that still has their values; `asides` has by slot what earlier changes of a field's type have left behind.
pub(crate) fn diff(
    before: Side<'_>,
    after: Side<'_>,
    removed: &BTreeMap<Slot, FieldDef>,
    mut asides: BTreeMap<Slot, Vec<Aside>>,
) -> Diff {
    let original = before.def;
    // An entity of a new key is the same entity to those of its fields that refer to it.
    let renamed = renamed(before.def, &after.def.key);
    let before = Side { def: &renamed, slots: before.slots };
    let in_force = before.by_slot();
    let mut diff = Diff { steps: Vec::new(), slots: Slots::new(), moves: Vec::new(), defaults: Vec::new() };
    if original.key != after.def.key {
        let message = format!("addresses name the entity {} and no longer {}", after.def.key, original.key);
        diff.steps.push(Step::new("entity_renamed", "/key", message));
    }
    entity_steps(before.def, after.def, &mut diff.steps);

    let mut moved: BTreeMap<Slot, (&FieldDef, &FieldDef)> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    for (at, field) in after.def.fields.iter().enumerate() {
        let pointer = format!("/fields/{at}");
        let slot = after.slots.get(field.key.as_str()).copied();
        let live = slot.and_then(|slot| Some((slot, *in_force.get(&slot)?)));
        let returned = slot.and_then(|slot| Some((slot, removed.get(&slot)?)));
        let Some((slot, old)) = live.or(returned) else {
            diff_fields::added(field, &pointer, &mut diff);
            continue;
        };
        kept.insert(slot);
        if live.is_none() {
            let message = format!("{} comes back with the values that it had", field.key);
            let step = Step::new("field_returned", &pointer, message).of(field.key.as_str());
            diff.steps.push(step.backfills(Measure::Values(slot)));
        }
        if !old.kind.is_kept_by(&field.kind) {
            moved.insert(slot, (old, field));
        }
        diff_fields::changed(old, field, slot, &pointer, &mut diff);
    }
    for (at, field) in before.def.fields.iter().enumerate() {
        let slot = before.slots.get(field.key.as_str());
        if let Some(slot) = slot.filter(|slot| !kept.contains(*slot)) {
            let message = format!("{} is no more: its values are hidden, and come back with it", field.key);
            let step = Step::new("field_removed", format!("/fields/{at}"), message).of(field.key.as_str());
            let step = step.destroys(Measure::Values(*slot));
            diff.steps.push(if is_traced(field) { step.rewriting() } else { step });
        }
    }

    let keys: BTreeSet<String> = moved.values().map(|(_, field)| field.key.to_string()).collect();
    diff.slots = settle(after.def, after.slots, before.slots, &keys);
    for (from, (old, field)) in &moved {
        let Some(to) = diff.slots.get(field.key.as_str()) else { continue };
        let (kind, becomes) = (old.kind.clone(), field.kind.clone());
        let asides = asides.remove(from).unwrap_or_default();
        diff.moves.push(Move { from: *from, kind, to: *to, becomes, asides });
    }
    unique_steps(before, after, &mut diff);
    let slots = std::mem::take(&mut diff.slots);
    diff_duplicates::steps(before, Side { def: after.def, slots: &slots }, &mut diff.steps);
    diff.slots = slots;
    diff
}

/// Whether something is stored of the field's values beside the records.
fn is_traced(field: &FieldDef) -> bool {
    let names = matches!(field.kind, FieldType::Reference(_) | FieldType::References(_));
    names || field.indexed || field.searchable || field.unique.scope().is_some()
}

/// The definition under another key.
fn renamed<'d>(def: &'d EntityDef, key: &EntityKey) -> Cow<'d, EntityDef> {
    if def.key == *key {
        return Cow::Borrowed(def);
    }
    let mut renamed = def.clone();
    renamed.key = key.clone();
    for field in &mut renamed.fields {
        if let FieldType::Reference(reference) | FieldType::References(reference) = &mut field.kind
            && reference.entity == def.key
        {
            reference.entity = key.clone();
        }
    }
    Cow::Owned(renamed)
}

/// What is different beside the fields.
fn entity_steps(before: &EntityDef, after: &EntityDef, steps: &mut Vec<Step>) {
    if before.kind != after.kind {
        let step = Step::new("kind_changed", "/kind", "records stand to each other in another way");
        steps.push(match after.kind {
            EntityKind::Single => {
                step.destroys_some(Measure::Several, ChangeClass::Additive).blocked_by_some()
            }
            _ => step,
        });
    }
    state_steps(before.states.as_ref(), after.states.as_ref(), steps);
    if before.effective != after.effective {
        let step = Step::new("times_changed", "/effective", "records hold for other times");
        let is_held = after.effective.is_some();
        steps.push(if is_held { step.backfills(Measure::Records) } else { step });
    }
    let others = [
        ("label", before.label != after.label || before.plural != after.plural || before.help != after.help),
        ("title", before.title != after.title),
        ("rules", before.rules != after.rules),
        ("numbering", before.numbering != after.numbering),
        ("layout", before.layout != after.layout),
        ("writer", before.writer != after.writer),
    ];
    for (name, _) in others.iter().filter(|(_, is_changed)| *is_changed) {
        let message = format!("{name}: what is written from now on follows it");
        steps.push(Step::new(&format!("{name}_changed"), below("", name), message));
    }
}

fn state_steps(before: Option<&StateMachine>, after: Option<&StateMachine>, steps: &mut Vec<Step>) {
    match (before, after) {
        (None, Some(after)) => {
            let message = format!("records get the state {}", after.initial);
            steps.push(Step::new("states_added", "/states", message).backfills(Measure::Records));
        }
        (Some(_), None) => {
            let message = "states are no more: those that records have are hidden";
            steps.push(Step::new("states_removed", "/states", message).destroys(Measure::States(Vec::new())));
        }
        (Some(before), Some(after)) if before != after => {
            steps.push(Step::new("states_changed", "/states", "records move between other states"));
            let gone: Vec<String> = before
                .states
                .iter()
                .filter(|state| after.state(&state.key).is_none())
                .map(|state| state.key.clone())
                .collect();
            if !gone.is_empty() {
                let message =
                    format!("no record can be left in {}: move them to other states", gone.join(", "));
                let step = Step::new("state_removed", "/states/states", message);
                let measure = Measure::States(gone);
                steps.push(step.destroys_some(measure, ChangeClass::Additive).blocked_by_some());
            }
        }
        _ => {}
    }
}

/// Rules that values come once, which are new or are about other slots than before.
fn unique_steps(before: Side<'_>, after: Side<'_>, diff: &mut Diff) {
    let Diff { steps, moves, .. } = diff;
    let place = |key: &str| {
        let slot = after.slots.get(key).copied();
        let moved = moves.iter().find(|moved| Some(moved.from) == slot).cloned();
        Place { slot, moved }
    };
    let (old, new) = (rules(before), rules(after));
    for rule in &new {
        let is_moved = rule.own.iter().chain(&rule.within).any(|key| place(key).moved.is_some());
        let is_known = old.iter().any(|known| known.slots == rule.slots);
        if is_known && !is_moved {
            continue;
        }
        let message = format!("values of {} come once", rule.own.join(", "));
        let places = |keys: &[String]| keys.iter().map(|key| place(key)).collect();
        let measure = Measure::Repeated(places(&rule.own), places(&rule.within));
        let step = Step::new("unique_added", &rule.pointer, message);
        let step = match rule.own.as_slice() {
            [key] => step.of(key),
            _ => step,
        };
        steps.push(step.destroys_some(measure, ChangeClass::NeedsBackfill).blocked_by_some().rewriting());
    }
    for rule in &old {
        if new.iter().all(|other| other.slots != rule.slots) {
            let message = format!("values of {} may come twice", rule.own.join(", "));
            steps.push(Step::new("unique_removed", &rule.pointer, message).rewriting());
        }
    }
}

/// A rule that values come once.
struct Rule {
    /// The slots of the fields, and of those that they agree in: what the rule is about, whatever the fields are called.
    slots: [Vec<Option<Slot>>; 2],
    /// Where it stands.
    pointer: String,
    /// The fields.
    own: Vec<String>,
    /// The fields that they agree in.
    within: Vec<String>,
}

/// The rules of a definition that values come once.
fn rules(side: Side<'_>) -> Vec<Rule> {
    let slots = |keys: &[String]| {
        let mut slots: Vec<Option<Slot>> = keys.iter().map(|key| side.slots.get(key).copied()).collect();
        slots.sort_unstable();
        slots
    };
    let mut rules = Vec::new();
    for (at, field) in side.def.fields.iter().enumerate() {
        let Some(scope) = field.unique.scope() else { continue };
        let own = vec![field.key.to_string()];
        let within: Vec<String> = scope.iter().map(ToString::to_string).collect();
        let pointer = format!("/fields/{at}/unique");
        rules.push(Rule { slots: [slots(&own), slots(&within)], pointer, own, within });
    }
    for (at, rule) in side.def.unique.iter().enumerate() {
        let own: Vec<String> = rule.fields.iter().map(ToString::to_string).collect();
        // A combination is another rule than a field within nothing.
        let slots = [slots(&own), vec![None]];
        rules.push(Rule { slots, pointer: format!("/unique/{at}"), own, within: Vec::new() });
    }
    rules
}
