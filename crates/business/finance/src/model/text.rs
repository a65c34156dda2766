//! Texts of the ledger, as a caller sends them.

use athyper_kernel_types::Text;

/// Who was paid or who paid.
pub(crate) type Payee = Text<0, 255>;
/// What a journal is about.
pub(crate) type Narration = Text<0, 1000>;
/// The caller's own reference, such as the number of a voucher.
pub(crate) type Reference = Text<0, 100>;
/// A note on a line.
pub(crate) type Memo = Text<0, 500>;
/// What groups the lines of an imported journal: required.
pub(crate) type EntryNo = Text<1, 64>;
