//! The threads that serve, as many as the process may use cores, and each held to one of them where `pinThreads` asks for that.
//!
//! Otherwise the system may keep two of them on one core for a second and longer while another is idle.

#[cfg(target_os = "linux")]
mod pin;

use tokio::runtime::{Builder, Runtime};

use crate::error::StartError;

/// Starts them. Where they cannot be held to cores, the log says why, and they are not.
pub(crate) fn runtime(pin_threads: bool) -> Result<Runtime, StartError> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all();
    if pin_threads && let Err(error) = pin::pin(&mut builder) {
        tracing::warn!(error = %error, "threads are not held to cores, though pinThreads asks for it");
    }
    builder.build().map_err(|source| StartError::Io { doing: "start the runtime", source })
}

/// Elsewhere the system does not offer it.
#[cfg(not(target_os = "linux"))]
mod pin {
    pub(super) fn pin(_: &mut tokio::runtime::Builder) -> std::io::Result<()> {
        Err(std::io::Error::other("only Linux offers it"))
    }
}
