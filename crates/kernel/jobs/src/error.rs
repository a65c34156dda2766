//! How a job ends when it does not succeed: the error decides what happens to it.

use std::error::Error;
use std::time::Duration;

use athyper_kernel_db::DbError;
use athyper_kernel_error::Problem;

use crate::RowError;

/// Why a run of a job did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Trying again cannot help: the job is parked as dead at once.
    #[error("{message}")]
    Abort {
        /// What is wrong, for the operation and the dead letter.
        message: String,
        /// The rows of the input that are wrong.
        errors: Vec<RowError>,
    },
    /// Trying again may help: the job waits for its backoff.
    #[error("{0}")]
    Retry(#[source] Box<dyn Error + Send + Sync>),
    /// Trying again makes sense after this time; the attempt is not counted.
    #[error("not before {0:?} from now")]
    Snooze(Duration),
    /// Another worker holds the job now. Nothing of this run was kept.
    #[error("the lease of this job was lost")]
    LeaseLost,
}

impl JobError {
    /// An end for good with a text.
    pub fn abort(message: impl Into<String>) -> Self {
        Self::Abort { message: message.into(), errors: Vec::new() }
    }

    /// Another try, because of this error.
    pub fn retry(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry(error.into())
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::Retry(Box::new(error))
    }
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<Problem> for JobError {
    fn from(problem: Problem) -> Self {
        if problem.kind.is_fault() {
            let text = problem.cause_chain().unwrap_or_else(|| problem.to_string());
            return Self::Retry(text.into());
        }
        let errors = problem.fields.iter().cloned().map(RowError::from).collect();
        Self::Abort { message: problem.detail, errors }
    }
}
