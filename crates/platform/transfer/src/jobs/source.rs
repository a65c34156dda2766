//! The rows of an uploaded file, as many at once as a batch takes.

use std::collections::VecDeque;
use std::sync::Arc;

use athyper_kernel_jobs::{JobError, KeptUpload, UploadStore};
use athyper_kernel_types::TenantId;

use crate::model::csv_reader::CsvReader;
use crate::model::json_reader::JsonReader;
use crate::model::options::Format;
use crate::model::row::{Place, Row};
use crate::model::workbook::WorkbookReader;

/// Bytes that are read of a file at once.
const PART: u64 = 256 << 10;

/// A file that is being read.
pub(super) struct Source {
    reader: Reader,
    pending: VecDeque<Row>,
}

enum Reader {
    Csv(Parts, Box<CsvReader>),
    Json(Parts, JsonReader),
    Workbook(Box<WorkbookReader>),
}

/// A file that is read in parts.
struct Parts {
    file: KeptUpload,
    store: Arc<dyn UploadStore>,
    tenant: TenantId,
    offset: u64,
    is_done: bool,
}

impl Parts {
    /// The next part; an empty one at the end, once.
    async fn next(&mut self) -> Result<Option<bytes::Bytes>, JobError> {
        if self.is_done {
            return Ok(None);
        }
        let part = self.file.read_part(&*self.store, self.tenant, self.offset, PART).await?;
        self.offset += part.len() as u64;
        self.is_done = part.is_empty();
        Ok(Some(part))
    }
}

impl Source {
    /// Opens a file at a place between two rows.
    ///
    /// # Errors
    /// When a workbook cannot be read; when the store does not answer.
    pub(super) async fn open(
        format: Format,
        file: KeptUpload,
        store: Arc<dyn UploadStore>,
        tenant: TenantId,
        place: Place,
    ) -> Result<Self, JobError> {
        let reader = if format == Format::Xlsx {
            let content = file.read(&*store, tenant).await?;
            Reader::Workbook(Box::new(WorkbookReader::new(&content).map_err(JobError::abort)?))
        } else {
            let parts = Parts { file, store, tenant, offset: place.offset, is_done: false };
            match format {
                Format::Jsonl => Reader::Json(parts, JsonReader::at(place)),
                Format::Csv | Format::Xlsx => Reader::Csv(parts, Box::new(CsvReader::at(place))),
            }
        };
        let mut source = Self { reader, pending: VecDeque::new() };
        if format == Format::Xlsx {
            source.pass_over(place.lines)?;
        }
        Ok(source)
    }

    /// Passes over the rows up to this one, which were done before.
    fn pass_over(&mut self, row: u64) -> Result<(), JobError> {
        let Reader::Workbook(workbook) = &mut self.reader else { return Ok(()) };
        while row > 0
            && let Some(next) = workbook.next_row().map_err(JobError::abort)?
        {
            if next.number > row {
                self.pending.push_back(next);
                break;
            }
        }
        Ok(())
    }

    /// At most `most` further rows of together not much more than `bytes`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further, or the store does not answer.
    pub(super) async fn rows(&mut self, most: usize, bytes: usize) -> Result<Vec<Row>, JobError> {
        let (mut rows, mut size) = (Vec::with_capacity(most.min(1_000)), 0);
        while rows.len() < most && size < bytes {
            match self.next_row().await? {
                Some(row) => {
                    size += row.size;
                    rows.push(row);
                }
                None => break,
            }
        }
        Ok(rows)
    }

    async fn next_row(&mut self) -> Result<Option<Row>, JobError> {
        loop {
            if let Some(row) = self.pending.pop_front() {
                return Ok(Some(row));
            }
            let mut rows = Vec::new();
            match &mut self.reader {
                Reader::Csv(parts, reader) => match parts.next().await? {
                    Some(part) => reader.take(&part, &mut rows),
                    None => return Ok(None),
                },
                Reader::Json(parts, reader) => match parts.next().await? {
                    Some(part) => reader.take(&part, &mut rows),
                    None => return Ok(None),
                },
                Reader::Workbook(workbook) => return workbook.next_row().map_err(JobError::abort),
            }
            self.pending.extend(rows);
        }
    }
}
