//! A mail server on a loopback port: it records what it is sent, and answers as it is told.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A message that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) recipients: Vec<String>,
    /// As it was before dots were doubled for the way.
    pub(crate) content: Vec<u8>,
}

/// What to do instead of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Say(&'static str),
    HangUp,
    /// Nothing is said, and the connection stays open, until [`Receiver::go_on`].
    Silence,
}

struct Shared {
    /// One permit for each time that a connection fell silent, and for each that may go on.
    silent: Semaphore,
    go_on: Semaphore,
    received: Mutex<Vec<Received>>,
    /// Each line that a client said, connections in the order they came.
    commands: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    /// What to answer to a line that begins like this. `CONNECT` and `CONTENT` stand for the greeting and the end of a message.
    answers: Mutex<Vec<(String, Answer)>>,
    extensions: Mutex<Vec<&'static str>>,
}

/// The server. Dropped, it is away.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            silent: Semaphore::new(0),
            go_on: Semaphore::new(0),
            received: Mutex::default(),
            commands: Mutex::default(),
            connections: Mutex::default(),
            answers: Mutex::default(),
            extensions: Mutex::new(vec!["AUTH PLAIN LOGIN", "8BITMIME", "SMTPUTF8"]),
        });
        let mut tasks = JoinSet::new();
        let served = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *served.connections.lock().unwrap() += 1;
                let shared = Arc::clone(&served);
                connections.spawn(async move {
                    // A client that goes away is nothing to report.
                    let _ = Connection::new(stream, shared).serve().await;
                });
            }
        });
        Self { port, shared, _tasks: tasks }
    }

    pub(crate) fn answer(&self, line: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().push((line.to_owned(), answer));
    }

    pub(crate) fn answer_as_usual(&self) {
        self.shared.answers.lock().unwrap().clear();
    }

    /// Waits until a connection has fallen silent.
    pub(crate) async fn fell_silent(&self) {
        self.shared.silent.acquire().await.unwrap().forget();
    }

    /// Lets one silent connection answer as usual.
    pub(crate) fn go_on(&self) {
        self.shared.go_on.add_permits(1);
    }

    pub(crate) fn offer(&self, extensions: &[&'static str]) {
        *self.shared.extensions.lock().unwrap() = extensions.to_vec();
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.commands.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

/// The end of a connection.
struct Gone;

struct Connection {
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
}

impl Connection {
    fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self { stream: BufReader::new(stream), shared }
    }

    async fn serve(mut self) -> Result<(), Gone> {
        self.reply("CONNECT", "220 receiver.example ESMTP").await?;
        let mut message = None;
        loop {
            let line = self.read().await?;
            self.shared.commands.lock().unwrap().push(line.clone());
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let mut lines = vec!["receiver.example"];
                    lines.extend(self.shared.extensions.lock().unwrap().iter());
                    let last = lines.pop().unwrap();
                    let text = format!("250-{}\r\n250 {last}", lines.join("\r\n250-"));
                    self.reply(&line, &text).await?;
                }
                "AUTH" => {
                    let expected = format!("AUTH PLAIN {}", STANDARD.encode("\0user\0secret"));
                    let reply = if line == expected { "235 welcome" } else { "535 5.7.8 who are you" };
                    self.reply(&line, reply).await?;
                }
                "MAIL" => {
                    let from = path(&line);
                    if message.is_some() {
                        self.reply("", "503 one at a time").await?;
                    } else if self.reply(&line, "250 ok").await? {
                        message = Some(Received { from, recipients: vec![], content: vec![] });
                    }
                }
                "RCPT" => {
                    let recipient = path(&line);
                    if self.reply(&line, "250 ok").await? {
                        message.as_mut().unwrap().recipients.push(recipient);
                    }
                }
                "DATA" => {
                    if !self.reply(&line, "354 go on").await? {
                        continue;
                    }
                    let mut taken = message.take().unwrap();
                    taken.content = self.content().await?;
                    if self.reply("CONTENT", "250 2.0.0 queued as 4711").await? {
                        self.shared.received.lock().unwrap().push(taken);
                    }
                }
                "RSET" => {
                    message = None;
                    self.reply(&line, "250 ok").await?;
                }
                "NOOP" => {
                    self.reply(&line, "250 ok").await?;
                }
                "STARTTLS" => {
                    self.reply(&line, "220 go on").await?;
                }
                "QUIT" => {
                    self.reply(&line, "221 bye").await?;
                    return Ok(());
                }
                _ => {
                    self.reply(&line, "502 what").await?;
                }
            }
        }
    }

    /// Answers a line as usual or as told. Tells whether it was as usual.
    async fn reply(&mut self, line: &str, usual: &str) -> Result<bool, Gone> {
        let answers = self.shared.answers.lock().unwrap().clone();
        let told = answers.into_iter().find(|(start, _)| line.starts_with(start.as_str()));
        let text = match &told {
            None => usual,
            Some((_, Answer::Say(text))) => text,
            Some((_, Answer::HangUp)) => return Err(Gone),
            Some((_, Answer::Silence)) => {
                self.shared.silent.add_permits(1);
                self.shared.go_on.acquire().await.unwrap().forget();
                usual
            }
        };
        let text = format!("{text}\r\n");
        self.stream.get_mut().write_all(text.as_bytes()).await.map_err(|_| Gone)?;
        Ok(matches!(told, None | Some((_, Answer::Silence))))
    }

    async fn read(&mut self) -> Result<String, Gone> {
        let mut bytes = Vec::new();
        self.stream.read_until(b'\n', &mut bytes).await.map_err(|_| Gone)?;
        let line = bytes.strip_suffix(b"\r\n").ok_or(Gone)?;
        // What a TLS client says is no text.
        Ok(String::from_utf8_lossy(line).into_owned())
    }

    async fn content(&mut self) -> Result<Vec<u8>, Gone> {
        let mut content = Vec::new();
        loop {
            let mut line = Vec::new();
            self.stream.read_until(b'\n', &mut line).await.map_err(|_| Gone)?;
            if line == b".\r\n" {
                return Ok(content);
            }
            if !line.ends_with(b"\r\n") {
                return Err(Gone);
            }
            content.extend(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

/// The address between the brackets.
fn path(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}
