//! HTTP/1.1 by hand, for tests that must know what exactly happened to a connection.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// A whole answer: its status and its body.
    Answered(u16, Vec<u8>),
    /// The connection ended before the first byte of an answer.
    Closed,
    /// The connection ended in the middle of an answer.
    Cut,
}

/// A connection that is kept open between requests.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    is_open: bool,
}

impl Wire {
    /// Opens a connection to a port of this machine.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, is_open: true })
    }

    /// Whether another request may be sent.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Sends a request with a JSON body, which may be empty, and waits for its answer.
    pub async fn send(&mut self, method: &str, path: &str, token: &str, body: &str) -> Exchange {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        // What the other side wrote before it closed is still to be read, so a failed write ends nothing yet.
        let _ = self.stream.write_all(request.as_bytes()).await;
        let exchange = self.receive().await;
        self.is_open &= matches!(exchange, Exchange::Answered(..));
        exchange
    }

    async fn receive(&mut self) -> Exchange {
        let mut received = Vec::new();
        let head = loop {
            if let Some(end) = received.windows(4).position(|part| part == b"\r\n\r\n") {
                break received.drain(..end + 4).collect::<Vec<u8>>();
            }
            if !self.read_more(&mut received).await {
                return if received.is_empty() { Exchange::Closed } else { Exchange::Cut };
            }
        };
        let head = String::from_utf8(head).expect("a head in ASCII").to_ascii_lowercase();
        let header = |name: &str| {
            let of =
                |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned());
            head.lines().find_map(of)
        };
        if header("connection").as_deref() == Some("close") {
            self.is_open = false;
        }
        let length = header("content-length").unwrap_or_else(|| panic!("no length: {head}"));
        let length: usize = length.parse().expect("a length");
        while received.len() < length {
            if !self.read_more(&mut received).await {
                return Exchange::Cut;
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Exchange::Answered(status.unwrap_or_else(|| panic!("no status: {head}")), received)
    }

    /// Reads what is there; false at the end of the connection, whichever way it ended.
    async fn read_more(&mut self, received: &mut Vec<u8>) -> bool {
        matches!(self.stream.read_buf(received).await, Ok(1..))
    }
}
