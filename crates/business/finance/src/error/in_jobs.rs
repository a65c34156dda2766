//! What a refusal means to a job.

use athyper_kernel_error::Problem;
use athyper_kernel_jobs::JobError;

use super::Error;

/// In a job, a refusal ends the job for good; what the database could not do now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            // Somebody else was at the budget or the rows: it goes through another time.
            Error::Elsewhere(problem) if problem.code.ends_with(".contended") => {
                Self::retry(problem.to_string())
            }
            refusal => Problem::from(refusal).into(),
        }
    }
}
