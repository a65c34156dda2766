//! apalis as the runtime: takes jobs from the feed, runs each as a task of the lifecycle, and drains at the stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use apalis_core::error::WorkerError;
use apalis_core::task::Task;
use apalis_core::worker::builder::WorkerBuilder;
use apalis_core::worker::ext::parallelize::ParallelizeExt as _;
use apalis_core::worker::lifecycle::LifecycleFuture;
use athyper_kernel_lifecycle::Lifecycle;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tower::Service;

use super::feed::Slotted;
use super::{Shared, run};

/// What a job is to apalis: it never fails, because its end is recorded before apalis hears of it.
type JobFuture = BoxFuture<'static, Result<(), Infallible>>;

/// Runs claimed jobs.
#[derive(Clone)]
struct JobService(Arc<Shared>);

impl Service<Task<Slotted>> for JobService {
    type Response = ();
    type Error = Infallible;
    type Future = JobFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Slotted>) -> JobFuture {
        run::run(Arc::clone(&self.0), task.args).map(Ok).boxed()
    }
}

/// Runs jobs until the process stops and the jobs under way have ended.
pub(super) async fn run(shared: Arc<Shared>) {
    if let Err(error) = worker(shared).await {
        tracing::error!(%error, "the job worker ended before its time");
    }
}

/// The worker of apalis, boxed because its type is too deep for the compiler to prove that it can change threads.
fn worker(shared: Arc<Shared>) -> BoxFuture<'static, Result<(), WorkerError>> {
    let stopping = shared.lifecycle.stopping();
    let lifecycle = shared.lifecycle.clone();
    let worker = WorkerBuilder::new(shared.config.worker_id.as_str())
        .backend(shared.feed.clone())
        .parallelize(move |job| in_background(&lifecycle, job))
        .build(JobService(shared));
    let stop = async move {
        stopping.cancelled().await;
        Ok::<(), WorkerError>(())
    };
    worker.run_until(stop).boxed()
}

/// Runs a job as a task of its own, so that jobs use all processors and one that computes does not hold up the others.
fn in_background(
    lifecycle: &Lifecycle,
    job: LifecycleFuture<JobFuture>,
) -> oneshot::Receiver<<LifecycleFuture<JobFuture> as Future>::Output> {
    let (done, end) = oneshot::channel();
    lifecycle.spawn("job", async move {
        // Nobody listens any more when the runtime was dropped; the job's end is recorded all the same.
        let _unheard = done.send(job.await);
    });
    end
}
