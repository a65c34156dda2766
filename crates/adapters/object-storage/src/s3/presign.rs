//! Signs URLs by AWS Signature Version 4 in the query.
//!
//! The client crate signs URLs too, but refuses to bind the length of the content.
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.

use std::time::Duration;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use chrono::{DateTime, Utc};
use object_store::aws::AwsCredential;
use object_store::path::Path;
use sha2::{Digest as _, Sha256};
use url::{Position, Url};

use crate::percent;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs, and for which bucket.
pub(super) struct Signer<'a> {
    pub(super) credential: &'a AwsCredential,
    pub(super) region: &'a str,
    /// Address of the bucket.
    pub(super) base: &'a Url,
}

/// The address of an object in a bucket.
pub(super) fn object_url(base: &Url, path: &Path) -> Url {
    let mut url = base.clone();
    let key = percent::encode(path.as_ref(), |byte| percent::unreserved(byte) || byte == b'/');
    url.set_path(&format!("{}/{key}", base.path().trim_end_matches('/')));
    url
}

/// A URL that allows one request for `valid_for` from `now`, with these headers beside `host`.
pub(super) fn presign(
    signer: &Signer<'_>,
    method: &str,
    path: &Path,
    query: &[(String, String)],
    headers: &[(&'static str, String)],
    now: DateTime<Utc>,
    valid_for: Duration,
) -> Url {
    let mut url = object_url(signer.base, path);
    let (time, day) = (now.format("%Y%m%dT%H%M%SZ").to_string(), now.format("%Y%m%d").to_string());
    let scope = format!("{day}/{}/s3/aws4_request", signer.region);
    let mut headers = headers.to_vec();
    headers.push(("host", url[Position::BeforeHost..Position::AfterPort].to_owned()));
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut query = query.to_vec();
    query.extend([
        ("X-Amz-Algorithm".to_owned(), ALGORITHM.to_owned()),
        ("X-Amz-Credential".to_owned(), format!("{}/{scope}", signer.credential.key_id)),
        ("X-Amz-Date".to_owned(), time.clone()),
        ("X-Amz-Expires".to_owned(), valid_for.as_secs().to_string()),
        ("X-Amz-SignedHeaders".to_owned(), names.clone()),
    ]);
    let query = canonical_query(query);
    let header_lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}:{}", value.trim())).collect();
    let header_lines = header_lines.join(
        "
",
    );
    let request = format!("{method}\n{}\n{query}\n{header_lines}\n\n{names}\nUNSIGNED-PAYLOAD", url.path());
    let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
    let key = [&day, signer.region, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", signer.credential.secret_key).into_bytes(), |key, part| {
            mac(&key, part).as_ref().to_vec()
        });
    let signature = hex::encode(mac(&key, &to_sign));
    url.set_query(Some(&format!("{query}&X-Amz-Signature={signature}")));
    url
}

fn mac(key: &[u8], data: &str) -> Tag {
    sign(&Key::new(HMAC_SHA256, key), data.as_bytes())
}

/// The query with names and values encoded, sorted by the encoded names.
fn canonical_query(query: Vec<(String, String)>) -> String {
    let encode = |text: &str| percent::encode(text, percent::unreserved);
    let mut pairs: Vec<(String, String)> =
        query.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the page named at the top.
    #[test]
    fn the_published_example_has_its_published_signature() {
        let credential = AwsCredential {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
        };
        let base = "https://examplebucket.s3.amazonaws.com".parse().unwrap();
        let signer = Signer { credential: &credential, region: "us-east-1", base: &base };
        let now = "2013-05-24T00:00:00Z".parse().unwrap();
        let day = Duration::from_hours(24);
        let url = presign(&signer, "GET", &Path::parse("test.txt").unwrap(), &[], &[], now, day);
        assert_eq!(
            url.as_str(),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }
}
