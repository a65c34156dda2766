//! Lists in pages: what a client asks for, what it gets, and the cursor that leads from one page to the next.

use std::{fmt, str::FromStr};

use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

/// Rows of a page when the client does not say.
const DEFAULT_LIMIT: u32 = 50;
/// Most rows of a page.
const MAX_LIMIT: u32 = 200;
/// Longest cursor that is read, in characters.
const MAX_CURSOR_LEN: usize = 2048;

/// Which page of a list a client asks for; the query parameters `limit` and `cursor`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// How many rows at most.
    #[serde(default = "default_limit", deserialize_with = "read_limit")]
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `nextCursor` of the page before; left out for the first page.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows of this page, in the order of the list.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last page.
    pub next_cursor: Option<String>,
}

/// A place in a list: the sort keys of a page's last row, opaque to clients.
///
/// It is the unpadded base64url (RFC 4648 section 5) of a JSON object that also holds a fingerprint of the
/// sort, so that a cursor of another list is refused. It is not secret and not signed: its keys must be bound
/// as parameters, like any other input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    fingerprint: String,
    keys: Value,
}

/// The JSON inside a cursor.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    s: String,
    k: Value,
}

/// Why a page could not be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The limit is no number or out of bounds.
    #[error("limit is a whole number from 1 to {MAX_LIMIT}, this one is {limit:?}")]
    Limit {
        /// The limit as given.
        limit: String,
    },
    /// The cursor is not one that was given out.
    #[error("the cursor is damaged, send nextCursor of the page before unchanged or start without a cursor")]
    DamagedCursor,
    /// The cursor belongs to another list or another order of this one.
    #[error("the cursor belongs to another list or sort order, start without a cursor")]
    ForeignCursor,
    /// Sort keys that JSON cannot hold.
    #[error("the sort keys of a cursor cannot be written as JSON: {reason}")]
    Keys {
        /// What the serializer said.
        reason: String,
    },
}

impl DomainError for PageError {
    fn code(&self) -> &'static str {
        "request.invalid_page"
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Keys { .. } => ProblemKind::Internal,
            Self::Limit { .. } | Self::DamagedCursor | Self::ForeignCursor => ProblemKind::Malformed,
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let parameter = if matches!(self, Self::Limit { .. }) { "?limit" } else { "?cursor" };
        vec![FieldError::new(parameter, "invalid", self.to_string())]
    }
}

impl PageRequest {
    /// Asks for at most `limit` rows (1 to 200) after `cursor`.
    pub fn new(limit: u32, cursor: Option<Cursor>) -> Result<Self, PageError> {
        Ok(Self { limit: checked_limit(limit.into())?, cursor })
    }

    /// How many rows at most, from 1 to 200.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to fetch: one more than the limit tells whether another page follows.
    #[must_use]
    pub const fn fetch_limit(&self) -> u32 {
        self.limit + 1
    }

    /// The place after which the page starts; `None` for the first page.
    #[must_use]
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The sort keys after which the page starts, `None` for the first page; see [`Cursor::keys`].
    pub fn keys<K: DeserializeOwned>(&self, sort: &str) -> Result<Option<K>, PageError> {
        self.cursor.as_ref().map(|cursor| cursor.keys(sort)).transpose()
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, cursor: None }
    }
}

impl<T> Page<T> {
    /// Makes a page of the rows fetched with [`PageRequest::fetch_limit`]: cuts off the row too many and, when
    /// there was one, points the cursor at the last row kept. `keys` are that row's keys for `sort`.
    pub fn from_rows<K: Serialize>(
        mut rows: Vec<T>,
        request: &PageRequest,
        sort: &str,
        keys: impl FnOnce(&T) -> K,
    ) -> Result<Self, PageError> {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => Some(Cursor::new(sort, &keys(last))?.to_string()),
            _ => None,
        };
        Ok(Self { items: rows, next_cursor })
    }

    /// The same page with each row made into something else.
    #[must_use]
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(make).collect(), next_cursor: self.next_cursor }
    }
}

impl Cursor {
    /// A cursor at the row with these `keys` in the list sorted by `sort`.
    ///
    /// `sort` names the list, its order and the filters that shape it, for example
    /// `journals posted_on desc, id desc`; it must stay the same from page to page.
    pub fn new<K: Serialize>(sort: &str, keys: &K) -> Result<Self, PageError> {
        let keys =
            serde_json::to_value(keys).map_err(|error| PageError::Keys { reason: error.to_string() })?;
        Ok(Self { fingerprint: fingerprint(sort), keys })
    }

    /// The keys, if this is a cursor of the list sorted by `sort`.
    ///
    /// # Errors
    /// [`PageError::ForeignCursor`] when it was made for another sort, [`PageError::DamagedCursor`] when its
    /// keys are not a `K`.
    pub fn keys<K: DeserializeOwned>(&self, sort: &str) -> Result<K, PageError> {
        if self.fingerprint != fingerprint(sort) {
            return Err(PageError::ForeignCursor);
        }
        K::deserialize(&self.keys).map_err(|_| PageError::DamagedCursor)
    }
}

/// FNV-1a of 64 bits in hexadecimal. It tells sorts apart in every build and every version, which the
/// standard library's hasher does not promise; nothing rests on it being hard to forge.
fn fingerprint(sort: &str) -> String {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = sort.bytes().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

fn checked_limit(limit: u64) -> Result<u32, PageError> {
    u32::try_from(limit)
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| PageError::Limit { limit: limit.to_string() })
}

const fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// Reads a limit from a number or from text: beside other parameters in a flattened query all values are text.
fn read_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct LimitVisitor;

    impl de::Visitor<'_> for LimitVisitor {
        type Value = u32;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number from 1 to {MAX_LIMIT}")
        }

        fn visit_u64<E: de::Error>(self, limit: u64) -> Result<u32, E> {
            checked_limit(limit).map_err(E::custom)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u32, E> {
            text.parse()
                .map_err(|_| PageError::Limit { limit: text.to_owned() })
                .and_then(checked_limit)
                .map_err(E::custom)
        }
    }

    deserializer.deserialize_any(LimitVisitor)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wire = serde_json::json!({ "s": self.fingerprint, "k": self.keys });
        f.write_str(&URL_SAFE_NO_PAD.encode(wire.to_string()))
    }
}

impl FromStr for Cursor {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, PageError> {
        if text.len() > MAX_CURSOR_LEN {
            return Err(PageError::DamagedCursor);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| PageError::DamagedCursor)?;
        let wire: Wire = serde_json::from_slice(&json).map_err(|_| PageError::DamagedCursor)?;
        Ok(Self { fingerprint: wire.s, keys: wire.k })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Opaque place in a list, as given out in nextCursor."))
            .max_length(Some(MAX_CURSOR_LEN))
            .into()
    }
}

impl ToSchema for Cursor {}

#[cfg(test)]
mod tests;
