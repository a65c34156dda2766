//! What modules resolve beyond clock, database and uploads, in a form for tests.

use std::sync::{Arc, OnceLock};

use athyper_accounts::{PEOPLE, SESSIONS};
use athyper_audit::{
    AUDIT_KEYS, AuditKeys, CHECKPOINT_STORE, CheckpointStore, MemoryCheckpoints, Sealer, SealerSettings,
    SigningKey,
};
use athyper_bootstrap::bridges::accounts_uses_iam::people;
use athyper_bootstrap::bridges::accounts_uses_sessions::sessions;
use athyper_kernel_container::ContainerBuilder;
use athyper_kernel_db::Database;
use athyper_kernel_http::NoSessions;
use athyper_test_kit::TestOptions;
use chrono::TimeDelta;

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
    TestOptions {
        parts: Box::new(|builder| {
            add_bridges(builder);
            builder.value(&AUDIT_KEYS, keys());
            builder.value(&CHECKPOINT_STORE, store);
        }),
        ..TestOptions::default()
    }
}

/// What domains ask of each other, answered as in the processes.
fn add_bridges(builder: &mut ContainerBuilder) {
    builder.value(&PEOPLE, people());
    builder.value(&SESSIONS, sessions(Arc::new(NoSessions)));
}

/// A sealer that signs whatever it has sealed.
pub(crate) fn sealer(database: &Database) -> Sealer {
    let settings = SealerSettings { checkpoint_every: TimeDelta::zero(), ..SealerSettings::default() };
    Sealer::new(database.clone(), keys(), Arc::new(MemoryCheckpoints::default()), settings)
}
