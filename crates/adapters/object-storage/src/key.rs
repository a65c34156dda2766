//! The name of an object within its tenant.

use std::fmt;
use std::str::FromStr;

use athyper_kernel_types::TenantId;

use crate::error::StorageError;

/// Longest key, in bytes. With the 45 bytes of the tenant before it, it fills the 1,024 that S3 takes.
pub const MAX_KEY_BYTES: usize = 979;

/// The name of an object: segments that are separated by `/`, in any script, told apart byte by byte.
///
/// No segment is empty, `.` or `..`, begins or ends with white space, or holds a control character. So a key names the
/// same object in a folder, in a bucket and in a URL, and never one outside its tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`StorageError::Key`] says which rule it breaks.
    pub fn parse(key: impl Into<String>) -> Result<Self, StorageError> {
        let key = key.into();
        if key.len() > MAX_KEY_BYTES {
            return Err(StorageError::Key("it is longer than 979 bytes"));
        }
        for segment in key.split('/') {
            let broken = match segment {
                "" => Some("it has an empty segment"),
                "." | ".." => Some("it has a segment . or .."),
                _ if segment.chars().any(char::is_control) => Some("it has a control character"),
                _ if segment.trim() != segment => Some("a segment begins or ends with white space"),
                _ => None,
            };
            if let Some(rule) = broken {
                return Err(StorageError::Key(rule));
            }
        }
        Ok(Self(key))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectKey {
    type Err = StorageError;

    fn from_str(key: &str) -> Result<Self, StorageError> {
        Self::parse(key)
    }
}

impl TryFrom<&str> for ObjectKey {
    type Error = StorageError;

    fn try_from(key: &str) -> Result<Self, StorageError> {
        Self::parse(key)
    }
}

/// An object of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) tenant: TenantId,
    pub(crate) key: ObjectKey,
}

/// What the paths of a tenant begin with.
pub(crate) fn tenant_prefix(tenant: TenantId) -> String {
    format!("tenants/{tenant}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_keys_in_any_script_are_taken() {
        for key in ["a", "a/b c/100%.pdf", "größe/日本/🦀", "..a/b..", "a#1", &"x".repeat(MAX_KEY_BYTES)]
        {
            assert_eq!(ObjectKey::parse(key).unwrap().as_str(), key);
        }
        assert_eq!(tenant_prefix(TenantId::nil()).len() + MAX_KEY_BYTES, 1_024);
    }

    #[test]
    fn keys_that_could_mean_two_things_are_refused() {
        let too_long = "x".repeat(MAX_KEY_BYTES + 1);
        for key in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\n", "a\0b", "a\u{85}", " a",
            "a /b", &too_long,
        ] {
            assert!(matches!(ObjectKey::parse(key), Err(StorageError::Key(_))), "{key:?}");
        }
    }
}
