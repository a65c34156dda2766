//! Destroyed keys: what they sealed is gone for every node, and says so.

use std::time::{Duration, Instant};

use athyper_kernel_vault::{Subject, VaultError};

use super::support::{commit, database, node, opened, sealed, states, tx};

fn is_shredded<T: std::fmt::Debug>(result: &Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Shredded))
}

#[tokio::test]
async fn a_persons_values_go_alone() {
    let db = database().await;
    let vault = node();
    let (one, other) = (Subject::person(1), Subject::person(2));
    let gone = sealed(&vault, &db, &one, "gone").await;
    let mut rotating = tx(&db, "demo").await;
    vault.rotate(&mut rotating, &one).await.unwrap();
    commit(rotating).await;
    let gone_too = sealed(&vault, &db, &one, "gone too").await;
    let kept = sealed(&vault, &db, &other, "kept").await;
    let tenants = sealed(&vault, &db, &Subject::TENANT, "the tenant's").await;

    let mut shredding = tx(&db, "demo").await;
    assert_eq!(vault.shred(&mut shredding, &one).await.unwrap(), 2);
    commit(shredding).await;

    for node in [&vault, &node()] {
        assert!(is_shredded(&opened(node, &db, &gone).await));
        assert!(is_shredded(&opened(node, &db, &gone_too).await));
        assert_eq!(opened(node, &db, &kept).await.unwrap(), "kept");
        assert_eq!(opened(node, &db, &tenants).await.unwrap(), "the tenant's");
    }
    let mut again = tx(&db, "demo").await;
    assert!(is_shredded(&vault.seal_for(&mut again, &one, "test.value", "1", b"new").await));
    assert!(is_shredded(&vault.rotate(&mut again, &one).await));
}

#[tokio::test]
async fn with_the_tenant_go_all_its_persons() {
    let db = database().await;
    let vault = node();
    let values = [
        sealed(&vault, &db, &Subject::TENANT, "a").await,
        sealed(&vault, &db, &Subject::person(1), "b").await,
    ];
    let mut globex = tx(&db, "globex").await;
    let others = vault.seal(&mut globex, "test.value", "1", b"c").await.unwrap();
    commit(globex).await;
    let mut shredding = tx(&db, "demo").await;
    assert_eq!(vault.shred(&mut shredding, &Subject::TENANT).await.unwrap(), 2);
    commit(shredding).await;
    for value in &values {
        assert!(is_shredded(&opened(&node(), &db, value).await));
    }
    let mut after = tx(&db, "demo").await;
    for subject in [Subject::TENANT, Subject::person(1), Subject::person("new")] {
        assert!(is_shredded(&vault.seal_for(&mut after, &subject, "test.value", "1", b"x").await));
    }
    let mut globex = tx(&db, "globex").await;
    vault.open(&mut globex, "test.value", "1", &others).await.unwrap();
}

#[tokio::test]
async fn a_subject_without_a_key_can_be_shredded_before_it_has_one() {
    let db = database().await;
    let vault = node();
    for _ in 0..2 {
        let mut shredding = tx(&db, "demo").await;
        assert_eq!(vault.shred(&mut shredding, &Subject::person(9)).await.unwrap(), 0);
        commit(shredding).await;
    }
    assert_eq!(states(&db).await, ["shredded person:9"]);
    let mut after = tx(&db, "demo").await;
    assert!(is_shredded(&vault.seal_for(&mut after, &Subject::person(9), "test.value", "1", b"x").await));
}

#[tokio::test]
async fn nothing_of_a_destroyed_key_is_left_in_its_row() {
    let db = database().await;
    sealed(&node(), &db, &Subject::TENANT, "value").await;
    let mut shredding = tx(&db, "demo").await;
    node().shred(&mut shredding, &Subject::TENANT).await.unwrap();
    commit(shredding).await;
    let mut admin = db.superuser().await;
    let rows: Vec<(Option<Vec<u8>>, Option<String>)> =
        sqlx::query_as("select wrapped, master_key_id from platform.tenant_key")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    assert_eq!(rows, [(None, None)]);
}

#[tokio::test]
async fn a_key_that_another_node_holds_is_gone_there_within_moments() {
    let db = database().await;
    let (one, other) = (node(), node());
    let value = sealed(&one, &db, &Subject::TENANT, "value").await;
    assert_eq!(opened(&other, &db, &value).await.unwrap(), "value");
    let mut shredding = tx(&db, "demo").await;
    one.shred(&mut shredding, &Subject::TENANT).await.unwrap();
    commit(shredding).await;
    assert!(is_shredded(&opened(&one, &db, &value).await), "at once where it was done");
    let limit = Instant::now() + Duration::from_secs(30);
    while !is_shredded(&opened(&other, &db, &value).await) {
        assert!(Instant::now() < limit, "the other node still reads it");
    }
}
