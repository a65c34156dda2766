//! What identity, governance, accounts and the audit trail do together: all of it is in `tests/it`.
