//! The roles: what each may do, again and again, on any server.

use athyper_adapter_db_postgres::{Provisioning, provision};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use crate::support::{connect, started};

/// Login, inherit, superuser, create database, create role, replication, bypass row security.
type Attributes = (bool, bool, bool, bool, bool, bool, bool);

async fn attributes(admin: &mut PgConnection, role: &str) -> Attributes {
    sqlx::query_as(
        "SELECT rolcanlogin, rolinherit, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls \
         FROM pg_roles WHERE rolname = $1",
    )
    .bind(role)
    .fetch_one(admin)
    .await
    .unwrap()
}

const OWNER: Attributes = (true, true, false, false, false, false, false);
const APP: Attributes = (true, false, false, false, false, false, false);
const SYSTEM: Attributes = (false, false, false, false, false, false, false);

fn options(url: &SecretString) -> PgConnectOptions {
    url.expose_secret().parse().unwrap()
}

#[tokio::test]
async fn each_role_has_its_powers_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let database = started(folder.path()).await;
    let mut admin = connect(&database.admin_url).await;
    assert_eq!(attributes(&mut admin, "athyper_owner").await, OWNER);
    assert_eq!(attributes(&mut admin, "athyper_app").await, APP);
    assert_eq!(attributes(&mut admin, "athyper_system").await, SYSTEM);

    // The application inherits nothing of the system role but may become it.
    let mut app = connect(&database.app_url).await;
    let inherits: bool = sqlx::query_scalar("SELECT pg_has_role('athyper_system', 'USAGE')")
        .fetch_one(&mut app)
        .await
        .unwrap();
    assert!(!inherits);
    sqlx::raw_sql("SET ROLE athyper_system; RESET ROLE").execute(&mut app).await.unwrap();
    assert!(sqlx::raw_sql("SET ROLE athyper_owner").execute(&mut app).await.is_err());
    assert!(sqlx::raw_sql("CREATE TABLE public.mine (id int)").execute(&mut app).await.is_err());
    assert!(sqlx::raw_sql("CREATE SCHEMA mine").execute(&mut app).await.is_err());
    app.close().await.unwrap();

    let mut owner = connect(&database.owner_url).await;
    sqlx::raw_sql("CREATE SCHEMA platform; CREATE TABLE platform.thing (id int)")
        .execute(&mut owner)
        .await
        .unwrap();
    owner.close().await.unwrap();

    // Nobody else comes in.
    sqlx::raw_sql("CREATE ROLE stranger LOGIN PASSWORD 'stranger'").execute(&mut admin).await.unwrap();
    let stranger = options(&database.app_url).username("stranger").password("stranger");
    let refusal = PgConnection::connect_with(&stranger).await.unwrap_err().to_string();
    assert!(refusal.contains("permission denied for database"), "{refusal}");
    admin.close().await.unwrap();
    database.stop().await.unwrap();
}

#[tokio::test]
async fn provisioning_again_mends_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let database = started(folder.path()).await;
    let mut admin = connect(&database.admin_url).await;
    sqlx::raw_sql(
        "ALTER ROLE athyper_app SUPERUSER BYPASSRLS INHERIT CREATEDB; ALTER ROLE athyper_system LOGIN BYPASSRLS; \
         ALTER ROLE athyper_owner CREATEROLE; ALTER DATABASE athyper OWNER TO athyper_admin; \
         GRANT CONNECT ON DATABASE athyper TO PUBLIC",
    )
    .execute(&mut admin)
    .await
    .unwrap();

    let odd: SecretString = r"it's \'odd\' $$ E'x'; DROP ROLE athyper_app; --".into();
    let plan = Provisioning::new(None, Some(odd.clone()));
    let (one, two) = (options(&database.admin_url), options(&database.admin_url));
    let (first, second) = tokio::join!(provision(&one, &plan), provision(&two, &plan));
    first.unwrap();
    second.unwrap();

    assert_eq!(attributes(&mut admin, "athyper_owner").await, OWNER);
    assert_eq!(attributes(&mut admin, "athyper_app").await, APP);
    assert_eq!(attributes(&mut admin, "athyper_system").await, SYSTEM);
    let (owner, public): (String, bool) = sqlx::query_as(
        "SELECT pg_get_userbyid(datdba), EXISTS (SELECT FROM aclexplode(datacl) WHERE grantee = 0 AND \
         privilege_type = 'CONNECT') FROM pg_database WHERE datname = 'athyper'",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!((owner.as_str(), public), ("athyper_owner", false));

    let app = options(&database.app_url).password(odd.expose_secret());
    PgConnection::connect_with(&app).await.expect("the new password is taken literally");
    let owner = PgConnection::connect_with(&options(&database.owner_url)).await;
    owner.expect("the owner's password is left as it was");
    admin.close().await.unwrap();
    database.stop().await.unwrap();
}

#[tokio::test]
async fn an_administrator_who_is_no_superuser_suffices() {
    let folder = tempfile::tempdir().unwrap();
    let database = started(folder.path()).await;
    let mut admin = connect(&database.admin_url).await;
    sqlx::raw_sql("CREATE ROLE dba LOGIN CREATEROLE CREATEDB PASSWORD 'dba'")
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();

    let mut plan = Provisioning::new(Some("one".into()), Some("two".into()));
    plan.database = "other".to_owned();
    plan.owner.name = "other_owner".to_owned();
    plan.app.name = "other_app".to_owned();
    plan.system = "other_system".to_owned();
    let dba = options(&database.admin_url).username("dba").password("dba");
    provision(&dba, &plan).await.unwrap();
    provision(&dba, &plan).await.unwrap();

    let app = options(&database.app_url).database("other").username("other_app").password("two");
    PgConnection::connect_with(&app).await.unwrap().close().await.unwrap();
    database.stop().await.unwrap();
}
