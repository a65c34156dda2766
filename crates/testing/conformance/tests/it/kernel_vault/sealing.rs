//! What is sealed by one process opens in another, for its tenant, purpose and record alone.

use athyper_kernel_vault::{Sealed, Subject, VaultError};
use tokio::task::JoinSet;

use super::support::{commit, database, node, opened, sealed, states, tx};

#[tokio::test]
async fn two_nodes_share_keys() {
    let db = database().await;
    let (one, other) = (node(), node());
    let first = sealed(&one, &db, &Subject::TENANT, "first").await;
    let second = sealed(&other, &db, &Subject::TENANT, "second").await;
    let third = sealed(&one, &db, &Subject::person(7), "third").await;
    for node in [&one, &other, &node()] {
        for (sealed, value) in [(&first, "first"), (&second, "second"), (&third, "third")] {
            assert_eq!(opened(node, &db, sealed).await.unwrap(), value);
        }
    }
    assert_eq!(states(&db).await, ["active ", "active person:7"]);
}

#[tokio::test]
async fn a_value_is_bound_to_its_tenant_purpose_and_record() {
    let db = database().await;
    let vault = node();
    let value = sealed(&vault, &db, &Subject::TENANT, "value").await;
    // The other tenant has a key too.
    let mut globex = tx(&db, "globex").await;
    vault.seal(&mut globex, "test.value", "1", b"other").await.unwrap();
    let copied = vault.open(&mut globex, "test.value", "1", &value).await;
    assert!(matches!(copied, Err(VaultError::Unreadable)), "{copied:?}");
    let mut demo = tx(&db, "demo").await;
    for (purpose, record) in [("test.other", "1"), ("test.value", "2")] {
        let copied = vault.open(&mut demo, purpose, record, &value).await;
        assert!(matches!(copied, Err(VaultError::Unreadable)), "{purpose} {record}: {copied:?}");
    }
    let nothing = vault.open(&mut demo, "test.value", "1", &Sealed::from_bytes(Vec::new())).await;
    assert!(matches!(nothing, Err(VaultError::Unreadable)));
}

#[tokio::test]
async fn a_wrapped_key_copied_to_another_subject_or_tenant_is_not_unwrapped() {
    let db = database().await;
    sealed(&node(), &db, &Subject::TENANT, "value").await;
    let mut admin = db.superuser().await;
    let copy = "insert into platform.tenant_key (tenant_id, id, subject, state, wrapped, master_key_id, created_at) \
                select t.id, k.id, 'person:1', 'active', k.wrapped, k.master_key_id, k.created_at \
                from platform.tenant_key k, platform.tenant t where t.tenant_key = 'globex'";
    sqlx::query(copy).execute(&mut admin).await.unwrap();
    let mut globex = tx(&db, "globex").await;
    let sealed = node().seal_for(&mut globex, &Subject::person(1), "test.value", "1", b"x").await;
    assert!(matches!(sealed, Err(VaultError::Unreadable)), "{sealed:?}");
}

#[tokio::test]
async fn a_key_of_a_transaction_that_was_rolled_back_is_not_used() {
    let db = database().await;
    let vault = node();
    let mut lost = tx(&db, "demo").await;
    vault.seal(&mut lost, "test.value", "1", b"lost").await.unwrap();
    vault.seal(&mut lost, "test.value", "1", b"lost as well").await.unwrap();
    lost.rollback().await.unwrap();
    let kept = sealed(&vault, &db, &Subject::TENANT, "kept").await;
    assert_eq!(opened(&node(), &db, &kept).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_tenants_first_values_share_one_key() {
    let db = std::sync::Arc::new(database().await);
    let vault = node();
    let mut tasks = JoinSet::new();
    for at in 0..20 {
        let (db, vault) = (std::sync::Arc::clone(&db), if at % 2 == 0 { vault.clone() } else { node() });
        tasks.spawn(async move {
            let mut tx = tx(&db, "demo").await;
            let sealed = vault.seal(&mut tx, "test.value", "1", b"value").await.unwrap();
            commit(tx).await;
            opened(&node(), &db, &sealed).await.unwrap()
        });
    }
    assert!(tasks.join_all().await.iter().all(|value| value == "value"));
    assert_eq!(states(&db).await, ["active "]);
}
