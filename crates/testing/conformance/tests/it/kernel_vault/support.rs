//! Vaults and databases of the tests.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::VaultConfig;
use athyper_kernel_db::{AUDIT_SCHEMA, PLATFORM_SCHEMA, TenantTx};
use athyper_kernel_vault::{MasterKeys, Sealed, Subject, Vault, VaultError};
use athyper_test_kit::TestDatabase;
use secrecy::ExposeSecret as _;

/// 32 bytes in base64.
pub(crate) const FIRST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// 32 others.
pub(crate) const SECOND: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

pub(crate) async fn database() -> TestDatabase {
    TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await
}

pub(crate) fn masters(current: &str, former: &[&str]) -> MasterKeys {
    let former = former.iter().enumerate().map(|(at, key)| (format!("former{at}"), (*key).into()));
    let config = VaultConfig { master_key: Some(current.into()), master_keys: former.collect() };
    MasterKeys::new(&config, None).unwrap()
}

/// A process that has just started.
pub(crate) fn node() -> Vault {
    Vault::new(masters(FIRST, &[]))
}

pub(crate) async fn tx(db: &TestDatabase, tenant: &str) -> TenantTx {
    db.database.tenant_tx(&db.context(tenant)).await.unwrap()
}

pub(crate) async fn commit(tx: TenantTx) {
    tx.commit(AuditEvent::info("test.done")).await.unwrap();
}

/// Seals a value of the tenant and commits.
pub(crate) async fn sealed(vault: &Vault, db: &TestDatabase, subject: &Subject, value: &str) -> Sealed {
    let mut tx = tx(db, "demo").await;
    let sealed = vault.seal_for(&mut tx, subject, "test.value", "1", value.as_bytes()).await.unwrap();
    commit(tx).await;
    sealed
}

/// Opens a value that [`sealed`] made.
pub(crate) async fn opened(vault: &Vault, db: &TestDatabase, sealed: &Sealed) -> Result<String, VaultError> {
    let mut read = db.database.read_tx(&db.context("demo")).await.unwrap();
    let value = vault.open(&mut read, "test.value", "1", sealed).await?;
    Ok(String::from_utf8(value.expose_secret().to_vec()).unwrap())
}

/// The states of all keys, those that seal at the end.
pub(crate) async fn states(db: &TestDatabase) -> Vec<String> {
    let mut admin = db.superuser().await;
    sqlx::query_scalar(
        "select state || ' ' || subject from platform.tenant_key order by state = 'active', subject",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap()
}
