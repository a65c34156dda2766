//! Signed URLs, used as a browser uses them.

use std::time::Duration;

use athyper_adapter_object_storage::{
    GetOptions, PutOptions, SignedDownload, SignedUpload, SignedUrl, StorageError,
};
use reqwest::{Client, Method, Response};

use crate::stage::{Stage, digest, key, keys};

const MINUTE: Duration = Duration::from_mins(1);

fn upload(size: u64) -> SignedUpload {
    SignedUpload { valid_for: MINUTE, content_type: "image/png".to_owned(), size, sha256: None }
}

/// Sends the request with its headers; a client sets the length by itself.
async fn send(signed: &SignedUrl, content_type: Option<&str>, body: &'static [u8]) -> Response {
    let method = Method::from_bytes(signed.method.as_bytes()).unwrap();
    let mut request = Client::new().request(method, signed.url.clone());
    for (name, value) in signed.headers.iter().filter(|(name, _)| *name != "content-length") {
        let value = if *name == "content-type" { content_type.unwrap_or(value) } else { value };
        request = request.header(*name, value);
    }
    if signed.method == "PUT" {
        request = request.body(body);
    }
    request.send().await.unwrap()
}

pub(crate) async fn a_signed_download_gives_the_object(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("docs/größe & 100%.pdf"));
    tenant.put_bytes(&at, &b"content"[..], &PutOptions::of_type("application/pdf")).await.unwrap();
    let signed = tenant.sign_download(&at, &SignedDownload::attachment("Größe.pdf", MINUTE)).unwrap();
    assert_eq!((signed.method, signed.headers.len()), ("GET", 0));
    let response = send(&signed, None, b"").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/pdf");
    // The test server ignores the wish for a disposition; S3 and the folder heed it.
    if let Some(disposition) = response.headers().get("content-disposition") {
        assert_eq!(disposition, "attachment; filename=\"Gr__e.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf");
    }
    assert_eq!(response.bytes().await.unwrap(), &b"content"[..]);
    let secret = signed.url.query().unwrap().to_owned();
    assert!(!format!("{signed:?}").contains(&secret), "a signed URL is a secret");
}

pub(crate) async fn a_signed_upload_puts_the_object(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("img/ä b.png"));
    let signed = tenant.sign_upload(&at, &upload(7)).unwrap();
    assert!(signed.headers.contains(&("content-length", "7".to_owned())));
    let response = send(&signed, None, b"content").await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    let download = tenant.get(&at, &GetOptions::default()).await.unwrap();
    assert_eq!(download.info.content_type, "image/png");
    assert_eq!(download.bytes(100).await.unwrap(), &b"content"[..]);
}

pub(crate) async fn a_signed_upload_takes_no_other_type_or_size(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("img.png"));
    let signed = tenant.sign_upload(&at, &upload(7)).unwrap();
    assert_eq!(send(&signed, Some("text/html"), b"content").await.status(), 403);
    assert_eq!(send(&signed, None, b"content and more").await.status(), 403);
    assert_eq!(send(&signed, None, b"less").await.status(), 403);
    stage.assert_empty().await;
    let too_large = SignedUpload { size: (5 << 30) + 1, ..upload(0) };
    assert!(matches!(tenant.sign_upload(&at, &too_large), Err(StorageError::TooLarge { .. })));
    let no_type = SignedUpload { content_type: "x\r\n".to_owned(), ..upload(1) };
    assert!(matches!(tenant.sign_upload(&at, &no_type), Err(StorageError::Request(_))));
    let too_long = SignedUpload { valid_for: Duration::from_hours(200), ..upload(1) };
    assert!(matches!(tenant.sign_upload(&at, &too_long), Err(StorageError::Request(_))));
}

pub(crate) async fn a_signed_upload_holds_to_its_digest(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("img.png"));
    let with_digest = SignedUpload { sha256: Some(digest(b"content")), ..upload(7) };
    let signed = tenant.sign_upload(&at, &with_digest).unwrap();
    let status = send(&signed, None, b"c0ntent").await.status();
    assert!(status.is_client_error(), "{status}");
    assert_eq!(send(&signed, None, b"content").await.status(), 200);
    assert_eq!(tenant.head(&at).await.unwrap().sha256, Some(digest(b"content")));
}

pub(crate) async fn a_signed_url_is_for_one_object_and_method(stage: Stage) {
    let tenant = stage.tenant();
    tenant.put_bytes(&key("a"), &b"a"[..], &PutOptions::default()).await.unwrap();
    tenant.put_bytes(&key("b"), &b"b"[..], &PutOptions::default()).await.unwrap();
    let signed = tenant.sign_download(&key("a"), &SignedDownload::attachment("a", MINUTE)).unwrap();
    let put = SignedUrl { method: "PUT", ..signed.clone() };
    assert_eq!(send(&put, None, b"overwritten").await.status(), 403);
    let delete = SignedUrl { method: "DELETE", ..signed.clone() };
    assert_eq!(send(&delete, None, b"").await.status(), 403);
    let mut other = signed.clone();
    other.url.set_path(&other.url.path().replace("/a", "/b"));
    let response = send(&other, None, b"").await;
    // A folder has one address for all objects; what counts is the token.
    assert!(response.status() == 403 || response.bytes().await.unwrap() == "a");
    let mut forged = signed.clone();
    let query = forged.url.query().unwrap().to_owned();
    let last = if query.ends_with('a') { "b" } else { "a" };
    forged.url.set_query(Some(&format!("{}{last}", &query[..query.len() - 1])));
    assert_eq!(send(&forged, None, b"").await.status(), 403);
    assert_eq!(keys(&tenant, "").await, ["a", "b"]);
}
