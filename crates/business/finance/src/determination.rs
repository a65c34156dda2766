//! Which account plays a part: decided by the tenant's rules, with the rule that decided.

use std::collections::BTreeSet;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_ledger::AccountRef;
use uuid::Uuid;

use crate::error::Error;
use crate::model::account::AccountId;
use crate::model::account_rule::{AccountRule, Undetermined, determine};
use crate::model::legal_entity::LegalEntity;
use crate::store::account_rules;

/// An account that was determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Determined {
    /// The account.
    pub(crate) account: AccountId,
    /// The rule.
    pub(crate) rule: Uuid,
}

/// The rules that may decide for these accounts.
pub(crate) async fn rules_for(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: &LegalEntity,
    accounts: impl IntoIterator<Item = &AccountRef>,
) -> Result<Vec<AccountRule>, Error> {
    let roles: BTreeSet<&str> = accounts
        .into_iter()
        .filter_map(|account| match account {
            AccountRef::Role { role, .. } => Some(role.as_str()),
            AccountRef::Code(_) => None,
        })
        .collect();
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let roles: Vec<&str> = roles.into_iter().collect();
    Ok(account_rules::of_roles(tx, entity.id, &roles).await?)
}

/// The account that plays a part, by these rules.
///
/// # Errors
/// [`Error::RoleUnassigned`], or [`Error::RoleAmbiguous`] where two rules ask for as much.
pub(crate) fn by_rules(rules: &[AccountRule], account: &AccountRef) -> Result<Option<Determined>, Error> {
    let AccountRef::Role { role, facts } = account else { return Ok(None) };
    match determine(rules, role, facts) {
        Ok(rule) => Ok(Some(Determined { account: rule.account, rule: rule.id })),
        Err(Undetermined::NoRule) => Err(Error::RoleUnassigned { role: role.clone(), facts: facts.clone() }),
        Err(Undetermined::TwoRules) => Err(Error::RoleAmbiguous { role: role.clone(), facts: facts.clone() }),
    }
}

/// The account that plays a part in a legal entity.
///
/// # Errors
/// As [`by_rules`].
pub(crate) async fn determine_role(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: &LegalEntity,
    role: &AccountRef,
) -> Result<Determined, Error> {
    let rules = rules_for(tx, entity, [role]).await?;
    by_rules(&rules, role)?.ok_or(Error::AccountNotFound)
}
