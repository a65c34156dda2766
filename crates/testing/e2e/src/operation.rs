//! Long work: how it is started, and how it is followed to its end.

use std::time::{Duration, Instant};

use reqwest::Body;
use serde_json::Value;
use tokio::time::sleep;

use crate::client::Client;

/// How often an operation is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Sends a CSV file to an import and gives the path of the operation that was started.
pub async fn import(client: &Client, path: &str, file: impl Into<Body>) -> String {
    client.post_csv(path, file).await.expect(202).header("location")
}

/// Follows an operation to its end, at most this long, and gives what became of it.
pub async fn follow(client: &Client, location: &str, limit: Duration) -> Value {
    follow_until(client, location, limit, |operation| {
        matches!(operation["state"].as_str(), Some("succeeded" | "failed"))
    })
    .await
}

/// Follows an operation until it is as wanted, at most this long, and gives it.
pub async fn follow_until(
    client: &Client,
    location: &str,
    limit: Duration,
    is_wanted: impl Fn(&Value) -> bool,
) -> Value {
    let deadline = Instant::now() + limit;
    loop {
        let operation = client.get(location).await.expect(200).json();
        if is_wanted(&operation) {
            return operation;
        }
        assert!(Instant::now() < deadline, "not as wanted after {limit:?}: {operation}");
        sleep(PAUSE).await;
    }
}
