//! Platform control.
