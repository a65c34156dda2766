//! A client that costs little: the server under test has two cores, and shares them with whoever asks.
//!
//! A thread for each connection writes requests that were made beforehand and reads no more of an answer than it has to. That is
//! one system call for the request and one for the answer, as with pgbench.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a connection does again and again.
pub(super) type Work = Arc<dyn Fn(&mut Connection, &mut Dice) + Send + Sync>;

/// A connection that is kept.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to a port of this machine.
    pub(super) fn open(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, received: vec![0; 64 << 10] }
    }

    /// Sends a request and gives the body of its answer, which must have this status.
    pub(super) fn ask(&mut self, request: &[u8], status: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        let (mut filled, mut expected) = (0, None);
        loop {
            filled += self.read(filled);
            let received = &self.received[..filled];
            expected = expected.or_else(|| extent(received));
            match expected {
                Some((from, to)) if to <= filled => {
                    let received = &self.received[..to];
                    assert_eq!(&received[9..12], status, "{}", String::from_utf8_lossy(received));
                    return &received[from..];
                }
                _ => {}
            }
        }
    }

    fn read(&mut self, filled: usize) -> usize {
        if filled == self.received.len() {
            self.received.resize(filled * 2, 0);
        }
        let read = self.stream.read(&mut self.received[filled..]).unwrap();
        assert!(read > 0, "the server has closed the connection");
        read
    }
}

/// Where the body of an answer begins and ends, once its head is there.
fn extent(received: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let head = received.windows(4).position(|part| part == b"\r\n\r\n")?;
    let at = received[..head].windows(LENGTH.len()).position(|part| part == LENGTH);
    let digits = &received[at.unwrap_or_else(|| panic!("an answer without a length")) + LENGTH.len()..];
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Some((head + 4, head + 4 + length))
}

/// Choices by chance (SplitMix64), the same in every run.
pub(super) struct Dice(u64);

impl Dice {
    /// A stream of its own for each number.
    pub(super) fn new(number: usize) -> Self {
        Self(number as u64 + 1)
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Each connection sends as soon as it has its answer: how often the work is done in a second, at most.
pub(super) fn closed_loop(port: u16, work: &Work, connections: usize, length: Duration) -> f64 {
    let barrier = Arc::new(Barrier::new(connections));
    let run = |number: usize| {
        let (work, barrier) = (Arc::clone(work), Arc::clone(&barrier));
        spawn(move || {
            let (mut connection, mut dice) = (Connection::open(port), Dice::new(number));
            work(&mut connection, &mut dice);
            barrier.wait();
            let started = Instant::now();
            let mut done = 0_u32;
            loop {
                work(&mut connection, &mut dice);
                if started.elapsed() >= length {
                    return done;
                }
                done += 1;
            }
        })
    };
    let threads: Vec<JoinHandle<u32>> = (0..connections).map(run).collect();
    let done: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    f64::from(done) / length.as_secs_f64()
}

/// Work is sent at fixed times, so many a second over all connections, whether the server keeps pace or not. Each latency counts
/// from the time at which it was to be sent, so that what waits behind a slow answer is counted as late.
pub(super) fn fixed_rate(
    port: u16,
    work: &Work,
    connections: usize,
    rate: f64,
    length: Duration,
) -> Vec<Duration> {
    let barrier = Arc::new(Barrier::new(connections));
    let between = Duration::from_secs_f64(1.0 / rate);
    let run = |number: usize| {
        let (work, barrier) = (Arc::clone(work), Arc::clone(&barrier));
        spawn(move || {
            let (mut connection, mut dice) = (Connection::open(port), Dice::new(number));
            work(&mut connection, &mut dice);
            barrier.wait();
            let started = Instant::now();
            let mut latencies = Vec::new();
            let mut due = between * u32::try_from(number).unwrap();
            while due < length {
                sleep(due.saturating_sub(started.elapsed()));
                work(&mut connection, &mut dice);
                latencies.push(started.elapsed().saturating_sub(due));
                due += between * u32::try_from(connections).unwrap();
            }
            latencies
        })
    };
    let threads: Vec<JoinHandle<Vec<Duration>>> = (0..connections).map(run).collect();
    let mut all: Vec<Duration> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    all.sort_unstable();
    all
}
