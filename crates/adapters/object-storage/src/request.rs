//! What a caller says about an object that it writes, reads or lists.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::digest::Sha256Digest;
use crate::error::StorageError;
use crate::info::ListToken;
use crate::percent;

/// Bytes of one part of a large upload. S3 wants parts of 5 MiB at least, and all but the last alike.
pub(crate) const PART_BYTES: usize = 8 << 20;
/// Largest object, in bytes: the 10,000 parts that S3 takes, about 78 GiB.
pub const MAX_OBJECT_BYTES: u64 = 10_000 * PART_BYTES as u64;
/// Most objects of one page of a list, which is also the most that S3 gives.
pub const MAX_PAGE: usize = 1_000;
/// Content type of an object that was put without one.
pub(crate) const ANY_CONTENT: &str = "application/octet-stream";
/// Names of metadata that begin so are ours.
const OUR_METADATA: &str = "athyper-";
/// Most bytes of metadata as it is written to S3, whose own limit is 2 KiB; the rest is for our own.
const MAX_METADATA_BYTES: usize = 1_900;

/// What is put, and under which conditions.
#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    /// Media type; `application/octet-stream` when none is given.
    pub content_type: Option<String>,
    /// Facts about the object that travel with it. Names have lower-case letters, digits and `-`; values are any text
    /// without control characters; together at most 1,900 bytes when percent-encoded.
    pub metadata: BTreeMap<String, String>,
    /// Exact size in bytes, if it is known.
    pub size: Option<u64>,
    /// Most bytes that are taken, at most [`MAX_OBJECT_BYTES`].
    pub max_bytes: Option<u64>,
    /// Digest that the content must have. A large object is stored in one step only if it is given; without it, S3 is
    /// asked once more to note the digest.
    pub sha256: Option<Sha256Digest>,
    /// Put the object only if there is none of that key. Of any number of callers, one puts it.
    pub if_absent: bool,
}

impl PutOptions {
    /// Options for content of a media type.
    pub fn of_type(content_type: impl Into<String>) -> Self {
        Self { content_type: Some(content_type.into()), ..Self::default() }
    }

    pub(crate) fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or(ANY_CONTENT)
    }

    /// Most bytes that are taken.
    pub(crate) fn limit(&self) -> u64 {
        [self.max_bytes, self.size].into_iter().flatten().fold(MAX_OBJECT_BYTES, u64::min)
    }

    pub(crate) fn check(&self) -> Result<(), StorageError> {
        check_content_type(self.content_type())?;
        check_metadata(&self.metadata)?;
        let most = self.max_bytes.unwrap_or(MAX_OBJECT_BYTES).min(MAX_OBJECT_BYTES);
        if self.size.is_some_and(|size| size > most) {
            return Err(StorageError::TooLarge { limit: most });
        }
        Ok(())
    }
}

/// A media type as it can stand in a header: `type/subtype`, perhaps with parameters.
pub(crate) fn check_content_type(content_type: &str) -> Result<(), StorageError> {
    let printable = content_type.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let whole = content_type.trim() == content_type && content_type.len() <= 255;
    let parts = content_type.split(';').next().and_then(|essence| essence.split_once('/'));
    if printable && whole && parts.is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty()) {
        return Ok(());
    }
    Err(StorageError::Request("write the content type as type/subtype, such as text/plain; charset=utf-8"))
}

fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), StorageError> {
    let name_is_fine = |name: &String| {
        !name.is_empty()
            && !name.starts_with(OUR_METADATA)
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    if !metadata.keys().all(name_is_fine) {
        return Err(StorageError::Request(
            "a name of metadata has lower-case letters, digits and -, and does not begin with athyper-",
        ));
    }
    if metadata.values().any(|value| value.chars().any(char::is_control)) {
        return Err(StorageError::Request("metadata has no control characters"));
    }
    let size: usize = metadata.iter().map(|(name, value)| name.len() + encode_metadata(value).len()).sum();
    if size > MAX_METADATA_BYTES {
        return Err(StorageError::Request("metadata is limited to 1,900 bytes, percent-encoded"));
    }
    Ok(())
}

/// A value of metadata as it stands in a header, which takes visible ASCII only.
pub(crate) fn encode_metadata(value: &str) -> String {
    percent::encode(value, |byte| byte.is_ascii_graphic() && byte != b'%')
}

/// Part of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From the first offset up to, and without, the second; cut at the end of the object.
    Between(u64, u64),
    /// From an offset to the end.
    From(u64),
    /// The last bytes; the whole object when it is smaller.
    Last(u64),
}

impl ByteRange {
    /// The bytes that are meant in an object of that size (RFC 9110, section 14.1.2).
    pub(crate) fn within(self, size: u64) -> Result<Range<u64>, StorageError> {
        let range = match self {
            Self::Between(start, end) => start..end.min(size),
            Self::From(start) => start..size,
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        if range.is_empty() { Err(StorageError::Range { size }) } else { Ok(range) }
    }
}

/// Which part of an object is read, and under which conditions.
#[derive(Clone, Debug, Default)]
pub struct GetOptions {
    /// The part that is wanted; the whole object when none is given.
    pub range: Option<ByteRange>,
    /// Read only this version: [`StorageError::Precondition`] for any other.
    pub if_match: Option<String>,
    /// Read any version but this: [`StorageError::NotModified`] for it.
    pub if_none_match: Option<String>,
}

impl GetOptions {
    /// Options for part of an object.
    #[must_use]
    pub fn of_range(range: ByteRange) -> Self {
        Self { range: Some(range), ..Self::default() }
    }

    /// Compares the conditions with the tag of the object.
    pub(crate) fn check(&self, etag: &str) -> Result<(), StorageError> {
        if self.if_match.as_deref().is_some_and(|wanted| wanted != etag) {
            return Err(StorageError::Precondition);
        }
        if self.if_none_match.as_deref() == Some(etag) {
            return Err(StorageError::NotModified);
        }
        Ok(())
    }
}

/// Which objects are listed.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// What their keys begin with; it need not end at a segment.
    pub prefix: String,
    /// Most objects of this page, from 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<ListToken>,
}

impl Default for ListRequest {
    /// The first page of all objects.
    fn default() -> Self {
        Self { prefix: String::new(), limit: MAX_PAGE, after: None }
    }
}

impl ListRequest {
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        if self.limit == 0 || self.limit > MAX_PAGE {
            return Err(StorageError::Request("ask for 1 to 1,000 objects of a list"));
        }
        if self.prefix.len() > crate::MAX_KEY_BYTES
            || self.prefix.starts_with('/')
            || self.prefix.chars().any(char::is_control)
        {
            return Err(StorageError::Request("the prefix of a list is the beginning of a key"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_the_end_and_never_empty() {
        assert_eq!(ByteRange::Between(2, 99).within(10).unwrap(), 2..10);
        assert_eq!(ByteRange::From(9).within(10).unwrap(), 9..10);
        assert_eq!(ByteRange::Last(99).within(10).unwrap(), 0..10);
        for range in
            [ByteRange::Between(3, 3), ByteRange::Between(5, 2), ByteRange::From(10), ByteRange::Last(0)]
        {
            assert!(matches!(range.within(10), Err(StorageError::Range { size: 10 })), "{range:?}");
        }
        assert!(ByteRange::Last(1).within(0).is_err());
    }

    #[test]
    fn headers_take_no_surprises() {
        for good in ["text/plain", "application/vnd.api+json; charset=\"utf-8\""] {
            assert!(check_content_type(good).is_ok(), "{good}");
        }
        for bad in ["", "text", "/", "a/", "text/plain\r\nx: y", " a/b", "tëxt/plain"] {
            assert!(check_content_type(bad).is_err(), "{bad:?}");
        }
        let with = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert!(check_metadata(&with("origin-2", "größe 🦀")).is_ok());
        for (name, value) in [("", "v"), ("Upper", "v"), ("athyper-x", "v"), ("a b", "v"), ("a", "\n")] {
            assert!(check_metadata(&with(name, value)).is_err(), "{name}");
        }
        assert!(check_metadata(&with("a", &"ä".repeat(400))).is_err());
    }

    #[test]
    fn the_smallest_limit_holds() {
        let options = PutOptions { size: Some(5), max_bytes: Some(9), ..PutOptions::default() };
        assert_eq!(options.limit(), 5);
        assert!(options.check().is_ok());
        let options = PutOptions { size: Some(10), ..options };
        assert!(matches!(options.check(), Err(StorageError::TooLarge { limit: 9 })));
        assert_eq!(PutOptions::default().limit(), MAX_OBJECT_BYTES);
    }
}
