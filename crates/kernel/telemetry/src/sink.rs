//! Collects lines in memory and writes many of them at once.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long the first line of a batch waits for others.
const LONGEST_WAIT: Duration = Duration::from_millis(10);

/// More bytes than these are written by whoever adds to them: a slow reader makes writers slow, and nothing is dropped.
const MOST_WAITING: usize = 1024 * 1024;

/// Where the lines of a process go, in the order in which they are added, and never torn.
///
/// A line of level warn and above is written at once by the thread that adds it, with all lines before it. Lines
/// below wait for each other until the thread of [`Sink::start`] writes them, at most 10 ms after the first of them
/// came or after the batch before was out. Before that call, and after its [`Batching`] has gone, they are written
/// at once too.
///
/// Batches are long: processes that write to the same pipe may cut into each other's lines. Give each its own.
#[derive(Clone)]
pub(crate) struct Sink(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    /// Wakes the thread that writes batches.
    wake: Condvar,
    /// Taken before `waiting`: who takes lines writes them before anybody takes later ones.
    output: Mutex<Output>,
}

/// Lines that are not written yet.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Whether there is a thread that writes what waits.
    is_batching: bool,
    /// Whether that thread has nothing to do until it is woken.
    is_idle: bool,
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// Memory for lines to come; empty.
    spare: Vec<u8>,
}

impl Sink {
    /// A sink that writes each line at once.
    pub(crate) fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Shared {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            output: Mutex::new(Output { writer: Box::new(writer), spare: Vec::new() }),
        }))
    }

    /// Begins to write in batches, by a thread of the sink's own. Without one, lines are written at once as before.
    pub(crate) fn start(&self) -> Batching {
        lock(&self.0.waiting).is_batching = true;
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_batches()).ok();
        if thread.is_none() {
            lock(&self.0.waiting).is_batching = false;
        }
        Batching { sink: self.clone(), thread }
    }

    fn add(&self, line: &[u8], at_once: bool) {
        let mut waiting = lock(&self.0.waiting);
        waiting.lines.extend_from_slice(line);
        let is_due = at_once || !waiting.is_batching || waiting.lines.len() > MOST_WAITING;
        let is_first = !is_due && mem::take(&mut waiting.is_idle);
        drop(waiting);
        if is_due {
            self.0.write_waiting();
        } else if is_first {
            self.0.wake.notify_one();
        }
    }
}

impl Shared {
    /// Writes what waits. When it returns, all that was added before is written.
    fn write_waiting(&self) {
        let mut output = lock(&self.output);
        let Output { writer, spare } = &mut *output;
        let mut batch = mem::replace(&mut lock(&self.waiting).lines, mem::take(spare));
        // A log that cannot be written cannot be reported either, and must not stop the work.
        let _ = writer.write_all(&batch).and_then(|()| writer.flush());
        batch.clear();
        batch.shrink_to(MOST_WAITING);
        *spare = batch;
    }

    /// Writes batch after batch to the end of batching.
    fn write_batches(&self) {
        let mut waiting = lock(&self.waiting);
        while waiting.is_batching {
            if waiting.lines.is_empty() {
                waiting.is_idle = true;
                waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.wake.wait_timeout_while(waiting, LONGEST_WAIT, |waiting| waiting.is_batching);
            drop(waited);
            self.write_waiting();
            waiting = lock(&self.waiting);
        }
    }
}

/// What a panic of another thread leaves behind is whole: lines are added and taken in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lines are written in batches for as long as it is there; when it goes, what waits is written, and the thread
/// has ended.
pub(crate) struct Batching {
    sink: Sink,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Batching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batching").finish_non_exhaustive()
    }
}

impl Drop for Batching {
    fn drop(&mut self) {
        let Shared { waiting, wake, .. } = &*self.sink.0;
        lock(waiting).is_batching = false;
        wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say, not even of a panic, which the panic hook has logged.
            let _ = thread.join();
        }
        self.sink.0.write_waiting();
    }
}

/// Takes one line, in one piece.
pub(crate) struct OneLine<'a> {
    sink: &'a Sink,
    at_once: bool,
}

impl Write for OneLine<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.sink.add(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.0.write_waiting();
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = OneLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine { sink: self, at_once: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        OneLine { sink: self, at_once: *metadata.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests;
