//! Where the bucket is and who we are; prepares the clients without a request.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential, Checksum, S3ConditionalPut};
use object_store::client::HttpConnector as _;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::calls::Calls;
use super::tracing_client::TracingConnector;
use crate::error::StorageError;

/// How long a connection may take to be made, at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request that failed is sent again, within the timeout.
const RETRIES: usize = 3;

/// Where the bucket is and who we are.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Address of the service without the bucket, such as `https://s3.eu-central-1.amazonaws.com`.
    pub endpoint: Url,
    /// Region that requests are signed for.
    pub region: String,
    /// Bucket that holds every object.
    pub bucket: String,
    /// Name of the access key.
    pub access_key: SecretString,
    /// Secret of the access key.
    pub secret_key: SecretString,
    /// Whether the bucket stands in the path of URLs, as most services other than AWS want, and not in the host name.
    pub path_style: bool,
    /// Whether an `http://` endpoint is taken, over which anybody on the way can read. For `local` only.
    pub allow_http: bool,
    /// Whether each upload carries a checksum, as a bucket asks for whose objects are locked against change.
    pub checksums: bool,
    /// How long one request may take, and how long a stream may stand still.
    pub timeout: Duration,
}

/// The client of the crate, and the one for the few calls that it lacks.
pub(super) fn prepare(settings: &S3Settings) -> Result<(AmazonS3, Calls), StorageError> {
    let refuse = |why: &str| Err(StorageError::Settings(why.to_owned()));
    if settings.endpoint.scheme() != "https" && !settings.allow_http {
        return refuse("the S3 endpoint is not https://, and plain http:// is for local use only");
    }
    if settings.timeout.is_zero() {
        return refuse("the timeout for S3 must be longer than nothing");
    }
    let Some(host) = settings.endpoint.host_str().filter(|_| settings.endpoint.query().is_none()) else {
        return refuse("the S3 endpoint must be https://host or https://host:port");
    };
    let mut base = settings.endpoint.clone();
    if settings.path_style {
        let path = format!("{}/{}", base.path().trim_end_matches('/'), settings.bucket);
        base.set_path(&path);
    } else if base.set_host(Some(&format!("{}.{host}", settings.bucket))).is_err() {
        return refuse("the bucket cannot stand in the host name of the S3 endpoint: use the path style");
    }
    let endpoint = if settings.path_style { &settings.endpoint } else { &base };
    let options = client_options(settings);
    let (key_id, secret_key) = (settings.access_key.expose_secret(), settings.secret_key.expose_secret());
    let set_up = |error: object_store::Error| StorageError::Settings(error.to_string());
    let mut builder = AmazonS3Builder::new()
        .with_endpoint(endpoint.as_str().trim_end_matches('/'))
        .with_region(&settings.region)
        .with_bucket_name(&settings.bucket)
        .with_access_key_id(key_id)
        .with_secret_access_key(secret_key)
        .with_virtual_hosted_style_request(!settings.path_style)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry(settings.timeout))
        .with_client_options(options.clone())
        .with_http_connector(TracingConnector);
    if settings.checksums {
        builder = builder.with_checksum_algorithm(Checksum::SHA256);
    }
    let store = builder.build().map_err(set_up)?;
    let http = TracingConnector.connect(&options).map_err(set_up)?;
    let credential =
        AwsCredential { key_id: key_id.to_owned(), secret_key: secret_key.to_owned(), token: None };
    let calls = Calls::new(http, credential, settings.region.clone(), settings.bucket.clone(), base);
    Ok((store, calls))
}

fn client_options(settings: &S3Settings) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(settings.allow_http)
        .with_connect_timeout(settings.timeout.min(CONNECT_TIMEOUT))
        // A large object takes as long as it takes, while bytes flow.
        .with_timeout_disabled()
        .with_read_timeout(settings.timeout)
}

fn retry(timeout: Duration) -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.0,
    };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: timeout }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> S3Settings {
        S3Settings {
            endpoint: endpoint.parse().unwrap(),
            region: "us-east-1".to_owned(),
            bucket: "bucket".to_owned(),
            access_key: "key".into(),
            secret_key: "topsecret".into(),
            path_style: true,
            allow_http: false,
            checksums: false,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_in_the_host() {
        let base = |settings: &S3Settings| prepare(settings).unwrap().1.signer().base.to_string();
        let in_path = settings("https://s3.example.org:9000");
        assert_eq!(base(&in_path), "https://s3.example.org:9000/bucket");
        let in_host = S3Settings { path_style: false, ..in_path };
        assert_eq!(base(&in_host), "https://bucket.s3.example.org:9000/");
        let ip = S3Settings { endpoint: "https://127.0.0.1".parse().unwrap(), ..in_host };
        assert!(matches!(prepare(&ip), Err(StorageError::Settings(_))));
    }

    #[test]
    fn plain_http_is_refused_unless_it_is_allowed() {
        let plain = settings("http://s3.example.org");
        assert!(matches!(prepare(&plain), Err(StorageError::Settings(_))));
        assert!(prepare(&S3Settings { allow_http: true, ..plain }).is_ok());
    }

    #[test]
    fn the_secret_is_never_shown() {
        let settings = settings("https://s3.example.org");
        assert!(!format!("{settings:?}").contains("topsecret"));
    }
}
