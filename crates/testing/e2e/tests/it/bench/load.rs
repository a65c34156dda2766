//! A client that costs little: the server under test has two cores, and shares them with whoever asks.
//!
//! Some threads share the connections. They write requests as bytes and read no more of an answer than they have to: one system call
//! for the request, one for the answer, and one that waits for whatever comes next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread::scope;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

/// Most threads that share the connections. With two, all connections of one wait where it waits for a core; two hundred take the
/// cores' memory from the server.
const THREADS: usize = 16;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after the last connection is ready the first of them sends.
const READY: Duration = Duration::from_millis(50);

/// What a connection does again and again.
pub(super) type Work = Arc<dyn Fn(&mut Dice) -> Request + Send + Sync>;

/// What is sent, and what follows from its answer.
pub(super) struct Request {
    bytes: Vec<u8>,
    status: &'static str,
    next: Option<Next>,
}

/// Makes the next request of the body of an answer.
type Next = Box<dyn FnOnce(&[u8]) -> Request + Send>;

impl Request {
    /// A request whose answer must have this status.
    pub(super) fn new(bytes: Vec<u8>, status: &'static str) -> Self {
        Self { bytes, status, next: None }
    }

    /// With another one that is made of the answer's body.
    pub(super) fn then(self, next: impl FnOnce(&[u8]) -> Self + Send + 'static) -> Self {
        Self { next: Some(Box::new(next)), ..self }
    }
}

/// A connection that is kept, with its choices and what it waits for.
pub(super) struct Connection {
    number: usize,
    stream: TcpStream,
    dice: Dice,
    received: Vec<u8>,
    /// How much of `received` is of the answer.
    filled: usize,
    /// The status that the answer must have.
    status: &'static str,
    next: Option<Next>,
    /// When its work is to begin, or was.
    due: Instant,
}

impl Connection {
    /// Connects to a port of this machine. Each number makes choices of its own.
    pub(super) fn open(port: u16, number: usize) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (dice, received) = (Dice::new(number), vec![0; 64 << 10]);
        Self { number, stream, dice, received, filled: 0, status: "", next: None, due: Instant::now() }
    }

    /// Does the work once, and waits for it.
    pub(super) fn carry_out(&mut self, work: &Work) {
        self.begin(work);
        while !self.advance() {}
    }

    fn begin(&mut self, work: &Work) {
        let request = work(&mut self.dice);
        self.send(request);
    }

    fn send(&mut self, request: Request) {
        self.stream.write_all(&request.bytes).unwrap();
        (self.filled, self.status, self.next) = (0, request.status, request.next);
    }

    /// Reads what has come, or waits for it. Says whether the work is done: of a whole answer the next request may follow.
    fn advance(&mut self) -> bool {
        if self.filled == self.received.len() {
            self.received.resize(self.filled * 2, 0);
        }
        let read = self.stream.read(&mut self.received[self.filled..]).unwrap();
        assert!(read > 0, "the server has closed the connection");
        self.filled += read;
        let Some((from, to)) = extent(&self.received[..self.filled]).filter(|(_, to)| *to <= self.filled)
        else {
            return false;
        };
        let received = &self.received[..to];
        assert_eq!(&received[9..12], self.status.as_bytes(), "{}", String::from_utf8_lossy(received));
        let Some(next) = self.next.take() else { return true };
        let request = next(&received[from..]);
        self.send(request);
        false
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
    let done = share(port, work, connections, |mine, start| {
        let mut done = 0_u32;
        drive(mine, work, |_, now| {
            let is_over = now >= start + length;
            done += u32::from(!is_over);
            (!is_over).then_some(now)
        });
        done
    });
    f64::from(done.into_iter().sum::<u32>()) / length.as_secs_f64()
}

/// Work is sent at fixed times, so many a second over all connections, whether the server keeps pace or not. Each latency counts
/// from the time at which it was to be sent, so that what waits behind a slow answer is counted as late. The shortest comes first.
pub(super) fn fixed_rate(
    port: u16,
    work: &Work,
    connections: usize,
    rate: f64,
    length: Duration,
) -> Vec<Duration> {
    let between = Duration::from_secs_f64(1.0 / rate);
    let of_each = between * u32::try_from(connections).unwrap();
    let latencies = share(port, work, connections, |mine, start| {
        let mut latencies = Vec::new();
        for connection in &mut *mine {
            connection.due = start + between * u32::try_from(connection.number).unwrap();
        }
        drive(mine, work, |due, now| {
            latencies.push(now - due);
            Some(due + of_each).filter(|next| *next < start + length)
        });
        latencies
    });
    let mut all: Vec<Duration> = latencies.into_iter().flatten().collect();
    all.sort_unstable();
    all
}

/// Has threads share the connections. Once all of these have done the work once, each thread is called with its own, which are due at
/// the same moment for all. Gives what each thread made.
fn share<T: Send>(
    port: u16,
    work: &Work,
    connections: usize,
    run: impl Fn(&mut [Connection], Instant) -> T + Sync,
) -> Vec<T> {
    let count = connections.min(THREADS);
    let (barrier, start, run) = (&Barrier::new(count), &OnceLock::new(), &run);
    scope(|scope| {
        let share = |thread: usize| {
            scope.spawn(move || {
                let numbers = (thread..connections).step_by(count);
                let mut mine: Vec<Connection> =
                    numbers.map(|number| Connection::open(port, number)).collect();
                for connection in &mut mine {
                    connection.carry_out(work);
                }
                barrier.wait();
                let start = *start.get_or_init(|| Instant::now() + READY);
                for connection in &mut mine {
                    connection.due = start;
                }
                run(&mut mine, start)
            })
        };
        let threads: Vec<_> = (0..count).map(share).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Begins the work of each connection when it is due, again and again. `after` is told when one was due and when it was done, and says
/// when the connection begins anew, if it does.
fn drive(
    connections: &mut [Connection],
    work: &Work,
    mut after: impl FnMut(Instant, Instant) -> Option<Instant>,
) {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    for (at, connection) in connections.iter().enumerate() {
        let data = epoll::EventData::new_u64(at as u64);
        epoll::add(&epoll, &connection.stream, data, epoll::EventFlags::IN).unwrap();
    }
    let mut idle: BinaryHeap<Reverse<(Instant, usize)>> =
        connections.iter().enumerate().map(|(at, connection)| Reverse((connection.due, at))).collect();
    let (mut busy, mut ready) = (0, Vec::with_capacity(connections.len()));
    while busy > 0 || !idle.is_empty() {
        let now = Instant::now();
        while let Some(first) = idle.peek_mut().filter(|first| first.0.0 <= now) {
            let Reverse((due, at)) = PeekMut::pop(first);
            connections[at].due = due;
            connections[at].begin(work);
            busy += 1;
        }
        let wait =
            idle.peek().map_or(PATIENCE, |Reverse((due, _))| due.saturating_duration_since(Instant::now()));
        let wait = Timespec::try_from(wait).unwrap();
        epoll::wait(&epoll, spare_capacity(&mut ready), Some(&wait)).unwrap();
        assert!(!ready.is_empty() || !idle.is_empty(), "no answer for {PATIENCE:?}");
        for event in ready.drain(..) {
            let at = usize::try_from(event.data.u64()).unwrap();
            if connections[at].advance() {
                busy -= 1;
                idle.extend(after(connections[at].due, Instant::now()).map(|next| Reverse((next, at))));
            }
        }
    }
}
