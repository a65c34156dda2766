//! What domains ask of each other, and who answers.

use std::sync::Arc;

use athyper_accounts::{PEOPLE, SESSIONS as ACCOUNT_SESSIONS};
use athyper_adapter_auth::{ProviderParts, Reach};
use athyper_approvals::{Desk, PEOPLE as APPROVERS};
use athyper_audit::PERSONS;
use athyper_federation::{DIRECTORY, OUTSIDE, SESSIONS as PROVIDER_SESSIONS};
use athyper_governance::ACCESS;
use athyper_iam::DUTIES;
use athyper_kernel_container::{ContainerBuilder, Scope};
use athyper_kernel_http::Approvals;
use athyper_kernel_ledger::{
    BUDGETS, CLOSE_CHECKS, LEDGER, LEDGER_SET_UP, PERIODS, POSTING_CONTROL, SNAPSHOTS, TURNOVERS,
};
use athyper_kernel_records::{ATTACHMENTS, VIEWS};
use athyper_policy::SUBJECTS;

use crate::bridges::accounts_uses_iam::people;
use crate::bridges::accounts_uses_sessions::sessions;
use crate::bridges::approvals_uses_iam::people as approvers;
use crate::bridges::audit_uses_iam::persons;
use crate::bridges::closing_uses_ledgers::{close_checks, periods};
use crate::bridges::federation_uses_auth::outside;
use crate::bridges::federation_uses_iam::directory;
use crate::bridges::federation_uses_security::sessions_of_providers;
use crate::bridges::finance_uses_closing::snapshots;
use crate::bridges::governance_uses_iam::access;
use crate::bridges::iam_uses_governance::duties;
use crate::bridges::ledger_uses_budgeting::{budgets, posting_control};
use crate::bridges::ledger_uses_finance::{ledger, ledger_set_up, turnovers};
use crate::bridges::policy_uses_iam::subjects;
use crate::bridges::records_uses_attachments::attachments;
use crate::bridges::records_uses_views::views;
use crate::bridges::security_uses_federation::ProviderDoor;
use crate::tokens::{
    APPROVALS, CLOCK, CONFIG, DATABASE, LIFECYCLE, PERMISSIONS, PROVIDER_PARTS, PROVIDERS, SESSIONS, TENANTS,
    VAULT,
};

/// The providers of tenants: who signs people in there, and who they are then.
pub(crate) fn register_providers(builder: &mut ContainerBuilder) {
    builder.singleton(&DIRECTORY, &[PERMISSIONS.name()], |scope: Scope| async move {
        Ok(directory((*scope.resolve(&PERMISSIONS).await?).clone(), duties()))
    });
    builder.singleton(&PROVIDER_SESSIONS, &[], |_scope: Scope| async move { Ok(sessions_of_providers()) });
    let needs = [CONFIG.name(), CLOCK.name(), LIFECYCLE.name()];
    builder.singleton(&PROVIDER_PARTS, &needs, |scope: Scope| async move {
        Ok(Arc::new(ProviderParts {
            reach: Reach::of_tenants(scope.resolve(&CONFIG).await?.env),
            clock: (*scope.resolve(&CLOCK).await?).clone(),
            lifecycle: (*scope.resolve(&LIFECYCLE).await?).clone(),
        }))
    });
    builder.singleton(&OUTSIDE, &[PROVIDER_PARTS.name()], |scope: Scope| async move {
        Ok(outside((*scope.resolve(&PROVIDER_PARTS).await?).clone()))
    });
    let needs = [DATABASE.name(), TENANTS.name(), VAULT.name(), DIRECTORY.name(), PROVIDER_PARTS.name()];
    builder.singleton(&PROVIDERS, &needs, |scope: Scope| async move {
        Ok(Arc::new(ProviderDoor::new(
            &*scope.resolve(&DATABASE).await?,
            (*scope.resolve(&TENANTS).await?).clone(),
            (*scope.resolve(&VAULT).await?).clone(),
            scope.resolve(&DIRECTORY).await?,
            (*scope.resolve(&PROVIDER_PARTS).await?).clone(),
        )))
    });
}

/// The ledger, who reads it and who controls it.
fn register_ledger(builder: &mut ContainerBuilder) {
    builder.singleton(&TURNOVERS, &[], |_scope: Scope| async move { Ok(turnovers()) });
    builder.singleton(&POSTING_CONTROL, &[TURNOVERS.name()], |scope: Scope| async move {
        Ok(posting_control(scope.resolve(&TURNOVERS).await?))
    });
    builder.singleton(&LEDGER, &[POSTING_CONTROL.name()], |scope: Scope| async move {
        Ok(ledger(scope.resolve(&POSTING_CONTROL).await?))
    });
    builder.singleton(&PERIODS, &[], |_scope: Scope| async move { Ok(periods()) });
    builder.singleton(&CLOSE_CHECKS, &[], |_scope: Scope| async move { Ok(close_checks()) });
    builder.singleton(&SNAPSHOTS, &[], |_scope: Scope| async move { Ok(snapshots()) });
    builder.singleton(&LEDGER_SET_UP, &[POSTING_CONTROL.name()], |scope: Scope| async move {
        Ok(ledger_set_up(scope.resolve(&POSTING_CONTROL).await?))
    });
    builder.singleton(&BUDGETS, &[LEDGER.name(), TURNOVERS.name()], |scope: Scope| async move {
        Ok(budgets(scope.resolve(&LEDGER).await?, scope.resolve(&TURNOVERS).await?))
    });
}

/// What domains ask of each other.
pub(crate) fn register_bridges(builder: &mut ContainerBuilder) {
    register_ledger(builder);
    builder.singleton(&PEOPLE, &[], |_scope: Scope| async move { Ok(people()) });
    builder.singleton(&PERSONS, &[], |_scope: Scope| async move { Ok(persons()) });
    builder.singleton(&DUTIES, &[], |_scope: Scope| async move { Ok(duties()) });
    builder.singleton(&ATTACHMENTS, &[], |_scope: Scope| async move { Ok(attachments()) });
    builder.singleton(&VIEWS, &[], |_scope: Scope| async move { Ok(views()) });
    builder.singleton(&ACCESS, &[PERMISSIONS.name(), DUTIES.name()], |scope: Scope| async move {
        let permissions = scope.resolve(&PERMISSIONS).await?;
        Ok(access((*permissions).clone(), scope.resolve(&DUTIES).await?))
    });
    let needs = [PERMISSIONS.name(), CLOCK.name()];
    builder.singleton(&SUBJECTS, &needs, |scope: Scope| async move {
        let (permissions, clock) = (scope.resolve(&PERMISSIONS).await?, scope.resolve(&CLOCK).await?);
        Ok(subjects((*permissions).clone(), (*clock).clone()))
    });
    builder.singleton(&APPROVERS, &needs, |scope: Scope| async move {
        let (permissions, clock) = (scope.resolve(&PERMISSIONS).await?, scope.resolve(&CLOCK).await?);
        Ok(approvers((*permissions).clone(), (*clock).clone()))
    });
    let needs = [APPROVERS.name(), CONFIG.name(), CLOCK.name()];
    builder.singleton(&APPROVALS, &needs, |scope: Scope| async move {
        let settings = scope.resolve(&CONFIG).await?.policy.approvals.clone();
        let clock = (*scope.resolve(&CLOCK).await?).clone();
        let approvals: Arc<dyn Approvals> =
            Arc::new(Desk::new(scope.resolve(&APPROVERS).await?, settings, clock));
        Ok(approvals)
    });
    builder.singleton(&ACCOUNT_SESSIONS, &[SESSIONS.name()], |scope: Scope| async move {
        Ok(sessions((*scope.resolve(&SESSIONS).await?).clone()))
    });
}
