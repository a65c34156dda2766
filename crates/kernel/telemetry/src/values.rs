//! The values of an event or a span by name.

use std::vec;

use serde_json::Value;

/// Values by name, in the order in which the names came first. They are few: a name is found by looking at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(&'static str, Value)>);

impl Values {
    /// Room for the fields of a usual event.
    const USUAL: usize = 8;

    /// Puts the value in the place of what this name had, or last.
    pub fn insert(&mut self, name: &'static str, value: Value) {
        if let Some((_, old)) = self.0.iter_mut().find(|(own, _)| *own == name) {
            *old = value;
            return;
        }
        if self.0.capacity() == 0 {
            self.0.reserve(Self::USUAL);
        }
        self.0.push((name, value));
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Takes the value of this name out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| *own == name)?;
        Some(self.0.remove(at).1)
    }

    /// The values with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

impl IntoIterator for Values {
    type Item = (&'static str, Value);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "c", "dd"];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn they_are_what_a_map_in_order_is(
            steps in prop::collection::vec((prop::sample::select(&NAMES[..]), 0_u8..9, any::<bool>()), 0..30),
        ) {
            let (mut values, mut map) = (Values::default(), Map::new());
            for (name, number, is_taken) in steps {
                if is_taken {
                    prop_assert_eq!(values.remove(name), map.shift_remove(name));
                } else {
                    values.insert(name, Value::from(number));
                    map.insert(name.to_owned(), Value::from(number));
                }
                prop_assert_eq!(values.get(name), map.get(name));
            }
            let expected: Vec<_> = map.into_iter().collect();
            let shown: Vec<_> = values.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
            prop_assert_eq!(&shown, &expected);
            let given: Vec<_> = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            prop_assert_eq!(given, expected);
        }
    }
}
