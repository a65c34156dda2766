//! Callers who send too slowly, too much or nothing at all, and the end of a server that they are connected to.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{ConnectionLimits, listen, serve_until};

/// Far longer than anything here takes: what is waited for has to happen by itself.
const FOREVER: Duration = Duration::from_mins(1);

const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 2,
    head_time: Duration::from_millis(300),
    stall_time: FOREVER,
    head_bytes: 8 * 1024,
};

/// A server with one route that answers at once and one that waits until it is told.
struct Server {
    address: std::net::SocketAddr,
    stopping: CancellationToken,
    served: JoinHandle<()>,
    /// Told by `/slow` that it has begun.
    begun: Arc<Notify>,
    /// Tells `/slow` to answer.
    go_on: Arc<Notify>,
}

impl Server {
    async fn start(limits: ConnectionLimits) -> Self {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (Arc::clone(&begun), Arc::clone(&go_on));
        let slow = move || async move {
            tell.notify_one();
            wait.notified().await;
            "slow"
        };
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
            .route("/echo", post(|body: Bytes| async { body }))
            .route("/refuse", post(|| async { StatusCode::BAD_REQUEST }))
            .route("/slow", get(slow));
        let listener = listen(&[[127, 0, 0, 1].into()], 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let server = serve_until(stopping.clone(), listener, router, limits);
        #[expect(clippy::disallowed_methods, reason = "a test waits for it by itself")]
        let served = tokio::spawn(server);
        Self { address, stopping, served, begun, go_on }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Waits until the server has ended.
    async fn ended(self) {
        timeout(FOREVER, self.served).await.expect("it ends").unwrap();
    }
}

/// Reads until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let read = stream.read_to_end(&mut received);
    // A connection that is reset has ended as well.
    let _ended = timeout(FOREVER, read).await.expect("it is closed");
    String::from_utf8(received).unwrap()
}

/// Reads one answer whose body is `body`.
async fn answer(stream: &mut TcpStream, body: &str) -> String {
    let mut received = String::new();
    while !received.ends_with(&format!("\r\n\r\n{body}")) {
        let mut buffer = [0; 1024];
        let read = timeout(FOREVER, stream.read(&mut buffer)).await.expect("an answer").unwrap();
        assert!(read > 0, "closed after {received:?}");
        received.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    received
}

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let server = Server::start(LIMITS).await;
    let mut slow = server.connect().await;
    let drip = async {
        // A byte now and then does not help: the head as a whole has its time.
        for byte in b"GET / HTTP/1.1\r\nx: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            .iter()
            .cycle()
        {
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(FOREVER, drip).await.expect("it is cut off");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_before_and_after_its_first_request() {
    let server = Server::start(LIMITS).await;
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "");
    let mut kept = server.connect().await;
    kept.write_all(HELLO).await.unwrap();
    assert!(answer(&mut kept, "hello").await.starts_with("HTTP/1.1 200"));
    assert_eq!(rest(&mut kept).await, "");
}

#[tokio::test]
async fn a_head_that_is_too_large_or_no_http_is_refused() {
    let server = Server::start(LIMITS).await;
    let (large, many) = ("x".repeat(9 * 1024), "a: b\r\n".repeat(101));
    for (sent, status) in [
        (format!("GET / HTTP/1.1\r\nhost: a\r\nx: {large}\r\n\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"), "431"),
        ("GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n".to_owned(), "400"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01".to_owned(), "400"),
        // A caller who knows HTTP/2 is there has to be told that it is not.
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        let is_refused = answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}"));
        assert!(is_refused && !answer.contains("200 OK"), "{sent:.60} {answer}");
    }
    // A length and chunks at once are two readings of one request (RFC 9112, section 6.3): one of them smuggles.
    let mut stream = server.connect().await;
    let both = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd";
    stream.write_all(both.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_caller_who_is_refused_while_it_sends_gets_its_answer() {
    let server = Server::start(LIMITS).await;
    let mut sender = server.connect().await;
    let head = format!("POST /refuse HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", 64 << 20);
    sender.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        timeout(FOREVER, sender.write_all(&piece)).await.expect("it is taken").expect("it is taken");
    }
    assert!(answer(&mut sender, "").await.starts_with("HTTP/1.1 400"));
    // The connection is as good as before.
    sender.write_all(HELLO).await.unwrap();
    assert!(answer(&mut sender, "hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_ends() {
    let limits = ConnectionLimits { head_time: FOREVER, ..LIMITS };
    let server = Server::start(limits).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(HELLO).await.unwrap();
        answer(&mut stream, "hello").await;
        open.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(HELLO).await.unwrap();
    let mut byte = [0];
    assert!(
        timeout(Duration::from_millis(200), third.read(&mut byte)).await.is_err(),
        "served beyond the limit"
    );
    drop(open);
    assert!(answer(&mut third, "hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_caller_who_takes_nothing_of_its_answer_is_given_up() {
    let limits = ConnectionLimits { connections: 1, stall_time: Duration::from_millis(200), ..LIMITS };
    let server = Server::start(limits).await;
    let mut deaf = server.connect().await;
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // There is room for one: the next is served only when the deaf one is gone.
    let mut next = server.connect().await;
    next.write_all(HELLO).await.unwrap();
    assert!(answer(&mut next, "hello").await.starts_with("HTTP/1.1 200"));
    let mut received = Vec::new();
    let _ended = timeout(FOREVER, deaf.read_to_end(&mut received)).await.expect("it is closed");
    assert!(received.len() < 64 << 20, "it was served in full");
}

#[tokio::test]
async fn at_its_end_what_was_accepted_is_answered_and_nobody_else_holds_it() {
    let limits = ConnectionLimits { connections: 8, head_time: FOREVER, ..LIMITS };
    let server = Server::start(limits).await;
    let mut asked = server.connect().await;
    asked.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    server.begun.notified().await;
    let mut idle = server.connect().await;
    idle.write_all(HELLO).await.unwrap();
    answer(&mut idle, "hello").await;
    let mut half = server.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut silent = server.connect().await;
    // It is accepted once it was answered to, or it is the listener's and gone with it.
    server.stopping.cancel();

    // These are let go although their head could take for ever.
    for stream in [&mut idle, &mut half, &mut silent] {
        assert_eq!(rest(stream).await, "");
    }
    assert!(!server.served.is_finished(), "the request under way is forgotten");
    server.go_on.notify_one();
    let answer = rest(&mut asked).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("slow"));
    assert!(TcpStream::connect(server.address).await.is_err(), "it still listens");
    server.ended().await;
}
