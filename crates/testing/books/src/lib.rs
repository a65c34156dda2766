//! What the ledger and the domains that post to it do together: all of it is in `tests/it`.
