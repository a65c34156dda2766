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
//! - **Under control.** Before a journal is posted the ledger asks a [`PostingControl`]; what is to be spent is set aside through
//!   [`Budgets`], and both read what was posted through [`Turnovers`].
//! - **Closing.** A close asks every domain what hinders it ([`CloseCheck`]), has the ledger lock the period ([`Periods`]), and
//!   keeps what the books said then ([`Snapshots`]).
//!
//! Books are set up through a port of their own ([`LedgerSetUp`]): charts of accounts, and journals of other systems, many at once.

mod account;
mod account_code;
mod adjustment;
mod amount;
mod balance;
mod budgets;
mod close;
mod control;
mod day;
mod deps;
mod movement;
mod port;
mod posting;
mod set_up;
mod settlement;
mod snapshot;
pub mod tenant_defaults;
mod texts;
mod turnover;

pub use account::{AccountBalance, AccountType, AccountUse};
pub use account_code::{AccountCode, CodeError};
pub use adjustment::{Adjustment, AdjustmentLine};
pub use amount::{AMOUNT_LIMIT, AmountError, LineAmount, LineAmountBody, Side};
pub use balance::{Imbalance, imbalances, totals};
pub use budgets::{Availability, Budgets, Reservation, Spending, Standing, Step};
pub use close::{
    CheckedStep, CloseCheck, CloseChecks, Figure, FiscalPeriod, MOST_COUNTED, MOST_FIGURES, Periods,
    SeriesEnd, filtered,
};
pub use control::{Held, LineToPost, PostingControl, Uncontrolled, Warning, journal_source};
pub use day::{Day, DayError};
pub use deps::{
    BUDGETS, CLOSE_CHECKS, LEDGER, LEDGER_SET_UP, PERIODS, POSTING_CONTROL, SNAPSHOTS, TURNOVERS,
};
pub use movement::{AccountMovement, DimensionFilter, DimensionFilterError, Movements};
pub use port::{Entity, Ledger};
pub use posting::{AccountRef, Book, Posted, PostedLine, Posting, PostingLine, Settles, Source, TaxPart};
pub use set_up::{Account, AddedAccounts, DayGuard, Entry, LedgerSetUp, NewAccount, PostingDays, RoleRule};
pub use settlement::{Allocated, Allocation, Item, ItemId, OpenItem, OpenItems};
pub use snapshot::{BookSnapshot, Snapshots};
pub use texts::{DimensionCode, LINES, Narration, Payee, Reference};
pub use turnover::{AccountSet, Selection, Turnover, Turnovers};
