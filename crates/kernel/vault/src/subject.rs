//! Whose values a data key seals.

/// Whose values a data key seals: the tenant's own, or one person's, which can be destroyed alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// The tenant itself: secrets, and whatever is no single person's.
    pub const TENANT: Self = Self(String::new());

    /// A person, by an id that never changes.
    pub fn person(id: impl std::fmt::Display) -> Self {
        Self(format!("person:{id}"))
    }

    /// The stored form.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}
