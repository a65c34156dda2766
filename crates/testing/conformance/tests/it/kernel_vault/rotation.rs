//! New data keys and new master keys: what was sealed before stays readable.

use athyper_kernel_vault::{Rewrapped, Subject, Vault, VaultError};

use super::support::{FIRST, SECOND, commit, database, masters, node, opened, sealed, states, tx};

#[tokio::test]
async fn a_new_data_key_leaves_former_values_readable_and_brings_them_over() {
    let db = database().await;
    let vault = node();
    let before = sealed(&vault, &db, &Subject::TENANT, "before").await;
    let mut tx1 = tx(&db, "demo").await;
    assert_eq!(vault.reseal(&mut tx1, "test.value", "1", &before).await.unwrap(), None);
    vault.rotate(&mut tx1, &Subject::TENANT).await.unwrap();
    commit(tx1).await;
    assert_eq!(states(&db).await, ["retired ", "active "]);
    let after = sealed(&vault, &db, &Subject::TENANT, "after").await;
    assert_ne!(before.as_bytes()[1..17], after.as_bytes()[1..17], "another key");
    assert_eq!(opened(&node(), &db, &before).await.unwrap(), "before");
    let mut tx2 = tx(&db, "demo").await;
    let moved = vault.reseal(&mut tx2, "test.value", "1", &before).await.unwrap().unwrap();
    assert_eq!(moved.as_bytes()[1..17], after.as_bytes()[1..17], "the present key");
    assert_eq!(opened(&node(), &db, &moved).await.unwrap(), "before");
}

#[tokio::test]
async fn a_key_that_has_sealed_enough_is_replaced() {
    let db = database().await;
    let vault = Vault::with_limits(masters(FIRST, &[]), 1, 3);
    let mut values = Vec::new();
    for at in 0..7 {
        values.push(sealed(&vault, &db, &Subject::person(1), &at.to_string()).await);
    }
    assert_eq!(states(&db).await, ["retired person:1", "retired person:1", "active person:1"]);
    for (at, value) in values.iter().enumerate() {
        assert_eq!(opened(&node(), &db, value).await.unwrap(), at.to_string());
    }
}

#[tokio::test]
async fn counting_does_not_wait_for_another_transaction() {
    let db = database().await;
    let vault = Vault::with_limits(masters(FIRST, &[]), 1, 100);
    sealed(&vault, &db, &Subject::TENANT, "first").await;
    let mut holder = tx(&db, "demo").await;
    vault.seal(&mut holder, "test.value", "1", b"held").await.unwrap();
    sealed(&vault, &db, &Subject::TENANT, "second").await;
    commit(holder).await;
}

#[tokio::test]
async fn all_keys_are_wrapped_by_a_new_master_key() {
    let db = database().await;
    let old = node();
    let tenants = sealed(&old, &db, &Subject::TENANT, "tenant").await;
    let persons = sealed(&old, &db, &Subject::person(1), "person").await;
    sealed(&old, &db, &Subject::person(2), "gone").await;
    let mut shredding = tx(&db, "demo").await;
    old.shred(&mut shredding, &Subject::person(2)).await.unwrap();
    commit(shredding).await;

    let alone = Vault::new(masters(SECOND, &[]));
    let missing = opened(&alone, &db, &tenants).await.unwrap_err();
    assert!(matches!(missing, VaultError::MasterKeyMissing { .. }), "{missing}");
    assert!(alone.rewrap(&db.database).await.is_err(), "it cannot unwrap what is there");

    let both = Vault::new(masters(SECOND, &[FIRST]));
    assert_eq!(opened(&both, &db, &tenants).await.unwrap(), "tenant");
    assert_eq!(both.rewrap(&db.database).await.unwrap(), Rewrapped { keys: 2 });
    assert_eq!(both.rewrap(&db.database).await.unwrap(), Rewrapped { keys: 0 });

    for (value, text) in [(&tenants, "tenant"), (&persons, "person")] {
        assert_eq!(opened(&Vault::new(masters(SECOND, &[])), &db, value).await.unwrap(), text);
        let without = opened(&node(), &db, value).await.unwrap_err();
        assert!(matches!(without, VaultError::MasterKeyMissing { .. }), "{without}");
    }
}
