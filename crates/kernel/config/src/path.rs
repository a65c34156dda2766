//! The place of a setting in the JSON tree, from the root down.

use std::fmt;

use serde_json::{Map, Value};

/// The keys that lead from the root to a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(Vec<String>);

impl Path {
    /// The path of a dotted text: `db.poolMax`.
    pub(crate) fn dotted(text: &str) -> Self {
        Self(text.split('.').map(str::to_owned).collect())
    }

    /// The path made of these keys, which may hold dots.
    pub(crate) fn of(keys: Vec<String>) -> Self {
        Self(keys)
    }

    /// The path one key deeper.
    pub(crate) fn child(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }

    /// The keys, from the root down.
    pub(crate) fn keys(&self) -> &[String] {
        &self.0
    }

    /// Whether this is `other` or lies below it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Every path above this one but the root.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        (1..self.0.len()).filter_map(|depth| self.0.get(..depth).map(|keys| Self(keys.to_vec())))
    }

    /// Takes the value at this path out of the tree.
    pub(crate) fn remove(&self, root: &mut Value) -> Option<Value> {
        let (last, parents) = self.0.split_last()?;
        let parent = parents.iter().try_fold(root, |value, key| value.as_object_mut()?.get_mut(key))?;
        parent.as_object_mut()?.shift_remove(last)
    }

    /// The smallest tree that holds the value at this path.
    pub(crate) fn wrap(&self, value: Value) -> Value {
        self.0.iter().rev().fold(value, |inner, key| {
            let mut object = Map::new();
            object.insert(key.clone(), inner);
            Value::Object(object)
        })
    }
}

impl fmt::Display for Path {
    /// Dotted. A key that is not plain is quoted and escaped, so that no key can forge a line of a report.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, key) in self.0.iter().enumerate() {
            if depth > 0 {
                f.write_str(".")?;
            }
            let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
            if plain {
                f.write_str(key)?;
            } else {
                write!(f, "{key:?}")?;
            }
        }
        Ok(())
    }
}

/// Calls `visit` with the path of every leaf at or below `at`: everything that is not an object, and empty objects.
pub(crate) fn visit_leaves(value: &Value, at: &Path, visit: &mut dyn FnMut(&Path, &Value)) {
    match value.as_object() {
        Some(object) if !object.is_empty() => {
            for (key, inner) in object {
                visit_leaves(inner, &at.child(key), visit);
            }
        }
        _ => visit(at, value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_odd_key_is_quoted_and_escaped() {
        let path = Path::of(vec!["iam".to_owned(), "a.b".to_owned(), "x\ny".to_owned(), String::new()]);
        assert_eq!(path.to_string(), r#"iam."a.b"."x\ny"."""#);
    }

    #[test]
    fn wrap_and_remove_agree() {
        let path = Path::dotted("a.b.c");
        let mut tree = path.wrap(json!(1));
        assert_eq!(tree, json!({"a": {"b": {"c": 1}}}));
        assert_eq!(path.remove(&mut tree), Some(json!(1)));
        assert_eq!(tree, json!({"a": {"b": {}}}));
        assert_eq!(path.remove(&mut tree), None);
    }

    #[test]
    fn within_compares_whole_keys() {
        assert!(Path::dotted("db.url").is_within(&Path::dotted("db")));
        assert!(!Path::dotted("dbx.url").is_within(&Path::dotted("db")));
        let above: Vec<String> = Path::dotted("a.b.c").ancestors().map(|p| p.to_string()).collect();
        assert_eq!(above, ["a", "a.b"]);
    }
}
