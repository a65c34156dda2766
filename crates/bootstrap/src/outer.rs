//! What stands around all public routes: cross-origin requests and compression.

use std::time::Duration;

use athyper_kernel_config::CorsConfig;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate as _, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Smallest body that is compressed, in bytes: below it the answer fits into one packet anyway.
const SMALLEST_COMPRESSED: u64 = 1_024;
/// How long a browser may remember what a preflight said.
const PREFLIGHT_AGE: Duration = Duration::from_mins(10);

/// Lets pages of the configured origins call; none when there are none, and then no browser lets any other page. Cookies
/// are never taken across origins: whoever calls so sends a token.
pub(crate) fn cors(config: &CorsConfig) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        config.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let named = HeaderName::from_static;
    let sent = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        named("idempotency-key"),
        named("last-event-id"),
        named("traceparent"),
        named("tracestate"),
        named("x-org"),
        named("x-realm"),
        named("x-request-id"),
        named("x-tenant"),
    ];
    let shown = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        named("idempotency-replayed"),
        named("ratelimit"),
        named("ratelimit-policy"),
        named("traceresponse"),
        named("x-request-id"),
    ];
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods(methods)
            .allow_headers(sent)
            .expose_headers(shown)
            .max_age(PREFLIGHT_AGE),
    )
}

/// Says whether an answer may be compressed by its headers.
type ByHeaders = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses answers of some size. Streams of events are passed on as they come. A record with its version stays as it is:
/// compressed it would be another representation, and its strong `ETag` a lie (RFC 9110, section 8.8.3.3).
pub(crate) fn compression() -> CompressionLayer<And<And<DefaultPredicate, SizeAbove>, ByHeaders>> {
    let has_no_version: ByHeaders =
        |_status, _version, headers, _extensions| !headers.contains_key(header::ETAG);
    let predicate = DefaultPredicate::new().and(SizeAbove::new(SMALLEST_COMPRESSED)).and(has_no_version);
    CompressionLayer::new().compress_when(predicate)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::response::Response;
    use axum::routing::get;
    use tower::ServiceExt as _;
    use tower::util::option_layer;

    use super::*;

    const APP: &str = "https://app.example.com";

    fn router(origins: &[&str]) -> Router {
        let config =
            CorsConfig { allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect() };
        let large = "x".repeat(4_096);
        let (plain, versioned, events) = (large.clone(), large.clone(), large);
        let events = move || async move { ([(header::CONTENT_TYPE, "text/event-stream")], events) };
        Router::new()
            .route("/", get(|| async { "small" }))
            .route("/large", get(move || async move { plain }))
            .route("/versioned", get(move || async move { ([(header::ETAG, "\"1\"")], versioned) }))
            .route("/events", get(events))
            .layer(compression())
            .layer(option_layer(cors(&config)))
    }

    async fn send(router: Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn preflight(origins: &[&str], origin: &str) -> Response {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "authorization,if-match"),
        ];
        send(router(origins), Method::OPTIONS, "/", &asked).await
    }

    #[tokio::test]
    async fn pages_of_allowed_origins_may_call_and_others_may_not() {
        let answer = preflight(&[APP], APP).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], APP);
        let allowed = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(allowed("access-control-allow-methods").contains("PUT"));
        assert!(allowed("access-control-allow-headers").contains("if-match"));
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));

        let answer = send(router(&[APP]), Method::GET, "/", &[("origin", APP)]).await;
        assert_eq!(answer.headers()["access-control-allow-origin"], APP);
        assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("etag"));
        assert!(answer.headers()["vary"].to_str().unwrap().contains("origin"));

        for other in
            ["https://evil.example", "https://app.example.com.evil.example", "null", "http://app.example.com"]
        {
            for answer in [
                preflight(&[APP], other).await,
                send(router(&[APP]), Method::GET, "/", &[("origin", other)]).await,
            ] {
                assert!(!answer.headers().contains_key("access-control-allow-origin"), "{other}");
            }
        }
    }

    #[tokio::test]
    async fn without_origins_there_is_nothing() {
        let answer = preflight(&[], APP).await;
        assert_eq!(answer.status(), 405);
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }

    #[tokio::test]
    async fn large_answers_are_compressed_for_who_asks_and_only_where_it_is_right() {
        for (path, accepts, is_compressed) in [
            ("/large", "gzip", true),
            ("/large", "identity", false),
            ("/", "gzip", false),
            ("/versioned", "gzip", false),
            ("/events", "gzip", false),
        ] {
            let answer = send(router(&[]), Method::GET, path, &[("accept-encoding", accepts)]).await;
            let encoding = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap());
            assert_eq!(encoding, is_compressed.then_some("gzip"), "{path} {accepts}");
        }
    }
}
