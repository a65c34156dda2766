//! The queue on a real PostgreSQL server.
#![cfg(test)]

mod control;
mod ends;
mod enqueue;
mod fences;
mod log;
mod rate;
mod retention;
mod routing;
mod schedule_control;
mod schedule_policies;
mod schedule_simulation;
mod schedules;
mod serial;
mod shutdown;
mod stage;
mod wake;
