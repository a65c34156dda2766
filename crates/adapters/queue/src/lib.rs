//! The queue on PostgreSQL: what claims and runs jobs, and what enqueues those that come back by the calendar.
//!
//! # Workers
//!
//! A [`Worker`] claims jobs of the types it has a handler for and of no others, so a process never takes what it cannot
//! run. A claim is a lease: the row gets a token, an end by the database's clock, and one attempt more. Every statement
//! that ends the job names the token, so a worker that lost its lease changes nothing. Leases are renewed at a third of
//! their length; one that could not be renewed ends its job's run before anybody else may claim it. Whoever finds a
//! lease that has run out gives the job to the next worker, or parks it as dead when its attempts are used up: a job
//! that kills its worker ends too.
//!
//! Where jobs end faster than they are claimed, a worker claims some ahead: what it will run in the next twenty milliseconds, by
//! the rate of the last ones. What has waited for a slot a quarter of a second goes back, for any worker to claim.
//!
//! A job runs *at least once*. What its handler does inside the transaction that it hands to `JobRun::complete` happens
//! exactly once. A handler must yield: code that blocks its thread cannot be cancelled when its lease is lost.
//!
//! # Turns and limits
//!
//! A claim goes round the tenants: each gets one job in turn, so a tenant with a million jobs does not hold up another's
//! single one. Serial keys, limits by key, by type and by queue are exact: a claim behind one holds its lock and counts
//! under it. [`JobObserver`] hears each claim and each end; [`queue_states`] counts what waits.
//!
//! Jobs that need no transaction may stand on Redis instead ([`RedisQueue`], [`RedisWorker`]).
//!
//! # What apalis does, and what it does not
//!
//! apalis is the runtime: its worker drives the jobs, its layers wrap the handlers and its graceful stop drains them.
//! The tables are claimed by our own `Backend`. Three things of apalis are left aside, each for a reason:
//!
//! - Its concurrency limit admits one job after the other once a handler is ready. Claims here come in batches, for the slots
//!   that are free and for those that will be before the next claim is back, so the slots are ours and claims count them.
//! - Its acknowledgement sees a result, not the lease behind it, and its retry layer repeats a job in memory. Ends here
//!   are fenced statements and the backoff is stored, so both outlive the process.
//! - Its backend may fail, which ends the worker and drops all jobs under way. Ours cannot: an outage is waited out
//!   where the claims are made.
//!
//! # Schedules
//!
//! A [`Scheduler`] turns due rows of `jobs.schedule` into jobs. The row lock, the unique record of the nominal time and
//! the next time are one transaction, so any number of schedulers may run and none is the leader. What is due is decided
//! by the database's clock alone. What becomes of times that were missed while none ran, and of times that meet a job that
//! has not ended, is the schedule's own policy (`athyper_kernel_jobs::schedule`).

mod config;
mod context;
mod depth;
mod observer;
mod outage;
mod redis;
mod scheduler;
mod stats;
mod store;
mod worker;

pub use config::WorkerConfig;
pub use context::{ContextFactory, JobOrigin, MadeContext};
pub use depth::{QueueDepth, QueueState, queue_depth, queue_states};
pub use observer::{JobEvent, JobNews, JobObserver};
pub use redis::{DeadSideJob, RedisQueue, RedisQueueError, RedisWorker, SideError};
pub use scheduler::{
    NextPage, ScheduleClock, ScheduleError, ScheduledTenant, Scheduler, TenantPage, TenantPages,
};
pub use stats::WorkerStats;
pub use worker::{Worker, WorkerError};
