//! The crate as its callers use it: over HTTP, on a real database, with its jobs run as a worker runs them.
