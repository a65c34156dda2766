//! The signals that ask a process to stop.
//!
//! They are awaited on a thread of their own: a hook or task that blocks its thread can keep the runtime of the
//! process from seeing any event, and that is when a second signal is needed most.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::sync::mpsc;

/// Listens to SIGINT and SIGTERM (Ctrl-C on other systems). From its creation on, they no longer end the process
/// by themselves.
pub(crate) struct Signals {
    received: mpsc::UnboundedReceiver<&'static str>,
}

impl Signals {
    /// Starts to listen; the thread ends with the value returned.
    pub(crate) fn listen() -> io::Result<Self> {
        let (forward, received) = mpsc::unbounded_channel();
        let (opened, is_open) = std::sync::mpsc::sync_channel(1);
        thread::Builder::new().name("signals".to_owned()).spawn(move || serve(&opened, &forward))?;
        // Blocks for as long as a thread takes to start, so that no signal is missed from here on.
        is_open.recv().map_err(io::Error::other)??;
        Ok(Self { received })
    }

    /// Waits for the next signal and gives its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        match self.received.recv().await {
            Some(signal) => signal,
            // The thread is gone, so no signal will come any more.
            None => std::future::pending().await,
        }
    }
}

/// Opens the signals, says whether that worked, and forwards them until nobody listens.
fn serve(opened: &SyncSender<io::Result<()>>, forward: &mpsc::UnboundedSender<&'static str>) {
    let served = tokio::runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
        runtime.block_on(async {
            let mut stream = Stream::open()?;
            // Whoever waits for this answer may be gone, and then the forwarding ends at once.
            let _told = opened.send(Ok(()));
            loop {
                tokio::select! {
                    () = forward.closed() => return Ok(()),
                    signal = stream.next() => { let _heard = forward.send(signal); }
                }
            }
        })
    });
    if let Err(error) = served {
        let _told = opened.send(Err(error));
    }
}

#[cfg(unix)]
struct Stream {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stream {
    fn open() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

#[cfg(windows)]
struct Stream(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Stream {
    fn open() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> &'static str {
        self.0.recv().await;
        "Ctrl-C"
    }
}
