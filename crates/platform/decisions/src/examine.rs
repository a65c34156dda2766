//! Looks at a draft: all that is wrong with it, or what it makes. Away from the threads that serve requests, because a large
//! table takes its time.

use athyper_kernel_decision::{Definition, Model, compile, read};
use athyper_kernel_error::FieldError;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::error::Error;

/// What was found.
pub(crate) type Examined = Result<(Definition, Model), Vec<FieldError>>;

/// Reads and compiles a definition.
///
/// # Errors
/// When the work was interrupted. Faults are no error here.
pub(crate) async fn examine(document: Value) -> Result<Examined, Error> {
    let work = move || {
        let definition = read(&document)?;
        let model = compile(&definition)?;
        Ok((definition, model))
    };
    apart(work).await
}

/// The faults of a definition; none where it has none.
pub(crate) async fn faults(document: Value) -> Result<Vec<FieldError>, Error> {
    Ok(examine(document).await?.err().unwrap_or_default())
}

/// Runs work that takes its time on a thread of its own.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    spawn_blocking(work).await.map_err(|_| Error::Interrupted)
}
