//! A client of the api, over a real socket.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, StatusCode};
use serde_json::Value;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client; [`Client::with`] gives one that sends another header as well.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Client {
    /// A client without a token.
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Self { http, base: base.to_owned(), headers: Vec::new() }
    }

    /// A client without a token, of whatever listens at a port of this machine.
    pub fn at(port: u16) -> Self {
        Self::new(&format!("http://127.0.0.1:{port}"))
    }

    /// The same client with this bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// The same client, sending another header.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, "").await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some("application/json"), body.to_string()).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None, "").await
    }

    /// POST of a CSV file.
    pub async fn post_csv(&self, path: &str, file: impl Into<Body>) -> Answer {
        self.send(Method::POST, path, Some("text/csv"), file).await
    }

    /// Any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        Answer { status, headers, body }
    }

    /// Status of a GET, if anybody answers.
    pub async fn try_get(&self, path: &str) -> Option<u16> {
        let sent = self.http.get(format!("{}{path}", self.base)).send().await;
        sent.ok().map(|response| response.status().as_u16())
    }

    /// All rows of a list, page by page. `path` has a query already.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}&limit=200{cursor}")).await.expect(200).json();
            rows.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(next) = page["nextCursor"].as_str() else { return rows };
            cursor = format!("&cursor={next}");
        }
    }
}

impl Answer {
    /// Fails the test, with the body, unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        let reason = StatusCode::from_u16(self.status).expect("status");
        assert_eq!(self.status, status, "{reason}: {}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A text of the body by its JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let value = json.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {json}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// A header's value.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let value =
            self.headers.get(name).unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers));
        value.to_str().expect("text").to_owned()
    }

    /// Code of the problem, which must be one (RFC 9457) and say what is wrong.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        for member in ["type", "title", "detail", "requestId"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {problem}");
        }
        self.text("/code")
    }
}
