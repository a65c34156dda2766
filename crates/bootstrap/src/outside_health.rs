//! Whether the parts outside the process answer that it can do without for a while.

use std::sync::Arc;

use athyper_adapter_auth::OidcClient;
use athyper_adapter_object_storage::ObjectStorage;
use athyper_kernel_db::Database;

use crate::health::HealthCheck;
use crate::mail::Post;

/// Whether the replica answers, where there is one. Without it lists and reports are read from the primary.
pub(crate) fn replica_check(database: &Database) -> Option<HealthCheck> {
    database.replica_stats()?;
    let database = database.clone();
    Some(HealthCheck::useful("database.replica", move || {
        let database = database.clone();
        async move { database.ping_replica().await.map_err(|error| error.to_string()) }
    }))
}

/// Whether objects can be reached. Without them no file is taken, and jobs that read one wait.
pub(crate) fn storage_check(storage: &ObjectStorage) -> HealthCheck {
    let storage = storage.clone();
    HealthCheck::useful("objectStorage", move || {
        let storage = storage.clone();
        async move { storage.ping().await.map(drop).map_err(|error| error.to_string()) }
    })
}

/// Whether a mail could be sent, where anybody is configured to send it. While the server is away mail waits.
pub(crate) fn mail_check(post: &Arc<Post>) -> Option<HealthCheck> {
    let post = post.has_mailer().then(|| Arc::clone(post))?;
    Some(HealthCheck::useful("mail", move || {
        let post = Arc::clone(&post);
        async move { post.check_health().await.map_err(|error| error.to_string()) }
    }))
}

/// Whether the issuers of all realms answer. While one is away nobody of its realm signs in anew; whoever has signed in works on.
pub(crate) fn issuer_check(client: &OidcClient) -> HealthCheck {
    let client = client.clone();
    HealthCheck::useful("issuers", move || {
        let client = client.clone();
        async move { client.check_health().await }
    })
}
