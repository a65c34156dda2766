//! The few calls of S3 that the client crate lacks: completing an upload only if there is no such object, and noting a
//! digest that was not known when the upload began.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpClient, HttpRequestBody};
use object_store::multipart::PartId;
use object_store::path::Path;
use url::Url;

use super::presign::{Signer, object_url};
use crate::error::StorageError;
use crate::percent;

/// A client that signs its requests by itself.
pub(super) struct Calls {
    http: HttpClient,
    credential: AwsCredential,
    region: String,
    bucket: String,
    base: Url,
}

impl Calls {
    pub(super) fn new(
        http: HttpClient,
        credential: AwsCredential,
        region: String,
        bucket: String,
        base: Url,
    ) -> Self {
        Self { http, credential, region, bucket, base }
    }

    pub(super) fn signer(&self) -> Signer<'_> {
        Signer { credential: &self.credential, region: &self.region, base: &self.base }
    }

    /// Completes an upload if there is no object of that key; gives the entity tag.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>.
    pub(super) async fn complete_if_absent(
        &self,
        path: &Path,
        upload_id: &str,
        parts: &[PartId],
    ) -> Result<String, StorageError> {
        let mut body = "<CompleteMultipartUpload>".to_owned();
        for (number, part) in (1_u32..).zip(parts) {
            let etag = part.content_id.replace('&', "&amp;").replace('<', "&lt;");
            // Writing to a string cannot fail.
            let _ = write!(body, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        }
        body.push_str("</CompleteMultipartUpload>");
        let mut url = object_url(&self.base, path);
        let upload_id = percent::encode(upload_id, percent::unreserved);
        url.set_query(Some(&format!("uploadId={upload_id}")));
        let headers = [("if-none-match".to_owned(), "*".to_owned())];
        match self.send(Method::POST, &url, &headers, body.into()).await? {
            (StatusCode::OK, answer) => etag_of(&answer),
            (StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT, _) => Err(StorageError::AlreadyExists),
            (status, answer) => Err(failure(status, &answer)),
        }
    }

    /// Replaces content type and metadata of the version with that tag; gives the new tag, or none when the object is
    /// another version by now.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>.
    pub(super) async fn replace_attributes(
        &self,
        path: &Path,
        etag: &str,
        content_type: &str,
        metadata: Vec<(String, String)>,
    ) -> Result<Option<String>, StorageError> {
        let source = percent::encode(path.as_ref(), |byte| percent::unreserved(byte) || byte == b'/');
        let mut headers = vec![
            ("x-amz-copy-source".to_owned(), format!("/{}/{source}", self.bucket)),
            ("x-amz-copy-source-if-match".to_owned(), etag.to_owned()),
            ("x-amz-metadata-directive".to_owned(), "REPLACE".to_owned()),
            ("content-type".to_owned(), content_type.to_owned()),
        ];
        headers.extend(metadata.into_iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value)));
        match self.send(Method::PUT, &object_url(&self.base, path), &headers, Bytes::new()).await? {
            (StatusCode::OK, answer) => etag_of(&answer).map(Some),
            (StatusCode::PRECONDITION_FAILED | StatusCode::NOT_FOUND, _) => Ok(None),
            (status, answer) => Err(failure(status, &answer)),
        }
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(String, String)],
        body: Bytes,
    ) -> Result<(StatusCode, String), StorageError> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request
            .body(HttpRequestBody::from(body))
            .map_err(|_| StorageError::Request("a header of the object is not valid"))?;
        AwsAuthorizer::new(&self.credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let (head, body) = self.http.execute(request).await?.into_parts();
        let body = body.bytes().await?;
        Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// The entity tag in an answer. One that says 200 may still carry an error: it began before the work was done.
fn etag_of(answer: &str) -> Result<String, StorageError> {
    let etag = answer.split_once("<ETag>").and_then(|(_, rest)| rest.split_once("</ETag>"));
    match etag {
        Some((etag, _)) => Ok(etag.replace("&quot;", "\"").replace("&#34;", "\"")),
        None => Err(failure(StatusCode::OK, answer)),
    }
}

fn failure(status: StatusCode, answer: &str) -> StorageError {
    let reason = format!("status {}: {}", status.as_u16(), answer.chars().take(500).collect::<String>());
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => StorageError::Denied { reason },
        _ => StorageError::Unavailable { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_200_is_an_error() {
        let good = "<CopyObjectResult><ETag>&quot;ab-1&quot;</ETag></CopyObjectResult>";
        assert_eq!(etag_of(good).unwrap(), "\"ab-1\"");
        let bad = "<Error><Code>InternalError</Code></Error>";
        assert!(matches!(etag_of(bad), Err(StorageError::Unavailable { .. })));
    }
}
