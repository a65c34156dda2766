//! The caller's own account.

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_http::Caller;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::account::Account;
use crate::ports::Person;
use crate::store::accounts;

/// The person who calls.
///
/// # Errors
/// [`Error::NoAccount`] when it is none.
pub(crate) async fn person(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    caller: &Caller,
) -> Result<Person, Error> {
    let id = caller.principal().ok_or(Error::NoAccount)?;
    deps.people.by_id(tx.conn(), caller.context(), id).await?.ok_or(Error::NoAccount)
}

/// The caller's account, locked until the transaction ends.
///
/// # Errors
/// [`Error::NoAccount`] when the caller has none.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
) -> Result<(Person, Account), Error> {
    let person = person(tx, deps, caller).await?;
    let account = accounts::lock(tx, person.id).await?.ok_or(Error::NoAccount)?;
    Ok((person, account))
}

/// What a step-up is bound to: who calls, as the token or session says it.
pub(crate) fn session(caller: &Caller) -> String {
    match caller.session() {
        Some(session) => in_session(session),
        None => format!("subject:{}", caller.context().actor().id),
    }
}

/// The same for whoever is in a session.
pub(crate) fn in_session(session: Uuid) -> String {
    format!("session:{session}")
}
