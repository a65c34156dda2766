//! Delegated administration: nobody gives what they do not hold themselves, in the same scope and for as long.
//!
//! Every command that can make somebody able to do more goes through a [`Granter`]: it works out the caller's rights
//! again, in the transaction and behind the lock under which access changes one at a time, so that nobody gives with
//! rights that were taken meanwhile. What would be given is a list of [`Grant`]s; all of it has to be covered.

use std::sync::Arc;

use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{Caller, Catalogue, Command, Grant, GrantedRights, Limits, OperationKind, Reach};
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};

use crate::Deps;
use crate::error::Error;
use crate::model::group::GroupId;
use crate::ports::Duties;
use crate::rights::{Found, Known, Who, grants_of, load, resolve};
use crate::store::bindings::{self, Which};
use crate::store::{access, members};

/// A caller who is about to change what others may do.
#[derive(Clone, Debug)]
pub(crate) struct Granter {
    /// What the caller holds.
    pub(crate) rights: Arc<GrantedRights>,
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// Who knows which duties are kept apart.
    pub(crate) duties: Arc<dyn Duties>,
}

impl Granter {
    /// The caller of a command. From here on nobody else changes access in the tenant until the transaction ends.
    ///
    /// # Errors
    /// [`Error::ShutOut`] when the caller has been suspended since the request came.
    pub(crate) async fn of<B>(cmd: &mut Command<B>, deps: &Deps) -> Result<Self, Error> {
        let caller = cmd.caller().clone();
        Self::calling(&mut cmd.tx, &caller, deps.known()).await
    }

    /// As [`of`](Self::of), for a command of another domain.
    ///
    /// # Errors
    /// [`Error::ShutOut`].
    pub(crate) async fn calling(tx: &mut TenantTx, caller: &Caller, known: Known) -> Result<Self, Error> {
        let rights = rights_behind_the_lock(tx, &known, caller).await?;
        Ok(Self { rights, catalogue: known.catalogue, duties: known.duties })
    }

    /// Checks that the caller holds all of this.
    ///
    /// # Errors
    /// [`Error::CannotGrant`] with the first permission that is missing.
    pub(crate) fn check(&self, given: &[Grant]) -> Result<(), Error> {
        for grant in given {
            for permission in grant.role.permissions.keys().filter_map(|name| self.catalogue.find(name)) {
                let is_outside =
                    grant.limits.module.as_deref().is_some_and(|module| module != permission.module());
                let is_everybodys = permission.kind == OperationKind::SelfService;
                if !is_outside
                    && !is_everybodys
                    && !self.holds(permission.name, &grant.limits, grant.expires_at)
                {
                    return Err(Error::CannotGrant { permission: permission.name.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// Whether the caller holds a permission within all of these limits and until this time.
    pub(crate) fn holds(&self, permission: &str, limits: &Limits, until: Option<DateTime<Utc>>) -> bool {
        self.rights.grants.iter().any(|own| {
            let lasts = own.expires_at.is_none_or(|end| until.is_some_and(|until| until <= end));
            let covers = self.rights.limits(own, permission).is_some_and(|held| {
                // The module is told by the permission itself.
                Limits { module: None, ..held }.include(&Limits { module: None, ..limits.clone() })
            });
            lasts && covers
        })
    }

    /// Checks that the caller holds all that a principal has by bindings: whoever could act as it would have it too.
    ///
    /// # Errors
    /// [`Error::CannotGrant`].
    pub(crate) async fn check_all_of(&self, tx: &mut TenantTx, principal: PrincipalId) -> Result<(), Error> {
        if self.rights.principal() == Some(principal) {
            return Ok(());
        }
        let now = tx.now();
        let given = grants_of(tx, &self.catalogue, now, principal.uuid()).await?;
        self.check(&given)
    }

    /// Checks that the caller holds all that membership in a group gives.
    ///
    /// # Errors
    /// [`Error::CannotGrant`].
    pub(crate) async fn check_group(&self, tx: &mut TenantTx, group: GroupId) -> Result<(), Error> {
        let now = tx.now();
        let above = members::groups_above(tx, group).await?;
        let which = Which { groups: above.iter().map(|id| id.uuid()).collect(), ..Which::default() };
        let found = bindings::active(tx, now, &which).await?;
        let given = resolve(tx, &self.catalogue, &found).await?;
        self.check(&given)
    }

    /// Checks that the caller may move borders in the tree of units. Every binding that rests on the tree reaches other
    /// records afterwards, so all that they give has to be held in the whole tenant.
    ///
    /// # Errors
    /// [`Error::CannotGrant`].
    pub(crate) async fn check_may_move_borders(&self, tx: &mut TenantTx) -> Result<(), Error> {
        let now = tx.now();
        let found = bindings::active(tx, now, &Which { all: true, ..Which::default() }).await?;
        let given = resolve(tx, &self.catalogue, &found).await?;
        let rests = |grant: &Grant| {
            grant.limits.org_units.is_some()
                || grant.role.permissions.values().any(|reach| *reach == Reach::Unit)
        };
        let wide = |grant: Grant| Grant {
            limits: Limits { module: grant.limits.module, ..Limits::default() },
            ..grant
        };
        let given: Vec<Grant> = given.into_iter().filter(rests).map(wide).collect();
        self.check(&given)
    }
}

/// What a caller may do, worked out again where nobody else changes access until the transaction ends.
///
/// # Errors
/// [`Error::ShutOut`] when the caller has been suspended since the request came.
pub(crate) async fn rights_behind_the_lock(
    tx: &mut TenantTx,
    known: &Known,
    caller: &Caller,
) -> Result<Arc<GrantedRights>, Error> {
    access::lock(tx).await?;
    match load(tx, known, Who::calls(caller)).await? {
        Found::Rights(rights) => Ok(rights),
        Found::ShutOut => Err(Error::ShutOut),
    }
}
