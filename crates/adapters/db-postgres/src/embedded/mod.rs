//! A PostgreSQL server that the process brings along: found or obtained, set up, shared and stopped by itself.
//!
//! [`start`] needs no configuration. It looks for the PostgreSQL programs on the machine and otherwise obtains them
//! from the distribution's package archive without changing the system; it makes a cluster below the data folder,
//! starts it on the loopback address and provisions the roles and the database. Every later call, from whichever
//! process, finds that cluster again.
//!
//! Three lock files in the cluster folder carry the sharing, and the kernel releases each however its holder ends:
//!
//! | file | held | meaning |
//! |---|---|---|
//! | `start.lock` | exclusively, during [`start`] | one process at a time finds, makes and starts the server |
//! | `users.lock` | shared, for as long as an [`EmbeddedDatabase`] lives | the server is in use |
//! | `users.lock` | exclusively, by the keeper | nobody uses the server any more and it is being stopped |
//! | `keeper.lock` | exclusively, for a keeper's life | there is a keeper |
//!
//! The *keeper* is a small process of its own ([`run_keeper`]) that waits for the exclusive `users.lock`. The kernel
//! grants it when the last user is gone, also after a `SIGKILL`, and the keeper then stops the server.

mod cluster;
mod credentials;
mod discover;
mod error;
mod keeper;
mod locks;
mod obtain;
mod options;
mod paths;
mod ports;
mod postmaster;
mod program;
mod record;
mod settings;
mod start;
mod timezones;
mod user;

pub use error::EmbeddedError;
pub use keeper::{KEEPER_ARGUMENTS, KeeperCommand, keeper_request, run_keeper};
pub use options::{BINARIES_VARIABLE, BinariesSource, ClusterOptions, default_data_dir};
pub use start::{EmbeddedDatabase, start};
