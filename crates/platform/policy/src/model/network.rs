//! A name for addresses, which conditions of policies use: `"office" in context.networks`.

use athyper_kernel_config::Network;
use athyper_kernel_error::FieldError;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The id of a network.
pub(crate) type NetworkId = Id<NamedNetwork>;

/// Most networks of a tenant.
pub(crate) const MAX_NETWORKS: i64 = 200;
/// Most ranges of a network.
pub(crate) const MAX_RANGES: usize = 100;

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Network)]
pub(crate) struct NamedNetwork {
    /// Id.
    pub(crate) id: NetworkId,
    /// The name that conditions use.
    pub(crate) key: String,
    /// What it is.
    pub(crate) description: String,
    /// Its addresses: one, or a range by its prefix (RFC 4632, RFC 4291).
    #[schema(example = json!(["198.51.100.0/24", "2001:db8::/32"]))]
    pub(crate) ranges: Vec<String>,
    /// Version of the record, for `If-Match`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

/// Ranges as they are stored, or all that is wrong with them.
///
/// # Errors
/// Each text that is no range.
pub(crate) fn read_ranges(texts: &[String]) -> Result<Vec<String>, Vec<FieldError>> {
    if texts.is_empty() || texts.len() > MAX_RANGES {
        return Err(vec![FieldError::new("/ranges", "invalid", format!("1 to {MAX_RANGES} ranges"))]);
    }
    let (mut ranges, mut wrong) = (Vec::new(), Vec::new());
    for (at, text) in texts.iter().enumerate() {
        match text.trim().parse::<Network>() {
            Ok(range) => ranges.push(range.to_string()),
            Err(error) => {
                wrong.push(FieldError::new(format!("/ranges/{at}"), "invalid", error.to_string()));
            }
        }
    }
    if wrong.is_empty() { Ok(ranges) } else { Err(wrong) }
}
