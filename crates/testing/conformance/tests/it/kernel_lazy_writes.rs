//! Changes that are one statement, and those whose last one writes their event: what they keep, whose rows they touch, and what a
//! connection that is lost leaves of them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use athyper_adapter_db_postgres::{PoolSettings, connect};
use athyper_bootstrap::schemas;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{AtOnce, Database, DbError, LastWrite, LazyTenantTx, Rows as _};
use athyper_kernel_tenant_context::TenantContext;
use athyper_test_kit::TestDatabase;
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Raises the tenant's number where it is at this one, and enters it under a name of its own.
fn raise(tx: &LazyTenantTx, from: i64) -> AtOnce {
    let mut values = PgArguments::default();
    values.add(tx.tenant_id().uuid()).unwrap();
    values.add(from).unwrap();
    AtOnce {
        here: "select n.last_number as was from platform.number_series n \
               where n.tenant_id = $1 and n.series = 'kernel' and n.last_number = $2 for key share of n",
        writes: "raised as (update platform.number_series n set last_number = was + 1 from here \
                 where n.tenant_id = $1 and n.series = 'kernel'), \
                 entered as (insert into platform.number_series (tenant_id, series, reset_key, last_number) \
                 select $1, 'raised', was::text, $2 from here)",
        values,
    }
}

fn event() -> AuditEvent {
    AuditEvent::info("kernel.raised").about("kernel.number", "kernel").with_personal("address", "127.0.0.1")
}

/// Two tenants whose number is at one.
async fn two() -> (TestDatabase, [TenantContext; 2]) {
    let db = TestDatabase::new(&schemas()).await;
    let both = [db.context("demo"), db.context("globex")];
    for context in &both {
        let mut tx = db.database.tenant_tx(context).await.unwrap();
        let first = "insert into platform.number_series (tenant_id, series, reset_key, last_number) values ($1, 'kernel', '', 1)";
        sqlx::query(first).bind(context.tenant_id().uuid()).execute(tx.conn()).await.unwrap();
        tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
    }
    (db, both)
}

/// The tenant's number, how many were entered for it, and how many events and personal values say so.
async fn seen(db: &TestDatabase, context: &TenantContext) -> [i64; 4] {
    let row = sqlx::query(
        "select (select last_number from platform.number_series where tenant_id = $1 and series = 'kernel'), \
         (select count(*) from platform.number_series where tenant_id = $1 and series = 'raised'), \
         (select count(*) from audit.event where tenant_id = $1 and type = 'kernel.raised'), \
         (select count(*) from audit.personal_value where tenant_id = $1)",
    )
    .bind(context.tenant_id().uuid())
    .fetch_one(&mut db.superuser().await)
    .await
    .unwrap();
    [0, 1, 2, 3].map(|at| row.get(at))
}

#[tokio::test]
async fn a_change_at_once_is_of_its_tenant_alone_and_has_its_event() {
    let (db, [one, other]) = two().await;
    let mut at = [1, 1];
    // More often than it takes for a plan to be made for all values, with reads between.
    for turn in 0..24 {
        let which = usize::from(turn % 3 == 0);
        let context = if which == 1 { &other } else { &one };
        let tx = db.database.lazy_tenant_tx(context);
        assert!(tx.at_once(raise(&tx, at[which]), event()).await.unwrap());
        at[which] += 1;
        assert!(!tx.at_once(raise(&tx, 1), event()).await.unwrap(), "the number is another one by now");
        let mut read = db.database.lazy_read_tx(context);
        let select = "select last_number from platform.number_series where series = 'kernel'".to_owned();
        let rows = read.rows(select, PgArguments::default()).await.unwrap();
        let numbers: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(numbers, [at[which]]);
        read.done();
    }
    for (context, at) in [(&one, at[0]), (&other, at[1])] {
        assert_eq!(seen(&db, context).await, [at, at - 1, at - 1, at - 1]);
    }
}

/// A statement that names another tenant finds nothing there, and writes nothing there.
#[tokio::test]
async fn a_change_at_once_cannot_touch_what_is_another_tenants() {
    let (db, [one, other]) = two().await;
    let (own, foreign) = (db.database.lazy_tenant_tx(&one), db.database.lazy_tenant_tx(&other));
    assert!(!own.at_once(raise(&foreign, 1), event()).await.unwrap());
    let smuggled = AtOnce { here: "select 1 as was where $2::bigint > 0", ..raise(&foreign, 1) };
    let refused = own.at_once(smuggled, event()).await;
    assert!(matches!(refused, Err(DbError::Failed(_))), "{refused:?}");
    for context in [&one, &other] {
        assert_eq!(seen(&db, context).await, [1, 0, 0, 0]);
    }
}

#[tokio::test]
async fn a_change_within_a_transaction_is_not_made_at_once() {
    let (db, [one, _]) = two().await;
    let mut tx = db.database.lazy_tenant_tx(&one);
    let now = tx.now();
    assert_eq!(tx.opened().await.unwrap().now(), now);
    assert!(!tx.at_once(raise(&tx, 1), event()).await.unwrap());
    tx.into_opened().await.unwrap().commit(AuditEvent::info("kernel.test")).await.unwrap();
    assert_eq!(seen(&db, &one).await, [1, 0, 0, 0]);
}

#[tokio::test]
async fn a_change_whose_event_cannot_be_written_is_not_made() {
    let (db, [one, _]) = two().await;
    let tx = db.database.lazy_tenant_tx(&one);
    // PostgreSQL stores no text with a NUL.
    tx.at_once(raise(&tx, 1), event().message("\0")).await.unwrap_err();
    assert_eq!(seen(&db, &one).await, [1, 0, 0, 0]);
}

/// What the wire does with the next statement.
const CARRIES: u8 = 0;
const LOSES_IT: u8 = 1;
const LOSES_THE_ANSWER: u8 = 2;

/// The write that ends a change: raises the tenant's number where it is at this one, and that of the other one as well where `of_all`
/// are raised.
fn last(context: &TenantContext, from: i64, of_all: bool) -> LastWrite {
    let mut values = PgArguments::default();
    values.add(context.tenant_id().uuid()).unwrap();
    values.add(from).unwrap();
    let write = if of_all {
        "update platform.number_series n set last_number = n.last_number + 1 where n.tenant_id = $1 and $2 = $2"
    } else {
        "update platform.number_series n set last_number = n.last_number + 1 \
         where n.tenant_id = $1 and n.series = 'kernel' and n.last_number = $2"
    };
    LastWrite { write, values }
}

#[tokio::test]
async fn the_last_write_of_a_change_and_its_event_are_kept_together_or_not_at_all() {
    let (db, [one, other]) = two().await;
    let open = async || {
        let mut tx = db.database.tenant_tx(&one).await.unwrap();
        let before = "insert into platform.number_series (tenant_id, series, reset_key, last_number) \
                      values ($1, 'raised', gen_random_uuid()::text, 1)";
        sqlx::query(before).bind(one.tenant_id().uuid()).execute(tx.conn()).await.unwrap();
        tx
    };
    open().await.commit_with(last(&one, 1, false), event()).await.unwrap();
    assert_eq!(seen(&db, &one).await, [2, 1, 1, 1]);

    // The number is another one by now: what was done before goes as well.
    let refused = open().await.commit_with(last(&one, 1, false), event()).await.unwrap_err();
    assert!(matches!(refused, DbError::Corrupt(_)), "{refused:?}");
    // That of another tenant is not there for this one, and one event is not written for two writes.
    open().await.commit_with(last(&other, 1, false), event()).await.unwrap_err();
    open().await.commit_with(last(&one, 2, true), event()).await.unwrap_err();
    assert_eq!(seen(&db, &one).await, [2, 1, 1, 1]);
    assert_eq!(seen(&db, &other).await, [1, 0, 0, 0]);
}

/// A wire to the database that can be cut at a statement, once.
#[expect(clippy::disallowed_methods, reason = "the wire is there for as long as the test")]
async fn wire(db: &TestDatabase, at: Arc<AtomicU8>) -> Database {
    let mut url: url::Url = db.app_url().expose_secret().parse().unwrap();
    let server = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server.clone()).await.unwrap();
            tokio::spawn(carry(client, server, Arc::clone(&at)));
        }
    });
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        statement_timeout: Duration::from_mins(1),
        application_name: "wire".to_owned(),
    };
    connect(&url.to_string().into(), &settings, db.database.clock().clone()).await.unwrap()
}

async fn carry(mut client: TcpStream, mut server: TcpStream, at: Arc<AtomicU8>) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                // `Bind`, which begins the execution of a statement that is prepared.
                let cut = if asked.first() == Some(&b'B') { at.swap(CARRIES, Ordering::SeqCst) } else { CARRIES };
                if asked.is_empty() || cut == LOSES_IT {
                    return Ok(());
                }
                server.write_all(asked).await?;
                if cut == LOSES_THE_ANSWER {
                    // It has been done when the answer is there.
                    return server.read(&mut answered).await.map(drop);
                }
            }
            read = server.read(&mut answered) => match read? {
                0 => return Ok(()),
                read => client.write_all(&answered[..read]).await?,
            }
        }
    }
}

#[tokio::test]
async fn a_change_whose_connection_is_lost_is_made_once() {
    let (db, [one, _]) = two().await;
    let at = Arc::new(AtomicU8::new(CARRIES));
    let database = wire(&db, Arc::clone(&at)).await;
    let mut number = 1;
    for cut in [CARRIES, LOSES_THE_ANSWER, LOSES_IT, LOSES_THE_ANSWER] {
        let tx = database.lazy_tenant_tx(&one);
        // Prepared on the connection that will be lost.
        assert!(!tx.at_once(raise(&tx, 0), event()).await.unwrap());
        at.store(cut, Ordering::SeqCst);
        assert!(tx.at_once(raise(&tx, number), event()).await.unwrap(), "cut {cut}");
        assert_eq!(at.load(Ordering::SeqCst), CARRIES, "the wire was not cut");
        number += 1;
        assert_eq!(seen(&db, &one).await, [number, number - 1, number - 1, number - 1], "cut {cut}");
    }
    // One that would be done again without finding out is refused by what it entered.
    let again = |tx: &LazyTenantTx, from| AtOnce { here: "select $2::bigint as was", ..raise(tx, from) };
    let tx = database.lazy_tenant_tx(&one);
    assert!(tx.at_once(again(&tx, number), event()).await.unwrap());
    at.store(LOSES_THE_ANSWER, Ordering::SeqCst);
    let tx = database.lazy_tenant_tx(&one);
    assert!(tx.at_once(again(&tx, number + 1), event()).await.unwrap());
    number += 2;
    assert_eq!(seen(&db, &one).await, [number, number - 1, number - 1, number - 1]);
    // One that did nothing and finds nothing to do is not said to be done.
    at.store(LOSES_IT, Ordering::SeqCst);
    let tx = database.lazy_tenant_tx(&one);
    let unknown = tx.at_once(raise(&tx, 0), event()).await;
    assert!(matches!(unknown, Err(DbError::Unavailable(_))), "{unknown:?}");
    database.close().await;
}

/// A read that was not said to be done leaves its connection to the pool as one that only reads; whoever writes on it says that it may.
#[tokio::test]
async fn a_connection_that_only_read_writes_for_the_next_one() {
    let (db, [one, other]) = two().await;
    let database = wire(&db, Arc::default()).await;
    for (number, is_done) in (1..).zip([false, true, false, true]) {
        let mut read = database.read_tx(&other).await.unwrap();
        if is_done {
            read.done();
        }
        drop(read);
        let tx = database.lazy_tenant_tx(&one);
        assert!(tx.at_once(raise(&tx, number), event()).await.unwrap());
    }
    assert_eq!(seen(&db, &one).await, [5, 4, 4, 4]);
    database.close().await;
}
