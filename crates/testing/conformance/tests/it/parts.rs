//! What modules resolve beyond clock, database and uploads, in a form for tests.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use athyper_accounts::ports::{Sessions, SignedIn, Started};
use athyper_accounts::{PEOPLE, SESSIONS};
use athyper_approvals::Desk;
use athyper_audit::{
    AUDIT_KEYS, AuditKeys, CHECKPOINT_STORE, CheckpointStore, MemoryCheckpoints, PERSONS, Sealer,
    SealerSettings, SigningKey,
};
use athyper_bootstrap::bridges::accounts_uses_iam::people;
use athyper_bootstrap::bridges::approvals_uses_iam::people as approvers;
use athyper_bootstrap::bridges::audit_uses_iam::persons;
use athyper_bootstrap::bridges::closing_uses_ledgers::{close_checks, periods};
use athyper_bootstrap::bridges::federation_uses_iam::directory;
use athyper_bootstrap::bridges::federation_uses_security::sessions_of_providers;
use athyper_bootstrap::bridges::finance_uses_closing::snapshots;
use athyper_bootstrap::bridges::governance_uses_iam::access;
use athyper_bootstrap::bridges::iam_uses_governance::duties;
use athyper_bootstrap::bridges::ledger_uses_budgeting::posting_control;
use athyper_bootstrap::bridges::ledger_uses_finance::{ledger, ledger_set_up, turnovers};
use athyper_bootstrap::bridges::policy_uses_iam::subjects;
use athyper_bootstrap::bridges::records_uses_attachments::attachments;
use athyper_bootstrap::bridges::records_uses_views::views;
use athyper_bootstrap::{document, modules};
use athyper_federation::Connection;
use athyper_federation::ports::Outside;
use athyper_governance::ACCESS;
use athyper_iam::DUTIES;
use athyper_kernel_config::ApprovalsConfig;
use athyper_kernel_db::{Database, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Approvals, Catalogue, OPERATION_PERMISSIONS};
use athyper_kernel_jobs_http::JOB_PERMISSIONS;
use athyper_kernel_ledger::{
    CLOSE_CHECKS, LEDGER, LEDGER_SET_UP, PERIODS, POSTING_CONTROL, SNAPSHOTS, TURNOVERS,
};
use athyper_kernel_records::{ATTACHMENTS, VIEWS};
use athyper_kernel_types::{Clock, PrincipalId};
use athyper_policy::SUBJECTS;
use athyper_test_kit::TestOptions;
use axum::http::HeaderMap;
use chrono::TimeDelta;
use url::Url;

/// The keys of all trails of this process.
fn keys() -> Arc<AuditKeys> {
    static KEYS: OnceLock<Arc<AuditKeys>> = OnceLock::new();
    let make = || {
        let key = SigningKey::generate().and_then(|key| SigningKey::from_base64(&key)).expect("a key");
        Arc::new(AuditKeys::new(key, Vec::new()))
    };
    Arc::clone(KEYS.get_or_init(make))
}

/// The options of every test, with the parts.
pub(crate) fn options() -> TestOptions {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryCheckpoints::default());
    let outside: Arc<dyn Outside> = Arc::new(NothingOutside);
    TestOptions {
        document: Some(document()),
        approvals: Some(desk),
        parts: Box::new(|builder| {
            // What domains ask of each other, answered as in the processes but for sessions.
            let sessions: Arc<dyn Sessions> = Arc::new(NoBrowsers);
            builder.value(&PEOPLE, people());
            builder.value(&SESSIONS, sessions);
            builder.value(&DUTIES, duties());
            builder.value(&LEDGER, ledger(posting_control(turnovers())));
            builder.value(&LEDGER_SET_UP, ledger_set_up(posting_control(turnovers())));
            builder.value(&TURNOVERS, turnovers());
            builder.override_value(&POSTING_CONTROL, posting_control(turnovers()));
            builder.value(&PERIODS, periods());
            builder.value(&CLOSE_CHECKS, close_checks());
            builder.value(&SNAPSHOTS, snapshots());
            builder.value(&ATTACHMENTS, attachments());
            builder.value(&VIEWS, views());
            builder.value(&ACCESS, access(catalogue(), duties()));
            builder.value(&SUBJECTS, subjects(catalogue(), Clock::system()));
            builder.value(&athyper_approvals::PEOPLE, approvers(catalogue(), Clock::system()));
            builder.value(&AUDIT_KEYS, keys());
            builder.value(&CHECKPOINT_STORE, store);
            builder.value(&PERSONS, persons());
            builder.value(&athyper_federation::DIRECTORY, directory(catalogue(), duties()));
            builder.value(&athyper_federation::SESSIONS, sessions_of_providers());
            builder.value(&athyper_federation::OUTSIDE, outside);
        }),
        ..TestOptions::default()
    }
}

/// Who keeps what people agree to.
pub(crate) fn desk(database: &Database) -> Arc<dyn Approvals> {
    let clock = database.clock().clone();
    Arc::new(Desk::new(approvers(catalogue(), clock.clone()), ApprovalsConfig::default(), clock))
}

/// The permissions of all modules.
fn catalogue() -> Catalogue {
    let all = modules();
    let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
    Catalogue::new(all.iter().flat_map(|module| module.permissions).chain(kernel).copied())
}

/// No job asks anything outside here.
struct NothingOutside;

#[async_trait]
impl Outside for NothingOutside {
    async fn probe(&self, _: &Connection) -> Vec<String> {
        vec!["nothing is outside".to_owned()]
    }

    async fn text(&self, _: &Url) -> Result<String, String> {
        Err("nothing is outside".to_owned())
    }
}

/// No browser comes here: a sign-in ends without a session.
struct NoBrowsers;

#[async_trait]
impl Sessions for NoBrowsers {
    async fn start(&self, _: &mut TenantTx, _: &SignedIn, _: &HeaderMap) -> Result<Started, Problem> {
        Ok(Started::default())
    }

    async fn end_all(&self, _: &mut TenantTx, _: PrincipalId, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

/// A sealer that signs whatever it has sealed.
pub(crate) fn sealer(database: &Database) -> Sealer {
    let settings = SealerSettings { checkpoint_every: TimeDelta::zero(), ..SealerSettings::default() };
    Sealer::new(database.clone(), keys(), Arc::new(MemoryCheckpoints::default()), settings)
}
