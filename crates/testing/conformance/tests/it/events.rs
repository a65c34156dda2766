//! An operation followed as a stream of events, from its first state to its last.

use athyper_test_kit::{Answer, Client};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::StreamExt as _;
use serde_json::Value;

use crate::fixtures::platform::{advance, start};
use crate::platform::{Platform, User};

/// One event of a stream.
#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// A stream under way.
struct Events {
    body: BodyDataStream,
    received: String,
}

impl Events {
    async fn open(router: &Router, id: &str, last: Option<&str>) -> Self {
        let token = athyper_test_kit::token("demo", "viewer");
        let mut request = Request::get(format!("/v1/operations/{id}/events"))
            .header("authorization", format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self { body: response.into_body().into_data_stream(), received: String::new() }
    }

    /// The next event; none at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.received.find("\n\n") {
                let block: String = self.received.drain(..end + 2).collect();
                match read(&block) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let bytes = self.body.next().await?.expect("a piece of the stream");
            self.received.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }
}

/// Reads the lines of an event; a comment is none.
fn read(block: &str) -> Option<Event> {
    let field =
        |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    Some(Event {
        name: field("event")?.to_owned(),
        id: field("id")?.to_owned(),
        data: serde_json::from_str(field("data")?).expect("JSON"),
    })
}

async fn platform_with_operation() -> (Platform, User, String) {
    let platform = Platform::new().await;
    let user = platform.admin("demo");
    let id = start(&user).await;
    (platform, user, id)
}

#[tokio::test]
async fn each_change_is_told_until_the_operation_ends() {
    let (platform, user, id) = platform_with_operation().await;
    let mut events = Events::open(&platform.app.router, &id, None).await;
    let first = events.next().await.unwrap();
    assert_eq!(
        (&*first.name, &first.data["state"], &first.data["id"]),
        ("progress", &"queued".into(), &id.clone().into())
    );
    for done in [3, 7] {
        advance(&user, &id, "running", done).await;
        let event = events.next().await.unwrap();
        assert_eq!((&event.data["state"], &event.data["done"]), (&"running".into(), &done.into()));
        assert_ne!(event.id, first.id);
    }
    advance(&user, &id, "succeeded", 10).await;
    let last = events.next().await.unwrap();
    assert_eq!((&last.data["state"], &last.data["done"]), (&"succeeded".into(), &10.into()));
    assert!(events.next().await.is_none(), "the stream goes on after the end");
}

#[tokio::test]
async fn who_comes_again_is_told_only_what_is_new() {
    let (platform, user, id) = platform_with_operation().await;
    advance(&user, &id, "running", 3).await;
    let seen = Events::open(&platform.app.router, &id, None).await.next().await.unwrap();
    let mut events = Events::open(&platform.app.router, &id, Some(&seen.id)).await;
    advance(&user, &id, "succeeded", 10).await;
    let last = events.next().await.unwrap();
    assert_eq!(last.data["state"], "succeeded");
    // A browser comes again after every end of a stream, unless it is told that there is nothing more (204).
    let again = user.client.with("last-event-id", &last.id);
    let answer = again.get(&format!("/v1/operations/{id}/events")).await.expect(204);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_stream_holds_no_connection_of_the_database() {
    let (platform, user, id) = platform_with_operation().await;
    let mut streams = Vec::new();
    // Twice as many as the pool has connections.
    for _ in 0..16 {
        let mut events = Events::open(&platform.app.router, &id, None).await;
        events.next().await.unwrap();
        streams.push(events);
    }
    user.client.get(&format!("/v1/operations/{id}")).await.expect(200);
    advance(&user, &id, "succeeded", 10).await;
    for mut events in streams {
        assert_eq!(events.next().await.unwrap().data["state"], "succeeded");
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn another_tenants_operation_does_not_exist() {
    let (platform, _user, id) = platform_with_operation().await;
    let other: Client = platform.admin("globex").client;
    let answer: Answer = other.get(&format!("/v1/operations/{id}/events")).await.expect(404);
    assert_eq!(answer.code(), "request.not_found");
}
