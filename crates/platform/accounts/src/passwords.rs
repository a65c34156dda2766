//! Setting a password: held against the policy and against former ones, and stored.

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_types::TenantId;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Deps;
use crate::error::Error;
use crate::hashing::{Turn, Verified};
use crate::model::account::Account;
use crate::model::password;
use crate::model::policy::{MOST_HISTORY, Profile};
use crate::ports::Person;
use crate::store::{accounts, challenges, links, proofs};

/// Where the new password stands in the body.
const POINTER: &str = "/password";

/// Holds a new password against the policy, and gives the hashes of those that it may not be.
///
/// # Errors
/// [`Error::PasswordRefused`] with everything that is wrong.
pub(crate) async fn check_new(
    tx: &mut impl TenantConnection,
    account: &Account,
    person: &Person,
    policy: &Profile,
    new: &SecretString,
) -> Result<Vec<String>, Error> {
    let names: Vec<&str> =
        [Some(person.login.as_str()), person.mail.as_deref()].into_iter().flatten().collect();
    let asked = &policy.password_policy;
    let faults = password::faults(new.expose_secret(), asked, &names, POINTER);
    if !faults.is_empty() {
        return Err(Error::PasswordRefused(faults));
    }
    // The present password is the first of those that may not be used again.
    let former = accounts::former_passwords(tx, account.principal, asked.history.saturating_sub(1)).await?;
    Ok(account.password_hash.iter().cloned().chain(former).collect())
}

/// Hashes a new password, unless it is one of these former ones.
///
/// # Errors
/// [`Error::PasswordRefused`] when it is.
pub(crate) async fn hash_new(
    deps: &Deps,
    tenant: TenantId,
    former: &[String],
    new: &SecretString,
    turn: Turn,
) -> Result<String, Error> {
    for hash in former {
        if deps.hasher.verify(tenant, new, Some(hash), turn).await? != Verified::Wrong {
            let message = "this password was used before: take another one";
            return Err(Error::PasswordRefused(vec![FieldError::new(POINTER, "used_before", message)]));
        }
    }
    deps.hasher.hash(tenant, new, turn).await
}

/// Stores a new password. Whatever the former one opened ends: links, sign-ins under way, proofs and sessions.
pub(crate) async fn store(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &Account,
    hash: &str,
    reason: &str,
) -> Result<(), Error> {
    accounts::set_password(tx, account, hash, MOST_HISTORY).await?;
    links::remove_of(tx, account.principal).await?;
    challenges::remove_of(tx, account.principal).await?;
    proofs::remove_of(tx, account.principal).await?;
    deps.sessions.end_all(tx, account.principal, reason).await?;
    Ok(())
}
