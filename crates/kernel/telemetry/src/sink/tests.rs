//! Tests of what is written when, in which order, and what a bad output does.

use std::{
    collections::HashMap,
    sync::mpsc::{Receiver, Sender, channel},
    time::Instant,
};

use tracing::{error, info, subscriber::with_default, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

/// Longer than any wait that is no mistake.
const LONG: Duration = Duration::from_secs(20);

/// Hands on what each single write brought.
struct Pieces(Sender<String>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sink() -> (Sink, Receiver<String>) {
    let (sender, pieces) = channel();
    (Sink::new(Pieces(sender)), pieces)
}

/// A sink that believes that there is a thread which writes batches, so that only others write.
fn sink_without_thread() -> (Sink, Receiver<String>) {
    let (sink, pieces) = sink();
    lock(&sink.0.waiting).is_batching = true;
    (sink, pieces)
}

fn until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < LONG);
        thread::yield_now();
    }
}

fn all(pieces: &Receiver<String>) -> Vec<String> {
    pieces.try_iter().collect()
}

#[test]
fn many_threads_lose_no_line_tear_none_and_keep_their_order() {
    const LINES: usize = 2_000;
    let (sink, pieces) = sink();
    let batching = sink.start();
    thread::scope(|scope| {
        for writer in 0..8 {
            let sink = &sink;
            scope.spawn(move || {
                for line in 0..LINES {
                    let text = format!("{writer} {line} {}\n", "x".repeat(line % 50));
                    sink.add(text.as_bytes(), line % 500 == 499);
                }
            });
        }
    });
    drop(batching);
    let mut next = HashMap::new();
    for piece in all(&pieces) {
        assert!(piece.ends_with('\n'), "{piece}");
        for line in piece.lines() {
            let mut words = line.split(' ');
            let next: &mut usize = next.entry(words.next().unwrap().to_owned()).or_default();
            assert_eq!(words.next().unwrap().parse(), Ok(*next), "{line}");
            assert_eq!(words.next(), Some(&*"x".repeat(*next % 50)), "{line}");
            *next += 1;
        }
    }
    assert!(next.len() == 8 && next.values().all(|lines| *lines == LINES), "{next:?}");
}

#[test]
fn lines_wait_for_a_warning_which_takes_them_with_it() {
    let (sink, pieces) = sink_without_thread();
    let subscriber = tracing_subscriber::registry().with(
        tracing_subscriber::fmt::layer().with_writer(sink).without_time().with_target(false).with_ansi(false),
    );
    with_default(subscriber, || {
        info!("1");
        info!("2");
        assert_eq!(all(&pieces), [""; 0]);
        warn!("3");
        assert_eq!(all(&pieces), [" INFO 1\n INFO 2\n WARN 3\n"]);
        error!(fatal = true, "4");
        assert_eq!(all(&pieces), ["ERROR 4 fatal=true\n"]);
    });
}

#[test]
fn lines_are_written_together_soon_after_the_first() {
    let (sink, pieces) = sink();
    let _batching = sink.start();
    for round in 0..3 {
        sink.add(b"a\n", false);
        sink.add(b"b\n", false);
        let mut written = pieces.recv_timeout(LONG).unwrap();
        // A machine that stands still between the two parts them.
        if written == "a\n" {
            written.push_str(&pieces.recv_timeout(LONG).unwrap());
        }
        assert_eq!(written, "a\nb\n", "{round}");
        // Until the thread sleeps again.
        until(|| lock(&sink.0.waiting).is_idle);
    }
}

#[test]
fn the_end_writes_what_waits_and_ends_the_thread() {
    let (sink, pieces) = sink();
    let batching = sink.start();
    // Begins the wait for others, which the end cuts short.
    sink.add(b"1\n", false);
    sink.add(b"2\n", false);
    let shared = Arc::downgrade(&sink.0);
    drop(batching);
    assert_eq!(all(&pieces).concat(), "1\n2\n");
    // The thread had one, and the guard.
    assert_eq!(shared.strong_count(), 1);
    sink.add(b"3\n", false);
    assert_eq!(all(&pieces), ["3\n"]);
}

#[test]
fn before_the_start_each_line_is_written_at_once() {
    let (sink, pieces) = sink();
    sink.add(b"1\n", false);
    assert_eq!(all(&pieces), ["1\n"]);
    sink.make_writer().write_all(b"2\n").unwrap();
    assert_eq!(all(&pieces), ["2\n"]);
}

#[test]
fn what_waits_is_bounded() {
    let (sink, pieces) = sink_without_thread();
    let line = format!("{}\n", "x".repeat(MOST_WAITING / 4 - 1));
    for _ in 0..4 {
        sink.add(line.as_bytes(), false);
    }
    assert_eq!(all(&pieces), [""; 0]);
    sink.add(b"!\n", false);
    assert_eq!(all(&pieces), [line.repeat(4) + "!\n"]);
}

/// An output that takes nothing until it is let go on.
struct Stuck(Receiver<()>, Pieces);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv_timeout(LONG);
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn while_a_batch_is_written_lines_are_taken_and_stay_in_order() {
    let (sender, pieces) = channel();
    let (let_go, stuck) = channel();
    let sink = Sink::new(Stuck(stuck, Pieces(sender)));
    lock(&sink.0.waiting).is_batching = true;
    thread::scope(|scope| {
        scope.spawn(|| sink.add(b"warning\n", true));
        until(|| lock(&sink.0.waiting).lines.is_empty() && sink.0.output.try_lock().is_err());
        sink.add(b"1\n", false);
        sink.add(b"2\n", false);
        let another = scope.spawn(|| sink.add(b"another\n", true));
        // It waits for its turn, and has not taken anything: others may have theirs before.
        until(|| lock(&sink.0.waiting).lines.ends_with(b"another\n"));
        thread::sleep(LONGEST_WAIT);
        sink.add(b"3\n", false);
        assert!(all(&pieces).is_empty() && !another.is_finished());
        drop(let_go);
    });
    assert_eq!(all(&pieces), ["warning\n", "1\n2\nanother\n3\n"]);
}

/// An output that is gone.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn an_output_that_fails_stops_nobody_and_keeps_nothing() {
    let sink = Sink::new(Broken);
    let batching = sink.start();
    for line in 0..1_000 {
        sink.make_writer().write_all(b"line\n").unwrap();
        sink.add(&[b'x'; 4_000], line % 100 == 0);
    }
    drop(batching);
    assert!(lock(&sink.0.waiting).lines.is_empty());
}

#[test]
fn an_output_that_panics_does_not_end_the_log() {
    /// Panics once.
    struct Panics(bool, Pieces);
    impl Write for Panics {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(mem::replace(&mut self.0, true), "once");
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (sender, pieces) = channel();
    let sink = Sink::new(Panics(false, Pieces(sender)));
    assert!(thread::scope(|scope| scope.spawn(|| sink.add(b"1\n", true)).join()).is_err());
    sink.add(b"2\n", true);
    assert_eq!(all(&pieces), ["2\n"]);
}
