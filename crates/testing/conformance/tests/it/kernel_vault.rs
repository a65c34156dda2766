//! The vault on a real database: two processes, new keys, destroyed keys.

mod rotation;
mod sealing;
mod shredding;
mod support;
