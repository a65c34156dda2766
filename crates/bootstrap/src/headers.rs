//! Security headers by what is served: today JSON alone, which no browser should show, frame, sniff or keep.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// Headers that every answer gets which does not have them already.
#[derive(Clone, Debug)]
pub(crate) struct SecurityProfile(Vec<(HeaderName, HeaderValue)>);

impl SecurityProfile {
    /// For answers in JSON. `is_tls` says whether callers reach this platform by TLS; only then may browsers be told to use
    /// nothing else (RFC 6797, section 7.2).
    pub(crate) fn api(is_tls: bool) -> Self {
        let headers = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        let strict =
            is_tls.then_some((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"));
        let all = headers.into_iter().chain(strict);
        Self(all.map(|(name, value)| (name, HeaderValue::from_static(value))).collect())
    }
}

/// Adds the headers. An answer to somebody who said who they are is kept by no cache, unless it says how.
pub(crate) async fn secured(
    profile: &SecurityProfile,
    request: Request,
    serve: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let credentials = [header::AUTHORIZATION, header::COOKIE];
    let is_personal = credentials.iter().any(|name| request.headers().contains_key(name));
    let mut response = serve(request).await;
    let headers = response.headers_mut();
    for (name, value) in &profile.0 {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if is_personal {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::{Next, from_fn};
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(is_tls: bool, path: &str, token: Option<&str>) -> Response {
        let own = [(header::CACHE_CONTROL, "private, no-cache"), (header::REFERRER_POLICY, "same-origin")];
        let router = Router::new()
            .route("/", get(|| async { "{}" }))
            .route("/own", get(move || async move { (own, "{}") }))
            .layer(from_fn(move |request: Request, next: Next| async move {
                secured(&SecurityProfile::api(is_tls), request, async |request| next.run(request).await).await
            }));
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, token);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_answer_has_them_and_an_unknown_path_as_well() {
        for path in ["/", "/nowhere"] {
            let answer = answer(true, path, Some("Bearer x")).await;
            let headers = answer.headers();
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(
                headers[header::CONTENT_SECURITY_POLICY],
                "default-src 'none'; frame-ancestors 'none'"
            );
            assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
            assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
            assert!(headers[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap().starts_with("max-age="));
            assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        }
    }

    #[tokio::test]
    async fn what_an_answer_says_itself_stays() {
        let answer = answer(false, "/own", Some("Bearer x")).await;
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-cache");
        assert_eq!(answer.headers()[header::REFERRER_POLICY], "same-origin");
        assert!(!answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[tokio::test]
    async fn what_is_for_everybody_may_be_kept() {
        assert!(!answer(false, "/", None).await.headers().contains_key(header::CACHE_CONTROL));
    }
}
