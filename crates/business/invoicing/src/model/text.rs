//! Texts of documents, as a caller sends them.

use athyper_kernel_types::Text;

/// A code: of an account, a role, a tax, terms, a legal entity.
pub(crate) type Code = Text<1, 255>;
/// The number that somebody else gave.
pub(crate) type Reference = Text<0, 100>;
/// A note.
pub(crate) type Memo = Text<0, 1000>;
