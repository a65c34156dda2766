//! Wakes the claims when a commit announces a job. Without it, or while its connection is lost, the poll does the work.

use std::collections::HashSet;
use std::sync::Arc;

use athyper_kernel_db::DbError;
use athyper_kernel_jobs::WAKE_CHANNEL;
use tokio::time::sleep;

use super::Shared;
use crate::outage::Outage;

/// Listens until the process stops, and connects again whenever the connection is lost.
pub(super) async fn listen(shared: Arc<Shared>) {
    if !shared.database.can_listen() {
        tracing::info!("jobs are polled for, because a pooler keeps announcements back");
        return;
    }
    let stopping = shared.lifecycle.stopping();
    let queues: HashSet<&str> = shared.types.values().map(|job_type| job_type.queue).collect();
    let mut outage = Outage::new("listen for announcements of jobs");
    loop {
        let error = tokio::select! {
            () = stopping.cancelled() => return,
            error = hear(&shared, &queues, &mut outage) => error,
        };
        let wait = outage.failed(&error);
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Wakes the claims at each announcement; returns the error that ends the connection.
async fn hear(shared: &Shared, queues: &HashSet<&str>, outage: &mut Outage) -> DbError {
    let mut listener = match shared.database.listen(&[WAKE_CHANNEL]).await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    outage.over();
    // Something may have been announced while nobody listened.
    shared.wake.notify_one();
    loop {
        match listener.try_recv().await {
            Ok(Some(news)) if queues.contains(news.payload()) => shared.wake.notify_one(),
            Ok(Some(_other_queue)) => {}
            // The connection was lost and made anew; what was announced in between is not told.
            Ok(None) => shared.wake.notify_one(),
            Err(error) => return error.into(),
        }
    }
}
