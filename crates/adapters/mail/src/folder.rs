//! Mail into a folder, for a developer who wants to read what would have been sent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use athyper_kernel_types::Clock;
use chrono::{DateTime, Utc};
use tokio::fs::{self, DirBuilder, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use crate::mime::{Reader, render};
use crate::{Accepted, MailError, Message};

/// Writes each message into a file of its own, whose names sort by the time of sending.
///
/// A file is whole from the moment it has its name. Mail programs open it; its text can be read without one.
#[derive(Clone, Debug)]
pub struct FolderMailer {
    folder: Arc<Path>,
    clock: Clock,
    /// Keeps messages of one instant apart and in order.
    sent: Arc<AtomicU64>,
}

impl FolderMailer {
    pub(crate) fn new(folder: PathBuf, clock: Clock) -> Self {
        Self { folder: folder.into(), clock, sent: Arc::default() }
    }

    /// The folder that it writes into.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Accepted, MailError> {
        let now = self.clock.now();
        let bytes = render(message, now.into(), Reader::Person)?;
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let name = file_name(now, std::process::id(), number, message.message_id());
        self.write(&name, &bytes).await.map_err(|error| self.not_writable(&error))?;
        Ok(Accepted { message_id: message.message_id().to_owned(), server_reply: name })
    }

    pub(crate) async fn check_health(&self) -> Result<(), MailError> {
        let name = format!(".probe-{}-{}", std::process::id(), self.sent.fetch_add(1, Ordering::Relaxed));
        let probe = async {
            self.write(&name, b"").await?;
            fs::remove_file(self.folder.join(&name)).await
        };
        probe.await.map_err(|error| self.not_writable(&error))
    }

    /// Writes under another name first, so that nobody sees half a message.
    async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.make_folder().await?;
        let unfinished = self.folder.join(format!(".{name}.tmp"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Messages carry links to sign in with.
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&unfinished).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        drop(file);
        fs::rename(&unfinished, self.folder.join(name)).await
    }

    async fn make_folder(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(&self.folder).await
    }

    fn not_writable(&self, error: &io::Error) -> MailError {
        MailError::unavailable(format_args!("{} cannot be written: {error}", self.folder.display()))
    }
}

/// `<time>-<process>-<number>-<message id>.eml`, in characters that every file system takes.
fn file_name(now: DateTime<Utc>, process: u32, number: u64, message_id: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '@');
    let id = message_id.trim_matches(['<', '>']).chars().take(80);
    let id: String = id.map(|char| if is_plain(char) { char } else { '_' }).collect();
    format!("{}-{process}-{number:06}-{id}.eml", now.format("%Y%m%dT%H%M%S%.6fZ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_then_by_order() {
        let time = |text: &str| text.parse().unwrap();
        let names = [
            file_name(time("2026-03-01T09:59:59.999999Z"), 7, 11, "<a@b>"),
            file_name(time("2026-03-01T10:00:00Z"), 7, 2, "<z@b>"),
            file_name(time("2026-03-01T10:00:00Z"), 7, 10, "<a@b>"),
            file_name(time("2026-03-01T10:00:00.000001Z"), 7, 0, "<a@b>"),
        ];
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names[1], "20260301T100000.000000Z-7-000002-z@b.eml");
    }

    #[test]
    fn a_message_id_cannot_leave_the_folder() {
        let name = file_name(DateTime::UNIX_EPOCH, 7, 0, "<../../etc/{x}@b>");
        assert_eq!(name, "19700101T000000.000000Z-7-000000-.._.._etc__x_@b.eml");
        assert!(file_name(DateTime::UNIX_EPOCH, 7, 0, &"a".repeat(250)).len() < 150);
    }
}
