//! Names of entries: who owns them, what they are for, and the key itself.

use athyper_kernel_types::TenantId;

use crate::error::CacheError;
use crate::settings::MAX_KEY_BYTES;

/// Longest namespace, in bytes.
const MAX_NAMESPACE_BYTES: usize = 32;

/// What entries are for, such as `sessions`: the part of a key that keeps one use apart from all others.
///
/// Make it a constant, so that a bad name does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(&'static str);

impl Namespace {
    /// A namespace of 1 to 32 lower-case letters, digits, `-`, `_` and `.`.
    ///
    /// # Panics
    /// When the name has another form; for a constant that is an error of the compiler.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty() && bytes.len() <= MAX_NAMESPACE_BYTES, "a namespace has 1 to 32 bytes");
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            assert!(
                matches!(first, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'),
                "a namespace has lower-case letters, digits, '-', '_' and '.' only"
            );
            rest = tail;
        }
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Whose entries a view reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// One tenant.
    Tenant(TenantId),
    /// The platform itself.
    Platform,
}

impl Owner {
    /// The full key of an entry.
    pub(crate) fn key(self, namespace: Namespace, key: &str) -> Result<String, CacheError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(CacheError::Key { bytes: key.len() });
        }
        Ok(format!("{}:{key}", self.channel(namespace)))
    }

    /// The full name of a channel, which is also the prefix of the namespace's keys.
    pub(crate) fn channel(self, namespace: Namespace) -> String {
        let name = namespace.as_str();
        match self {
            Self::Tenant(tenant) => format!("athyper:{{{tenant}}}:{name}"),
            Self::Platform => format!("athyper:{{platform}}:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: Namespace = Namespace::new("sessions");

    #[test]
    fn the_owner_is_the_hash_tag_of_the_key() {
        let tenant: TenantId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(
            Owner::Tenant(tenant).key(SESSIONS, "{x}:1").unwrap(),
            "athyper:{01890a5d-ac96-774b-bcce-b302099a8057}:sessions:{x}:1"
        );
        assert_eq!(Owner::Platform.key(SESSIONS, "1").unwrap(), "athyper:{platform}:sessions:1");
    }

    #[test]
    fn a_key_is_neither_empty_nor_longer_than_the_limit() {
        let longest = "k".repeat(MAX_KEY_BYTES);
        assert!(Owner::Platform.key(SESSIONS, &longest).is_ok());
        assert_eq!(Owner::Platform.key(SESSIONS, ""), Err(CacheError::Key { bytes: 0 }));
        assert_eq!(Owner::Platform.key(SESSIONS, &(longest + "k")), Err(CacheError::Key { bytes: 513 }));
    }

    #[test]
    #[should_panic(expected = "lower-case")]
    fn a_namespace_with_a_colon_is_refused() {
        let _ = Namespace::new("a:b");
    }
}
