//! The port to the general ledger.
//!
//! Invoices, payments, receipts of goods, depreciation and pay all end in the same place: debits and credits on accounts that
//! balance. The domain that owns such a document says what is to be posted ([`Posting`]) and asks the [`Ledger`] inside its own
//! transaction, so that the document and its journal are there together or not at all. Who answers is the domain that owns the
//! ledger; the composition root joins the two.
//!
//! - **By document.** A posting names its [`Source`]. The same source with the same content gives the journal that is there; with
//!   other content it is refused.
//! - **By role.** A line names an account by its code, or by the part it plays ([`AccountRef::Role`]): which account plays it is
//!   data of the tenant, decided by rules, and the answer says which rule it was.
//! - **In any currency.** Lines balance in each currency and in the base currency of the legal entity. A rate is stated or
//!   recorded, never derived from the lines.
//! - **Open items.** A line on a control account with a party stays open until others settle it. Settling at another rate than
//!   that of the item posts the difference as realised.
//! - **Closing.** A close asks every domain what hinders it ([`CloseCheck`]), has the ledger lock the period ([`Periods`]), and
//!   keeps what the books said then ([`Snapshots`]).

mod account;
mod adjustment;
mod close;
mod day;
mod deps;
mod port;
mod posting;
mod settlement;
mod snapshot;
pub mod tenant_defaults;

pub use account::{AccountBalance, AccountType, AccountUse};
pub use adjustment::{Adjustment, AdjustmentLine};
pub use close::{
    CheckedStep, CloseCheck, CloseChecks, Figure, FiscalPeriod, MOST_COUNTED, MOST_FIGURES, Periods,
    SeriesEnd, filtered,
};
pub use day::{Day, DayError};
pub use deps::{CLOSE_CHECKS, LEDGER, PERIODS, SNAPSHOTS};
pub use port::{Entity, Ledger};
pub use posting::{AccountRef, Book, Posted, PostedLine, Posting, PostingLine, Settles, Source, TaxPart};
pub use settlement::{Allocated, Allocation, Item, ItemId, OpenItem, OpenItems};
pub use snapshot::{BookSnapshot, Snapshots};
