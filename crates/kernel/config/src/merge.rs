//! Lays one source over another and remembers, for every leaf, which one won.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::layer::Origin;
use crate::path::{Path, visit_leaves};

/// The layers merged so far, with the origin of each leaf.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) root: Value,
    origins: BTreeMap<Path, Origin>,
}

impl Merged {
    pub(crate) fn empty() -> Self {
        Self { root: Value::Object(Map::new()), origins: BTreeMap::new() }
    }

    /// Lays `from` over what is there: objects merge, lists and plain values replace.
    pub(crate) fn lay(&mut self, from: Value, origin: &Origin) {
        let mut won = Vec::new();
        merge(&mut self.root, from, &Path::default(), &mut won);
        for leaf in won {
            self.set_origin(leaf, origin.clone());
        }
    }

    /// Records where a leaf came from and forgets what it replaced, above and below it.
    pub(crate) fn set_origin(&mut self, leaf: Path, origin: Origin) {
        for above in leaf.ancestors() {
            self.origins.remove(&above);
        }
        let below: Vec<Path> = self.origins_within(&leaf).map(|(path, _)| path.clone()).collect();
        for path in below {
            self.origins.remove(&path);
        }
        self.origins.insert(leaf, origin);
    }

    /// The origin of a value: its own, or of an object the highest among its leaves. None when no layer sets it.
    pub(crate) fn origin(&self, path: &Path) -> Option<&Origin> {
        self.origins_within(path).map(|(_, origin)| origin).max_by_key(|origin| origin.layer)
    }

    /// How many values each layer won, lowest layer first.
    pub(crate) fn count_by_layer(&self) -> BTreeMap<crate::Layer, usize> {
        let mut counts = BTreeMap::new();
        for origin in self.origins.values() {
            *counts.entry(origin.layer).or_default() += 1;
        }
        counts
    }

    /// Drops the values, which may be secret, and keeps the origins.
    pub(crate) fn without_values(self) -> Self {
        Self { root: Value::Null, ..self }
    }

    fn origins_within<'a>(&'a self, path: &Path) -> impl Iterator<Item = (&'a Path, &'a Origin)> {
        self.origins.range(path.clone()..).take_while(move |(found, _)| found.is_within(path))
    }
}

fn merge(target: &mut Value, from: Value, at: &Path, won: &mut Vec<Path>) {
    match (target, from) {
        (Value::Object(target), Value::Object(from)) => {
            for (key, value) in from {
                let path = at.child(&key);
                if let Some(inner) = target.get_mut(&key) {
                    merge(inner, value, &path, won);
                } else {
                    visit_leaves(&value, &path, &mut |leaf, _| won.push(leaf.clone()));
                    target.insert(key, value);
                }
            }
        }
        (target, from) => {
            visit_leaves(&from, at, &mut |leaf, _| won.push(leaf.clone()));
            *target = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Layer;

    fn lay_all(layers: &[(Layer, Value)]) -> Merged {
        let mut merged = Merged::empty();
        for (layer, value) in layers {
            merged.lay(value.clone(), &Origin::new(*layer, "test"));
        }
        merged
    }

    #[test]
    fn objects_merge_while_lists_and_plain_values_replace() {
        let merged = lay_all(&[
            (Layer::File, json!({"a": {"x": 1, "y": [1, 2]}, "b": 1, "c": {"z": 1}})),
            (Layer::Env, json!({"a": {"y": [3]}, "b": {"n": 1}, "c": null})),
        ]);
        assert_eq!(merged.root, json!({"a": {"x": 1, "y": [3]}, "b": {"n": 1}, "c": null}));
        let layer = |path: &str| merged.origin(&Path::dotted(path)).map(|o| o.layer);
        assert_eq!(layer("a.x"), Some(Layer::File));
        assert_eq!(layer("a.y"), Some(Layer::Env));
        assert_eq!(layer("b.n"), Some(Layer::Env));
        assert_eq!(layer("c"), Some(Layer::Env));
        assert_eq!(layer("c.z"), None);
        assert_eq!(layer("a"), Some(Layer::Env), "an object has the highest origin of its leaves");
        assert_eq!(layer("nothing"), None);
        let counts = BTreeMap::from([(Layer::File, 1), (Layer::Env, 3)]);
        assert_eq!(merged.count_by_layer(), counts, "what was replaced is forgotten");
    }

    #[test]
    fn keys_of_other_languages_prototypes_are_plain_keys() {
        let merged = lay_all(&[
            (Layer::File, json!({"__proto__": {"a": 1}, "constructor": 1})),
            (Layer::Env, json!({"__proto__": {"b": 2}})),
        ]);
        assert_eq!(merged.root, json!({"__proto__": {"a": 1, "b": 2}, "constructor": 1}));
    }
}
