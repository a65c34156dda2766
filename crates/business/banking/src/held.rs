//! Records that a command works on, locked and in a state that takes it.

use athyper_kernel_db::TenantTx;

use crate::error::Error;
use crate::model::bank_account::{BankAccount, BankAccountId, BankAccountState};
use crate::model::line::{Line, LineId};
use crate::store::{accounts, lines};

/// The account, locked, if it is in use.
///
/// # Errors
/// [`Error::AccountNotFound`], [`Error::AccountClosed`].
pub(crate) async fn hold_account(tx: &mut TenantTx, id: BankAccountId) -> Result<BankAccount, Error> {
    let account = accounts::lock(tx, id).await?.ok_or(Error::AccountNotFound)?;
    if account.state == BankAccountState::Closed {
        return Err(Error::AccountClosed);
    }
    Ok(account)
}

/// The line with its account. Whoever changes lines of an account takes turns by the lock of the account, a sign-off included.
///
/// # Errors
/// [`Error::LineNotFound`].
pub(crate) async fn hold_line(tx: &mut TenantTx, id: LineId) -> Result<(BankAccount, Line), Error> {
    let account = lines::account_of(tx, id).await?.ok_or(Error::LineNotFound)?;
    let account = accounts::lock(tx, account).await?.ok_or(Error::AccountNotFound)?;
    let line = lines::find(tx, id).await?.ok_or(Error::LineNotFound)?;
    Ok((account, line))
}

/// Refuses to change a line of a day that is signed off.
///
/// # Errors
/// [`Error::LineSignedOff`].
pub(crate) fn check_not_signed_off(account: &BankAccount, line: &Line) -> Result<(), Error> {
    match account.signed_off_until {
        Some(until) if line.booked_on <= until => Err(Error::LineSignedOff(until)),
        _ => Ok(()),
    }
}
