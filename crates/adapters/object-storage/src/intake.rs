//! Takes a stream apart into parts of one size, and checks size and digest on the way.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::digest::Sha256Digest;
use crate::error::StorageError;
use crate::request::PutOptions;

/// Size and digest of content that was taken in and found right.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha256: Sha256Digest,
}

/// A stream on its way in.
pub(crate) struct Intake<S> {
    stream: S,
    part_bytes: usize,
    /// What the last piece had beyond its part.
    rest: Bytes,
    hasher: Sha256,
    taken: u64,
    limit: u64,
    expected_size: Option<u64>,
    expected_sha256: Option<Sha256Digest>,
    ended: bool,
}

impl<S, E> Intake<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    pub(crate) fn new(stream: S, options: &PutOptions, part_bytes: usize) -> Self {
        Self {
            stream,
            part_bytes,
            rest: Bytes::new(),
            hasher: Sha256::new(),
            taken: 0,
            limit: options.limit(),
            expected_size: options.size,
            expected_sha256: options.sha256,
            ended: false,
        }
    }

    /// The next part; shorter than the size of parts, or empty, only at the end.
    pub(crate) async fn part(&mut self) -> Result<Bytes, StorageError> {
        let mut part = BytesMut::new();
        while part.len() < self.part_bytes && !self.ended {
            if self.rest.is_empty() {
                match self.stream.next().await {
                    Some(piece) => {
                        self.rest = piece.map_err(|error| StorageError::Interrupted(error.into()))?;
                        self.take_note()?;
                    }
                    None => self.ended = true,
                }
            }
            let wanted = (self.part_bytes - part.len()).min(self.rest.len());
            part.extend_from_slice(&self.rest.split_to(wanted));
        }
        Ok(part.freeze())
    }

    /// Counts and hashes a piece that has just arrived.
    fn take_note(&mut self) -> Result<(), StorageError> {
        self.taken += self.rest.len() as u64;
        if self.taken > self.limit {
            return Err(StorageError::TooLarge { limit: self.limit });
        }
        self.hasher.update(&self.rest);
        Ok(())
    }

    /// Whether the stream has ended and nothing is left of it.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Compares what arrived with what was announced.
    pub(crate) fn finish(self) -> Result<Content, StorageError> {
        if let Some(expected) = self.expected_size
            && expected != self.taken
        {
            return Err(StorageError::Incomplete { expected, actual: self.taken });
        }
        let actual = Sha256Digest::from_bytes(self.hasher.finalize().into());
        if let Some(expected) = self.expected_sha256
            && expected != actual
        {
            return Err(StorageError::DigestMismatch { expected, actual });
        }
        Ok(Content { size: self.taken, sha256: actual })
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn pieces(sizes: &[usize]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Unpin {
        let pieces: Vec<_> = sizes.iter().map(|size| Ok(Bytes::from(vec![7; *size]))).collect();
        stream::iter(pieces)
    }

    async fn part_sizes(sizes: &[usize]) -> Vec<usize> {
        let mut intake = Intake::new(pieces(sizes), &PutOptions::default(), 4);
        let mut parts = Vec::new();
        while !intake.ended() {
            parts.push(intake.part().await.unwrap().len());
        }
        let total: usize = sizes.iter().sum();
        let content = intake.finish().unwrap();
        assert_eq!(content.size, total as u64);
        assert_eq!(content.sha256, Sha256Digest::of(&vec![7; total]));
        parts
    }

    #[tokio::test]
    async fn parts_have_one_size_whatever_the_pieces() {
        assert_eq!(part_sizes(&[]).await, [0]);
        assert_eq!(part_sizes(&[3]).await, [3]);
        assert_eq!(part_sizes(&[1, 1, 1, 1, 1]).await, [4, 1]);
        assert_eq!(part_sizes(&[11]).await, [4, 4, 3]);
        assert_eq!(part_sizes(&[0, 8, 0]).await, [4, 4, 0], "the end shows only after the last full part");
    }

    #[tokio::test]
    async fn announcements_are_held_to() {
        let finish = async |options: PutOptions, sizes: &[usize]| {
            let mut intake = Intake::new(pieces(sizes), &options, 100);
            intake.part().await?;
            intake.finish()
        };
        let size = |size| PutOptions { size: Some(size), ..PutOptions::default() };
        assert!(finish(size(5), &[5]).await.is_ok());
        assert!(matches!(
            finish(size(5), &[4]).await,
            Err(StorageError::Incomplete { expected: 5, actual: 4 })
        ));
        assert!(matches!(finish(size(5), &[4, 2]).await, Err(StorageError::TooLarge { limit: 5 })));
        let other = PutOptions { sha256: Some(Sha256Digest::of(b"x")), ..PutOptions::default() };
        assert!(matches!(finish(other, &[1]).await, Err(StorageError::DigestMismatch { .. })));
    }
}
