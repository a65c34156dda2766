//! What the tests have in common: an application with keys and a store of checkpoints, and an attacker.

use std::sync::Arc;
use std::time::Duration;

use athyper_audit::{
    AUDIT_KEYS, AuditKeys, CHECKPOINT_STORE, CheckpointStore, Error, MODULE, MemoryCheckpoints, OneName,
    PERSONS, Persons, Report, Sealer, SealerSettings, SigningKey, verify_trail,
};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::TenantContext;
use athyper_test_kit::{TestApp, TestOptions};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// An application and what its trail is sealed with.
pub(crate) struct Trail {
    pub(crate) app: TestApp,
    pub(crate) keys: Arc<AuditKeys>,
    pub(crate) objects: MemoryCheckpoints,
}

/// A new key.
pub(crate) fn new_keys() -> Arc<AuditKeys> {
    let key = SigningKey::from_base64(&SigningKey::generate().unwrap()).unwrap();
    Arc::new(AuditKeys::new(key, Vec::new()))
}

/// Settings by which every turn signs what it has sealed, so many events in a checkpoint.
pub(crate) fn signing_each(events: u16) -> SealerSettings {
    SealerSettings {
        batch: 7,
        checkpoint_events: events,
        checkpoint_every: TimeDelta::zero(),
        ..SealerSettings::default()
    }
}

impl Trail {
    pub(crate) async fn new() -> Self {
        let (keys, objects) = (new_keys(), MemoryCheckpoints::default());
        let store: Arc<dyn CheckpointStore> = Arc::new(objects.clone());
        let of_app = Arc::clone(&keys);
        let options = TestOptions {
            parts: Box::new(move |builder| {
                builder.value(&AUDIT_KEYS, of_app);
                builder.value(&CHECKPOINT_STORE, store);
                let persons: Arc<dyn Persons> = Arc::new(OneName);
                builder.value(&PERSONS, persons);
            }),
            ..TestOptions::default()
        };
        let app = TestApp::with(&[MODULE], options).await;
        Self { app, keys, objects }
    }

    pub(crate) fn context(&self) -> TenantContext {
        self.app.db.context("demo")
    }

    pub(crate) fn tenant(&self) -> Uuid {
        self.context().tenant_id().uuid()
    }

    pub(crate) fn sealer(&self, settings: SealerSettings) -> Sealer {
        let store = Arc::new(self.objects.clone());
        Sealer::new(self.app.db.database.clone(), Arc::clone(&self.keys), store, settings)
    }

    /// Writes an event of the tenant.
    pub(crate) async fn write(&self, event: AuditEvent) {
        self.app.db.database.tenant_tx(&self.context()).await.unwrap().commit(event).await.unwrap();
    }

    /// Writes so many events, each in a transaction of its own.
    pub(crate) async fn write_many(&self, count: usize) {
        for number in 0..count {
            let event =
                AuditEvent::info("test.happened").about("test.thing", number % 5).with("number", number);
            self.write(event.from_address("203.0.113.7")).await;
        }
    }

    /// Seals, then signs and stores, until nothing is left to do. Transactions of other tests on the same server may hold up
    /// the sealing: nothing is signed before it is done, so that checkpoints lie where the settings put them.
    pub(crate) async fn seal(&self, settings: SealerSettings) {
        let unsigned = SealerSettings {
            checkpoint_events: u16::MAX,
            checkpoint_every: TimeDelta::days(100_000),
            ..settings
        };
        self.seal_by(unsigned).await;
        self.seal_by(settings).await;
    }

    /// Seals, signs and stores until nothing is left to do.
    pub(crate) async fn seal_by(&self, settings: SealerSettings) {
        let sealer = self.sealer(settings);
        let mut superuser = self.app.db.superuser().await;
        loop {
            sealer.turn().await.unwrap();
            let left: i64 = sqlx::query_scalar(
                "select (select count(*) from audit.event where seq is null) + \
                 (select count(*) from audit.checkpoint where stored_at is null) + \
                 (select coalesce(sum(size - checkpointed), 0)::bigint from audit.chain where $1)",
            )
            .bind(settings.checkpoint_every.is_zero())
            .fetch_one(&mut superuser)
            .await
            .unwrap();
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Verifies the tenant's trail with the checkpoints of the database.
    pub(crate) async fn verify(&self) -> Report {
        let keys = Arc::clone(&self.keys);
        verify_trail(&self.app.db.database, &self.context(), keys, None).await.unwrap()
    }

    /// Verifies the tenant's trail with the checkpoints of the store.
    pub(crate) async fn verify_from_store(&self) -> Report {
        let store: Arc<dyn CheckpointStore> = Arc::new(self.objects.clone());
        self.try_verify(Some(store)).await.unwrap()
    }

    pub(crate) async fn try_verify(&self, store: Option<Arc<dyn CheckpointStore>>) -> Result<Report, Error> {
        verify_trail(&self.app.db.database, &self.context(), Arc::clone(&self.keys), store).await
    }

    /// Somebody who holds the database and goes around its rules.
    pub(crate) async fn attacker(&self) -> PgConnection {
        let mut connection = self.app.db.superuser().await;
        sqlx::raw_sql("set session_replication_role = replica").execute(&mut connection).await.unwrap();
        connection
    }

    /// The ids of the tenant's sealed events in their order.
    pub(crate) async fn ids(&self) -> Vec<Uuid> {
        let mut superuser = self.app.db.superuser().await;
        sqlx::query_scalar("select id from audit.event where tenant_id = $1 and seq is not null order by seq")
            .bind(self.tenant())
            .fetch_all(&mut superuser)
            .await
            .unwrap()
    }

    /// What must hold after any crash: places from 1 on without a gap, and a chain that verifies.
    pub(crate) async fn assert_sound(&self) {
        let mut superuser = self.app.db.superuser().await;
        let (sealed, last): (i64, i64) =
            sqlx::query_as("select count(seq), coalesce(max(seq), 0) from audit.event where tenant_id = $1")
                .bind(self.tenant())
                .fetch_one(&mut superuser)
                .await
                .unwrap();
        assert_eq!(sealed, last, "places are given once each and without a gap");
        let report = self.verify().await;
        assert!(report.intact, "{report:#?}");
        assert_eq!(report.events, sealed);
    }
}

/// Runs statements of an attacker.
pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

/// Computes the chain anew from a place on, as somebody would who knows all of our documents and none of our code.
pub(crate) async fn recompute(attacker: &mut PgConnection, tenant: Uuid, from: i64) {
    let rows: Vec<(i64, Value)> = sqlx::query_as(
        "select seq, to_jsonb(e) || jsonb_build_object('recorded_at', \
             to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')) \
         from audit.event e where tenant_id = $1 order by seq",
    )
    .bind(tenant)
    .fetch_all(&mut *attacker)
    .await
    .unwrap();
    let mut prev: [u8; 32] =
        sqlx::query_scalar::<_, Vec<u8>>("select hash from audit.event where tenant_id = $1 and seq = $2")
            .bind(tenant)
            .bind(from - 1)
            .fetch_optional(&mut *attacker)
            .await
            .unwrap()
            .map_or([0; 32], |hash| hash.try_into().unwrap());
    for (seq, row) in rows.into_iter().filter(|(seq, _)| *seq >= from) {
        let hash = documented_hash(tenant, seq, &prev, &row);
        sqlx::query("update audit.event set prev_hash = $3, hash = $4 where tenant_id = $1 and seq = $2")
            .bind(tenant)
            .bind(seq)
            .bind(prev.as_slice())
            .bind(hash.as_slice())
            .execute(&mut *attacker)
            .await
            .unwrap();
        prev = hash;
    }
    sqlx::query(
        "update audit.chain c set head_hash = $2, size = e.size, checkpointed = least(checkpointed, e.size) \
         from (select max(seq) as size from audit.event where tenant_id = $1) e where c.tenant_id = $1",
    )
    .bind(tenant)
    .bind(prev.as_slice())
    .execute(&mut *attacker)
    .await
    .unwrap();
}

/// The hash of a row by the formula in the documents.
pub(crate) fn documented_hash(tenant: Uuid, seq: i64, prev: &[u8; 32], row: &Value) -> [u8; 32] {
    let names = [
        ("id", "id"),
        ("recordedAt", "recorded_at"),
        ("type", "type"),
        ("level", "level"),
        ("class", "class"),
        ("actorKind", "actor_kind"),
        ("actorId", "actor_id"),
        ("realmKey", "realm_key"),
        ("orgKey", "org_key"),
        ("requestId", "request_id"),
        ("traceId", "trace_id"),
        ("sessionId", "session_id"),
        ("subjectType", "subject_type"),
        ("subjectId", "subject_id"),
        ("message", "message"),
        ("meta", "meta"),
        ("personal", "personal"),
    ];
    let fields = names.iter().map(|(name, column)| ((*name).to_owned(), row[*column].clone()));
    let body: Map<String, Value> = fields.filter(|(_, value)| !value.is_null()).collect();
    let mut digest = Sha256::new();
    digest.update(b"athyper-audit-v1");
    digest.update(tenant.as_bytes());
    digest.update(seq.to_be_bytes());
    digest.update(prev);
    digest.update(serde_json_canonicalizer::to_vec(&json!(body)).unwrap());
    digest.finalize().into()
}
