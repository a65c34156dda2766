//! The thread that exports, with a small runtime of its own: it neither waits for the work of the process nor holds it
//! up, and it can still send when the process's runtime has ended.

use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as StdReceiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use athyper_kernel_types::Clock;
use opentelemetry_sdk::trace::SpanData;
use tokio::runtime::Builder;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use crate::export::Exporters;
use crate::layer::mark_exporter_thread;
use crate::losses::{Losses, Reason, Reported, Signal};
use crate::metrics::Metrics;
use crate::record::QueuedRecord;
use crate::settings::{OtlpSettings, StartError};

/// What the thread works with.
pub(crate) struct Work {
    pub(crate) settings: OtlpSettings,
    pub(crate) exporters: Exporters,
    pub(crate) spans: Receiver<SpanData>,
    pub(crate) logs: Receiver<QueuedRecord>,
    pub(crate) metrics: Metrics,
    pub(crate) losses: Arc<Losses>,
    pub(crate) clock: Clock,
}

/// The handle of the thread.
pub(crate) struct Worker {
    stop: watch::Sender<Option<Instant>>,
    ended: StdReceiver<()>,
}

impl Worker {
    pub(crate) fn start(work: Work) -> Result<Self, StartError> {
        // The threads that look up names for the runtime are part of the export too.
        let runtime = Builder::new_current_thread()
            .enable_all()
            .on_thread_start(mark_exporter_thread)
            .build()
            .map_err(StartError::Thread)?;
        let (stop, stopped) = watch::channel(None);
        let (end, ended): (SyncSender<()>, _) = sync_channel(1);
        let run = move || {
            mark_exporter_thread();
            runtime.block_on(export(work, stopped));
            // Whoever waited may have gone.
            let _ = end.try_send(());
            // A name that is still being looked up holds nobody up.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("telemetry".to_owned()).spawn(run).map_err(StartError::Thread)?;
        Ok(Self { stop, ended })
    }

    /// Sends what is queued, and waits for it at most as long as `patience`. Whether everything was tried in that time.
    pub(crate) fn stop(&self, patience: Duration) -> bool {
        self.stop.send_replace(Some(Instant::now() + patience));
        // The thread ends by itself at the deadline; this is for one that gets no time of the processor.
        self.ended.recv_timeout(patience + Duration::from_millis(200)).is_ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.send_if_modified(|deadline| {
            let is_first = deadline.is_none();
            if is_first {
                *deadline = Some(Instant::now());
            }
            is_first
        });
    }
}

async fn export(work: Work, stop: watch::Receiver<Option<Instant>>) {
    let Work { settings, exporters, spans, logs, metrics, losses, clock } = work;
    let stop = Stop(stop);
    let pump = |signal| Pump { signal, settings: &settings, losses: &losses, stop: stop.clone() };
    let metrics =
        MetricsPump { pump: pump(Signal::Metrics), metrics: &metrics, exporters: &exporters, clock: &clock };
    let mut reported = Reported::default();
    tokio::join!(
        pump(Signal::Traces).run(spans, async |batch| exporters.send_spans(batch).await),
        pump(Signal::Logs).run(logs, async |batch| exporters.send_logs(batch).await),
        metrics.run(),
        report(&settings, &losses, stop.clone(), &mut reported),
    );
    // Last, so that they tell of the end too.
    metrics.send().await;
    losses.report(&mut reported);
}

/// Tells in the log what was dropped, once in an interval.
async fn report(settings: &OtlpSettings, losses: &Losses, mut stop: Stop, reported: &mut Reported) {
    let every = settings.report_interval;
    let mut ticks = interval_at(Instant::now() + every, every);
    loop {
        tokio::select! {
            _ = ticks.tick() => losses.report(reported),
            _ = stop.deadline() => return,
        }
    }
}

/// The end of the work, when it comes.
#[derive(Clone)]
struct Stop(watch::Receiver<Option<Instant>>);

impl Stop {
    /// Waits until the work shall end, and says by when it must have.
    async fn deadline(&mut self) -> Instant {
        match self.0.wait_for(Option::is_some).await {
            Ok(deadline) => deadline.unwrap_or_else(Instant::now),
            // Nobody is left to wait.
            Err(_) => Instant::now(),
        }
    }

    /// Waits until the work must have ended.
    async fn passed(&mut self) {
        let deadline = self.deadline().await;
        sleep_until(deadline).await;
    }
}

/// Moves one signal to the collector.
struct Pump<'a> {
    signal: Signal,
    settings: &'a OtlpSettings,
    losses: &'a Losses,
    stop: Stop,
}

impl Pump<'_> {
    /// Sends batches as they fill; after the end what is queued, as long as there is time.
    async fn run<T>(mut self, mut queue: Receiver<T>, send: impl AsyncFn(Vec<T>) -> Result<(), String>) {
        let size = self.settings.batch_size;
        let mut batch = Vec::with_capacity(size);
        while self.fill(&mut queue, &mut batch).await {
            let full = mem::replace(&mut batch, Vec::with_capacity(size));
            self.deliver(full.len(), async { send(full).await.map(|()| 0) }).await;
        }
        queue.close();
        loop {
            while batch.len() < size
                && let Ok(item) = queue.try_recv()
            {
                batch.push(item);
            }
            if batch.is_empty() {
                return;
            }
            let rest = mem::take(&mut batch);
            self.deliver(rest.len(), async { send(rest).await.map(|()| 0) }).await;
        }
    }

    /// Waits until a batch is full, or its first item has waited long enough: `true`. `false` at the end of the work.
    async fn fill<T>(&mut self, queue: &mut Receiver<T>, batch: &mut Vec<T>) -> bool {
        let size = self.settings.batch_size;
        tokio::select! {
            biased;
            _ = self.stop.deadline() => return false,
            received = queue.recv_many(batch, size) => if received == 0 { return false },
        }
        let delay = sleep(self.settings.batch_delay);
        tokio::pin!(delay);
        while batch.len() < size {
            let room = size - batch.len();
            tokio::select! {
                biased;
                _ = self.stop.deadline() => return false,
                () = &mut delay => break,
                received = queue.recv_many(batch, room) => if received == 0 { return false },
            }
        }
        true
    }

    /// Lets `sending`, whose result is how many items were rejected, take its time, and counts what becomes of the
    /// `count` items.
    async fn deliver(&self, count: usize, sending: impl Future<Output = Result<usize, String>>) {
        let mut stop = self.stop.clone();
        let result = tokio::select! {
            biased;
            result = timeout(self.settings.timeout, sending) => result,
            () = stop.passed() => return self.losses.lose(self.signal, Reason::Stopped, count),
        };
        match result {
            Ok(Ok(rejected)) => {
                self.losses.lose(self.signal, Reason::Rejected, rejected);
                self.losses.exported(self.signal, count.saturating_sub(rejected));
            }
            Ok(Err(error)) => self.losses.failed(self.signal, count, error),
            Err(_) => {
                let error = "the collector did not answer in time".to_owned();
                self.losses.failed(self.signal, count, error);
            }
        }
    }
}

/// Sends what the instruments say.
struct MetricsPump<'a> {
    pump: Pump<'a>,
    metrics: &'a Metrics,
    exporters: &'a Exporters,
    clock: &'a Clock,
}

impl MetricsPump<'_> {
    /// Sends all metrics once in an interval.
    async fn run(&self) {
        let every = self.pump.settings.metrics_interval;
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = self.pump.stop.clone();
        loop {
            tokio::select! {
                _ = ticks.tick() => self.send().await,
                _ = stop.deadline() => return,
            }
        }
    }

    async fn send(&self) {
        let (count, batch) = self.metrics.export(self.clock.now().into());
        if count > 0 {
            self.pump.deliver(count, self.exporters.send_metrics(batch)).await;
        }
    }
}
