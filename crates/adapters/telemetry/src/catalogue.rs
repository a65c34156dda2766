//! The metrics of the platform by name: one place for what dashboards and alerts are built on.

use std::time::Duration;

use crate::metrics::{Histogram, MetricError, Metrics, Spec};

/// Bounds in seconds, as the semantic conventions advise for `http.server.request.duration`.
const REQUEST_BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Bounds in seconds: jobs take from milliseconds to an hour.
const JOB_BOUNDS: [f64; 13] =
    [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// Methods by RFC 9110 and RFC 5789; a caller may send any other word.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// Durations of HTTP requests, `http.server.request.duration`.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    duration: Histogram<4>,
}

impl HttpMetrics {
    /// Makes or finds the instrument.
    ///
    /// # Errors
    ///
    /// [`MetricError::Taken`] when something else has its name.
    pub fn new(metrics: &Metrics) -> Result<Self, MetricError> {
        let spec = Spec {
            name: "http.server.request.duration",
            unit: "s",
            description: "Duration of HTTP server requests.",
        };
        let labels = ["http.request.method", "http.route", "http.response.status_code", "error.type"];
        Ok(Self { duration: metrics.histogram(spec, labels, &REQUEST_BOUNDS)? })
    }

    /// Counts one request that was answered. `route` is the template, such as `/v1/accounts/{id}`, and empty when no route
    /// matched; it is never the path. A method that HTTP does not know becomes `_OTHER`, and a status from 500 up is the
    /// `error.type` too.
    pub fn record(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = if METHODS.contains(&method) { method } else { "_OTHER" };
        let status_text = status.to_string();
        let error = if status >= 500 { status_text.as_str() } else { "" };
        self.duration.record(took.as_secs_f64(), [method, route, &status_text, error]);
    }
}

/// Durations of jobs, `athyper.job.duration`.
#[derive(Clone, Debug)]
pub struct JobMetrics {
    duration: Histogram<2>,
}

impl JobMetrics {
    /// Makes or finds the instrument.
    ///
    /// # Errors
    ///
    /// [`MetricError::Taken`] when something else has its name.
    pub fn new(metrics: &Metrics) -> Result<Self, MetricError> {
        let spec = Spec {
            name: "athyper.job.duration",
            unit: "s",
            description: "Duration of one run of a job, from its claim to the record of its end.",
        };
        let labels = ["athyper.job.type", "athyper.job.outcome"];
        Ok(Self { duration: metrics.histogram(spec, labels, &JOB_BOUNDS)? })
    }

    /// Counts one run. `outcome` is the word of the log line at its end, such as `succeeded` or `dead`.
    pub fn record(&self, job_type: &str, outcome: &str, took: Duration) {
        self.duration.record(took.as_secs_f64(), [job_type, outcome]);
    }
}

/// The connections of a pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections at work.
    pub used: u32,
    /// Open connections that wait for work.
    pub idle: u32,
    /// Most connections that the pool opens.
    pub max: u32,
}

/// Watches a pool of database connections: `db.client.connection.count` by state, and `db.client.connection.max`. `pool`
/// is its name; `read` looks at what is in memory and waits for nothing.
///
/// # Errors
///
/// [`MetricError::Taken`] when something else has one of the names.
pub fn observe_pool(
    metrics: &Metrics,
    pool: &'static str,
    read: impl Fn() -> PoolState + Clone + Send + Sync + 'static,
) -> Result<(), MetricError> {
    let count = Spec {
        name: "db.client.connection.count",
        unit: "{connection}",
        description: "Connections of the pool by state.",
    };
    let labels = ["db.client.connection.pool.name", "db.client.connection.state"];
    let read_count = read.clone();
    metrics.observable_gauge(count, labels, move |observer| {
        let state = read_count();
        observer.set(state.used.into(), [pool, "used"]);
        observer.set(state.idle.into(), [pool, "idle"]);
    })?;
    let max = Spec {
        name: "db.client.connection.max",
        unit: "{connection}",
        description: "Most connections that the pool opens.",
    };
    metrics.observable_gauge(max, ["db.client.connection.pool.name"], move |observer| {
        observer.set(read().max.into(), [pool]);
    })
}

/// One queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Its name; one of few.
    pub queue: String,
    /// Jobs that are due and not claimed.
    pub depth: u64,
    /// How long the oldest of them has been due.
    pub lag: Duration,
}

/// Watches the job queues: `athyper.queue.depth` and `athyper.queue.lag`. `read` gives what was last counted; it must not
/// ask the database.
///
/// # Errors
///
/// [`MetricError::Taken`] when something else has one of the names.
pub fn observe_queues(
    metrics: &Metrics,
    read: impl Fn() -> Vec<QueueState> + Clone + Send + Sync + 'static,
) -> Result<(), MetricError> {
    let depth = Spec {
        name: "athyper.queue.depth",
        unit: "{job}",
        description: "Jobs that are due and not claimed.",
    };
    let read_depth = read.clone();
    metrics.observable_gauge(depth, ["athyper.queue.name"], move |observer| {
        for state in read_depth() {
            // Exact up to 2^53 jobs.
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge is a floating-point number by its format"
            )]
            observer.set(state.depth as f64, [&state.queue]);
        }
    })?;
    let lag = Spec {
        name: "athyper.queue.lag",
        unit: "s",
        description: "How long the oldest job has been due and not claimed.",
    };
    metrics.observable_gauge(lag, ["athyper.queue.name"], move |observer| {
        for state in read() {
            observer.set(state.lag.as_secs_f64(), [&state.queue]);
        }
    })
}
