//! Section `s3`: object storage. Every path of it is locked.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::{http_url, not_blank};
use crate::secrets::serialize_redacted;

/// How to reach the object store.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct S3Config {
    /// Address of the service. Unset in `local` means a folder on this machine.
    #[validate(custom(function = "http_url"))]
    pub endpoint: Option<String>,
    /// Name of the access key; kept secret with its other half.
    #[serde(serialize_with = "serialize_redacted")]
    pub access_key: Option<SecretString>,
    /// Secret of the access key.
    #[serde(serialize_with = "serialize_redacted")]
    pub secret_key: Option<SecretString>,
    /// Region that requests are signed for.
    #[validate(custom(function = "not_blank"))]
    pub region: String,
    /// Bucket that holds every object.
    #[validate(custom(function = "not_blank"))]
    pub bucket: String,
    /// Whether the endpoint must be spoken to over TLS: an `http://` endpoint is then refused.
    pub use_ssl: bool,
    /// Whether the bucket stands in the path of requests, as most services other than AWS want, and not in the host name.
    pub path_style: bool,
    /// How long one request may take, in milliseconds.
    #[validate(range(min = 100, max = 600_000))]
    pub timeout_ms: u64,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            endpoint: None,
            access_key: None,
            secret_key: None,
            region: "us-east-1".to_owned(),
            bucket: "athyper".to_owned(),
            use_ssl: false,
            path_style: true,
            timeout_ms: 10_000,
        }
    }
}
