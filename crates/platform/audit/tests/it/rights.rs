//! Rights: what the application may not do to its own trail, whatever it says.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::SystemReason;
use sqlx::PgConnection;

use crate::support::{Trail, signing_each};

async fn state_of(conn: &mut PgConnection, sql: &'static str) -> String {
    let error = sqlx::query(sql).execute(conn).await.expect_err(sql);
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned()
}

#[tokio::test]
async fn the_application_role_neither_changes_nor_removes() {
    let trail = Trail::new().await;
    trail.write_many(5).await;
    trail.seal(signing_each(3)).await;
    trail.write(AuditEvent::info("test.unsealed")).await;
    for statement in [
        "update audit.event set message = 'x'",
        "update audit.event set seq = 1, prev_hash = hash, hash = hash",
        "update audit.event set hash = hash",
        "delete from audit.event",
        "truncate audit.event",
        "insert into audit.event (tenant_id, id, recorded_at, type, level, actor_kind, actor_id, meta, seq) \
         values (gen_random_uuid(), gen_random_uuid(), now(), 'x', 'info', 'user', 'x', '{}', 1)",
        "insert into audit.event (tenant_id, id, recorded_at, type, level, actor_kind, actor_id, meta, xid) \
         values (gen_random_uuid(), gen_random_uuid(), now(), 'x', 'info', 'user', 'x', '{}', '1')",
        "delete from audit.personal_value",
        "update audit.personal_value set field = 'x'",
        "insert into audit.checkpoint select * from audit.checkpoint",
        "update audit.checkpoint set stored_at = null",
        "delete from audit.checkpoint",
        "update audit.chain set size = 0",
        "delete from audit.chain",
        "insert into audit.removal select * from audit.removal",
        "delete from audit.erasure",
        "delete from audit.legal_hold",
        "insert into audit.signing_key select * from audit.signing_key",
    ] {
        let mut tx = trail.app.db.database.tenant_tx(&trail.context()).await.unwrap();
        assert_eq!(state_of(tx.conn(), statement).await, "42501", "{statement}");
    }
}

/// What the application may do at all to personal values, the trigger narrows down to erasing them.
#[tokio::test]
async fn a_personal_value_is_only_ever_erased() {
    let trail = Trail::new().await;
    trail.write_many(2).await;
    for statement in [
        "update audit.personal_value set value = 'x'",
        "update audit.personal_value set person = 'somebody else'",
    ] {
        let mut tx = trail.app.db.database.tenant_tx(&trail.context()).await.unwrap();
        assert_eq!(state_of(tx.conn(), statement).await, "42501", "{statement}");
    }
    let mut tx = trail.app.db.database.tenant_tx(&trail.context()).await.unwrap();
    let half = "update audit.personal_value set erasure_id = gen_random_uuid(), value = null";
    assert_eq!(state_of(tx.conn(), half).await, "23514");
}

/// The role of the sealer seals, and that is all; the owner's own triggers hold for it as for everybody.
#[tokio::test]
async fn the_sealing_role_seals_once_and_nothing_more() {
    let trail = Trail::new().await;
    trail.write_many(5).await;
    trail.seal(signing_each(3)).await;
    trail.write(AuditEvent::info("test.unsealed")).await;
    for statement in [
        "update audit.event set message = 'x'",
        "update audit.event set seq = null, hash = null, prev_hash = null where seq = 2",
        "update audit.event set seq = 99 where seq = 2",
        "update audit.event set hash = sha256(hash) where seq = 2",
        "update audit.event set seq = null where seq is null",
        "delete from audit.event",
        "delete from audit.event where seq = 2",
        "delete from audit.personal_value",
        "truncate audit.event",
        "update audit.checkpoint set signature = ''",
        "update audit.removal set last_seq = 99",
        "delete from audit.checkpoint",
        "delete from audit.removal",
    ] {
        let mut tx = trail.app.db.database.system_tx(SystemReason::SealAudit).await.unwrap();
        assert_eq!(state_of(tx.conn(), statement).await, "42501", "{statement}");
    }
    let mut superuser = trail.app.db.superuser().await;
    for statement in [
        "update audit.event set message = 'x'",
        "update audit.event set class = 'system_event', seq = 100, prev_hash = sha256(''), hash = sha256('') where seq is null",
        "delete from audit.event",
        "truncate audit.event",
        "truncate audit.checkpoint",
    ] {
        assert_eq!(state_of(&mut superuser, statement).await, "42501", "{statement}");
    }
    trail.assert_sound().await;
}
