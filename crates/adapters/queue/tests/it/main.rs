//! The queue on a real PostgreSQL server.
#![cfg(test)]

mod ahead;
mod bench;
mod control;
mod ends;
mod enqueue;
mod fences;
mod limits;
mod log;
mod observer;
mod others;
mod plans;
mod proofs;
mod rate;
mod redis_server;
mod retention;
mod routing;
mod schedule_control;
mod schedule_policies;
mod schedule_simulation;
mod schedules;
mod serial;
mod shutdown;
mod side;
mod stage;
mod turns;
mod wake;

/// As the worker process has it, which the bench stands for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
