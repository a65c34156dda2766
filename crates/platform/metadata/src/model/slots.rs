//! Which field has which values: a field is stored under its slot, and keeps it when its key changes.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_entity::{EntityDef, FIRST_CUSTOM_SLOT};
use athyper_kernel_records::Slot;
use serde_json::Value;

/// Slots by key of the field.
pub(crate) type Slots = BTreeMap<String, Slot>;

/// The keys of a document's fields, as far as they are texts.
pub(crate) fn keys_of(document: &Value) -> Vec<&str> {
    let fields = document.get("fields").and_then(Value::as_array);
    fields.into_iter().flatten().filter_map(|field| field.get("key")?.as_str()).collect()
}

/// The slots of a document's fields: those that it had before, by their old keys where they are renamed (old key by new key),
/// and those of fields in force that come back. A field that is new has none yet.
pub(crate) fn carry(
    document: &Value,
    before: &Slots,
    in_force: &Slots,
    renames: &BTreeMap<String, String>,
) -> Slots {
    let keys: BTreeSet<&str> = keys_of(document).into_iter().collect();
    let mut carried = Slots::new();
    let mut used = BTreeSet::new();
    for (old, new) in renames {
        if let Some(slot) = before.get(old).filter(|_| keys.contains(new.as_str()))
            && used.insert(*slot)
        {
            carried.insert(new.clone(), *slot);
        }
    }
    // First what the document had, so that a field never takes the slot of another one that is renamed.
    for known in [before, in_force] {
        for key in &keys {
            if carried.contains_key(*key) {
                continue;
            }
            if let Some(slot) = known.get(*key)
                && used.insert(*slot)
            {
                carried.insert((*key).to_owned(), *slot);
            }
        }
    }
    carried
}

/// The slots of a version that is taken up again. A field whose type has changed since keeps the slot that it has now, so
/// that its values are converted back and not replaced by old ones.
pub(crate) fn take_up(earlier: &Slots, fields: &[&str], in_force: &Slots, fields_in_force: &[&str]) -> Slots {
    let live: BTreeMap<Slot, &str> =
        fields_in_force.iter().filter_map(|key| Some((*in_force.get(*key)?, *key))).collect();
    let mut taken = Slots::new();
    let mut used = BTreeSet::new();
    let found = fields.iter().filter_map(|key| Some((*key, *earlier.get(*key)?)));
    for (key, slot) in found.clone().filter(|(_, slot)| live.contains_key(slot)) {
        used.insert(slot);
        taken.insert(key.to_owned(), slot);
    }
    for (key, slot) in found.filter(|(_, slot)| !live.contains_key(slot)) {
        let now = in_force.get(key).filter(|now| live.contains_key(now) && !used.contains(*now)).copied();
        let slot = now.unwrap_or(slot);
        used.insert(slot);
        taken.insert(key.to_owned(), slot);
    }
    taken
}

/// All slots once a definition is in force: those of its fields, new ones where `moved` says that a type changes or a field
/// has none, and those that the entity gave out before, under a key that is no field's.
pub(crate) fn settle(def: &EntityDef, drafted: &Slots, in_force: &Slots, moved: &BTreeSet<String>) -> Slots {
    let least = if def.key.module().is_some() { FIRST_CUSTOM_SLOT } else { 1 };
    let last = in_force.values().chain(drafted.values()).copied().max().unwrap_or(0);
    let mut next = least.max(last + 1);
    let mut slots = Slots::new();
    let mut used = BTreeSet::new();
    for field in &def.fields {
        let key = field.key.as_str();
        let kept = drafted.get(key).filter(|_| !moved.contains(key)).copied();
        let slot = kept.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        used.insert(slot);
        slots.insert(key.to_owned(), slot);
    }
    let gone = in_force.iter().chain(drafted).filter(|(_, slot)| !used.contains(*slot));
    for (key, slot) in gone.map(|(key, slot)| (key.clone(), *slot)).collect::<Vec<_>>() {
        if slots.values().any(|other| *other == slot) {
            continue;
        }
        // No field has a key that begins so.
        let key = if slots.contains_key(&key) { format!("#{slot}") } else { key };
        slots.insert(key, slot);
    }
    slots
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slots(pairs: &[(&str, Slot)]) -> Slots {
        pairs.iter().map(|(key, slot)| ((*key).to_owned(), *slot)).collect()
    }

    fn document(keys: &[&str]) -> Value {
        json!({"fields": keys.iter().map(|key| json!({"key": key})).collect::<Vec<_>>()})
    }

    #[test]
    fn a_field_keeps_its_slot_under_its_new_key() {
        let before = slots(&[("a", 1), ("b", 2)]);
        let renames = BTreeMap::from([("a".to_owned(), "b".to_owned()), ("b".to_owned(), "a".to_owned())]);
        // Two fields change their names.
        assert_eq!(carry(&document(&["a", "b"]), &before, &before, &renames), slots(&[("a", 2), ("b", 1)]));
        // A field of the old name is another one.
        let renames = BTreeMap::from([("a".to_owned(), "c".to_owned())]);
        assert_eq!(carry(&document(&["c", "a"]), &before, &before, &renames), slots(&[("c", 1)]));
        // What left the document comes back while it is in force.
        assert_eq!(carry(&document(&["b"]), &before, &before, &BTreeMap::new()), slots(&[("b", 2)]));
        assert_eq!(carry(&document(&["a", "b"]), &slots(&[("b", 2)]), &before, &BTreeMap::new()), before);
    }

    #[test]
    fn no_slot_is_given_out_twice() {
        let def: EntityDef = serde_json::from_value(json!({
            "key": "e", "label": "E", "plural": "E",
            "fields": [{"key": "a", "label": "A", "type": "date"}, {"key": "n", "label": "N", "type": "date"}]
        }))
        .unwrap();
        let in_force = slots(&[("a", 1), ("gone", 7), ("#3", 3)]);
        let moved = BTreeSet::from(["a".to_owned()]);
        let settled = settle(&def, &slots(&[("a", 1)]), &in_force, &moved);
        assert_eq!(settled, slots(&[("a", 8), ("n", 9), ("gone", 7), ("#3", 3), ("#1", 1)]));
    }

    #[test]
    fn an_earlier_version_takes_the_values_of_today() {
        let earlier = slots(&[("a", 1), ("b", 2), ("c", 3)]);
        // a was renamed to x, the type of b has changed, c was removed.
        let in_force = slots(&[("x", 1), ("b", 4), ("#2", 2), ("c", 3)]);
        let taken = take_up(&earlier, &["a", "b", "c"], &in_force, &["x", "b"]);
        assert_eq!(taken, slots(&[("a", 1), ("b", 4), ("c", 3)]));
    }
}
