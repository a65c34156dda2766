//! The public port as strangers meet it: slow ones, loud ones, browsers, and callers behind a proxy.

use std::fs;
use std::time::Duration;

use athyper_e2e::{Client, Ledger, Platform, Program, Running, Signal, import};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far longer than anything here takes.
const FOREVER: Duration = Duration::from_mins(1);
const ACCOUNTS: &str = "/v1/finance/accounts";
const APP: &str = "https://app.example.com";

/// A platform whose proxy is this machine, with short limits.
async fn start() -> (Running, Platform) {
    let platform = Platform::new();
    let config = json!({"http": {
        "headerTimeoutMs": 500,
        "headerLimitBytes": 8_192,
        "trustedProxies": ["127.0.0.1"],
        "cors": {"allowedOrigins": [APP]},
        "rateLimits": {"failedTokensPerMinute": 3, "operations": {"finance.list_periods": 2}},
    }});
    let file = platform.folder().join("athyper.json");
    fs::write(&file, config.to_string()).unwrap();
    let api = platform.serve(platform.launch(Program::Api).env("ATHYPER_KERNEL_CONFIG_PATH", &file)).await;
    (api, platform)
}

#[tokio::test]
async fn the_public_port_stands_its_ground() {
    let (api, platform) = start().await;
    let admin = platform.client("demo", "admin").await;
    methods(&platform, &admin).await;
    browsers(&platform, &admin).await;
    compression(&platform).await;
    slow_and_loud(platform.port()).await;
    limits(&platform, &admin).await;
    forwarded(&platform).await;
    streams(&admin).await;
    for path in ["/metrics", "/diagnostics"] {
        platform.anonymous().get(path).await.expect(404);
    }
    api.terminate().await.expect_code(0);
}

/// What is served by which method, and a problem for every other.
async fn methods(platform: &Platform, admin: &Client) {
    let anybody = platform.anonymous();
    for path in ["/health/live", "/health/ready", "/v1/openapi.json"] {
        let answer = anybody.send(Method::HEAD, path, None, "").await.expect(200);
        assert!(answer.body.is_empty(), "{path}");
        assert_eq!(
            anybody.send(Method::DELETE, path, None, "").await.expect(405).code(),
            "request.method_not_allowed"
        );
    }
    let head = admin.send(Method::HEAD, ACCOUNTS, None, "").await.expect(200);
    let get = admin.get(ACCOUNTS).await.expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-type"), get.header("content-type"));
    anybody.send(Method::HEAD, ACCOUNTS, None, "").await.expect(401);
    for method in [Method::TRACE, Method::CONNECT, Method::from_bytes(b"BREW").unwrap(), Method::PUT] {
        if method != Method::CONNECT {
            let answer = admin.send(method.clone(), ACCOUNTS, None, "").await.expect(405);
            assert_eq!(answer.code(), "request.method_not_allowed", "{method}");
            assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
        }
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        for answer in [&get, &anybody.get("/nowhere").await, &anybody.get(ACCOUNTS).await] {
            assert_eq!(answer.header(name), value);
        }
    }
    // Without TLS there is nothing to be strict about.
    assert!(!get.headers.contains_key("strict-transport-security"));
    assert!(get.header("cache-control").contains("private"));
    assert_eq!(admin.get("/v1/finance/nowhere").await.expect(404).header("cache-control"), "no-store");
}

async fn browsers(platform: &Platform, admin: &Client) {
    let preflight = async |origin: &str| {
        let client = platform
            .anonymous()
            .with("origin", origin)
            .with("access-control-request-method", "POST")
            .with("access-control-request-headers", "authorization,idempotency-key");
        client.send(Method::OPTIONS, ACCOUNTS, None, "").await
    };
    assert_eq!(preflight(APP).await.expect(200).header("access-control-allow-origin"), APP);
    let stranger = preflight("https://evil.example").await;
    assert!(!stranger.headers.contains_key("access-control-allow-origin"), "{:?}", stranger.headers);
    let answer = admin.with("origin", APP).get(ACCOUNTS).await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), APP);
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    // A refusal is shown to the page as well.
    let refused = platform.anonymous().with("origin", APP).get(ACCOUNTS).await.expect(401);
    assert_eq!(refused.header("access-control-allow-origin"), APP);
}

async fn compression(platform: &Platform) {
    let gzip = platform.anonymous().with("accept-encoding", "gzip");
    let (small, large) = (gzip.get("/health/live").await, gzip.get("/v1/openapi.json").await);
    assert!(!small.headers.contains_key("content-encoding"));
    assert_eq!(large.header("content-encoding"), "gzip");
    assert_eq!(&large.body[..2], [0x1f, 0x8b]);
}

/// Heads that never end, or are too large.
async fn slow_and_loud(port: u16) {
    let mut half = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(b"GET /v1/finance/accounts HTTP/1.1\r\nhost: a\r\n").await.unwrap();
        half.push(stream);
    }
    for stream in &mut half {
        let mut received = Vec::new();
        let read = stream.read_to_end(&mut received);
        let _ended = timeout(FOREVER, read).await.unwrap();
        assert!(received.is_empty(), "{received:?}");
    }
    for head in [format!("x: {}", "x".repeat(9_000)), "a: b\r\n".repeat(150)] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let sent = format!("GET / HTTP/1.1\r\nhost: a\r\n{head}\r\n\r\n");
        // The answer may come before all of it was sent.
        let _ = stream.write_all(sent.as_bytes()).await;
        let mut received = Vec::new();
        let _ended = timeout(FOREVER, stream.read_to_end(&mut received)).await.unwrap();
        assert!(received.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&received));
    }
}

async fn limits(platform: &Platform, admin: &Client) {
    let path = "/v1/finance/periods";
    let first = admin.get(path).await.expect(200);
    assert!(first.header("ratelimit-policy").contains("\"operation\";q=2;w=60"), "{:?}", first.headers);
    assert!(first.header("ratelimit").contains("\"operation\";r=1;t="), "{:?}", first.headers);
    // The third at the latest, should a minute turn in between.
    let mut last = admin.get(path).await;
    for _ in 0..3 {
        last = admin.get(path).await;
    }
    assert_eq!(last.expect(429).code(), "request.too_many");
    let wait: u64 = admin.get(path).await.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    platform.client("globex", "admin").await.get(path).await.expect(200);
    admin.get(ACCOUNTS).await.expect(200);
}

/// Callers behind a proxy are told apart, whatever they write in front of their address.
async fn forwarded(platform: &Platform) {
    let forged = platform.anonymous().with("authorization", "Bearer forged");
    let from = |chain: &str| forged.with("x-forwarded-for", chain);
    for number in 0..6 {
        from(&format!("198.51.100.{number}, 203.0.113.5")).get(ACCOUNTS).await;
    }
    assert_eq!(from("198.51.100.77, 203.0.113.5").get(ACCOUNTS).await.expect(429).code(), "request.too_many");
    from("203.0.113.6").get(ACCOUNTS).await.expect(401);
}

/// An import, followed from its acceptance to its end.
async fn streams(admin: &Client) {
    let location = import(admin, "/v1/opening/accounts/import", Ledger::EXAMPLE.accounts).await;
    // The answer is complete when the stream ends.
    let answer = admin.get(&format!("{location}/events")).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let states: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data.trim()).unwrap())
        .collect();
    assert_eq!(states.last().unwrap()["state"], "succeeded", "{text}");
    assert_eq!(format!("/v1/operations/{}", states[0]["id"].as_str().unwrap()), location);
}

/// Nobody works on the operation, and the process is told to stop: the stream ends, and so does the process.
#[tokio::test]
async fn a_stream_does_not_keep_a_process_that_stops() {
    let platform = Platform::new();
    let api = platform.serve(platform.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let admin = platform.client("demo", "admin").await;
    let location = import(&admin, "/v1/opening/accounts/import", Ledger::EXAMPLE.accounts).await;
    let mut stream = TcpStream::connect(("127.0.0.1", platform.port())).await.unwrap();
    let token = platform.token("demo", "admin").await;
    let request =
        format!("GET {location}/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains("\"queued\"") {
        assert!(stream.read_buf(&mut received).await.unwrap() > 0, "{}", String::from_utf8_lossy(&received));
    }
    api.signal(Signal::Terminate);
    let _ended = timeout(FOREVER, stream.read_to_end(&mut received)).await.unwrap();
    assert!(received.ends_with(b"0\r\n\r\n"), "it is cut off: {}", String::from_utf8_lossy(&received));
    api.ended(FOREVER).await.expect_code(0);
}
