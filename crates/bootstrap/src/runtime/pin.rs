//! Holds each thread of work to a core of its own, on Linux.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, current};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::runtime::Builder;

/// The names of the threads, before their numbers.
const NAME: &str = "serve-";

/// Has each thread of work held to a core.
pub(super) fn pin(builder: &mut Builder) -> io::Result<()> {
    let all = sched_getaffinity(None)?;
    let cores = cores(&all);
    // With a share of the machine's time every process of the machine would choose the same cores.
    let usable = available_parallelism()?.get();
    if usable < cores.len() {
        let text =
            format!("the process may use {usable} of {} cores at a time, but any of them", cores.len());
        return Err(io::Error::other(text));
    }
    // Nothing changes, but whoever may not ask learns it once.
    sched_setaffinity(None, &all)?;
    let made = AtomicUsize::new(0);
    builder
        .worker_threads(cores.len())
        // Those of work are made first.
        .thread_name_fn(move || format!("{NAME}{}", made.fetch_add(1, Ordering::Relaxed)))
        .on_thread_start(move || {
            // One that waits for disks is made by one of work, whose core it would keep, as would programs that it starts.
            let own = number().and_then(|number| cores.get(number)).map_or(all, |core| only(*core));
            if let Err(error) = sched_setaffinity(None, &own) {
                tracing::warn!(error = %error, "a thread is not held to its core");
            }
        });
    Ok(())
}

/// The numbers of the cores of a set.
fn cores(set: &CpuSet) -> Vec<usize> {
    (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect()
}

/// The number of this thread.
fn number() -> Option<usize> {
    current().name()?.strip_prefix(NAME)?.parse().ok()
}

fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Barrier};

    use tokio::runtime::Runtime;
    use tokio::task::spawn_blocking;

    use super::*;
    use crate::runtime::runtime;

    /// The cores that this thread may use.
    fn own() -> Vec<usize> {
        cores(&sched_getaffinity(None).unwrap())
    }

    /// What the threads of work may use: a task for each of them, none of which ends before all have begun.
    fn of_work(serving: &Runtime) -> BTreeSet<Vec<usize>> {
        let threads = serving.metrics().num_workers();
        let begun = Arc::new(Barrier::new(threads));
        let task = |_| {
            let begun = Arc::clone(&begun);
            serving.spawn(async move {
                begun.wait();
                own()
            })
        };
        let tasks: Vec<_> = (0..threads).map(task).collect();
        tasks.into_iter().map(|task| serving.block_on(task).unwrap()).collect()
    }

    #[test]
    fn each_thread_of_work_has_a_core_of_its_own_and_what_blocks_has_all() {
        let all = own();
        let serving = runtime(true).unwrap();
        let each = all.iter().map(|core| vec![*core]).collect();
        // A container may have a share of the time of more cores.
        let is_shared = available_parallelism().unwrap().get() < all.len();
        assert_eq!(of_work(&serving), if is_shared { BTreeSet::from([all.clone()]) } else { each });
        let blocking = serving.spawn(async { spawn_blocking(own).await.unwrap() });
        assert_eq!(serving.block_on(blocking).unwrap(), all);
        assert_eq!(own(), all, "whoever starts them keeps all cores");
    }

    #[test]
    fn nothing_is_held_where_nobody_asks_for_it() {
        let serving = runtime(false).unwrap();
        assert_eq!(of_work(&serving), BTreeSet::from([own()]));
    }
}
