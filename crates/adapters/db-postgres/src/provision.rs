//! The roles and the database that the platform needs on a PostgreSQL server, embedded or not.
//!
//! Three roles share the work, so that a mistake in the application cannot reach past row security:
//!
//! - the *owner* logs in to run migrations and owns the database with everything in it;
//! - the *application* logs in to serve requests. It is bound by row security, owns nothing and inherits nothing;
//! - the *system* role does not log in. The application takes it on with `SET ROLE` for the few things that cross
//!   tenants.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// The key of the advisory lock that lets one process at a time provision a server.
const LOCK_KEY: i64 = 0x6174_6879_7065_7201;
/// The longest name PostgreSQL keeps (`NAMEDATALEN - 1`).
const LONGEST_NAME: usize = 63;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Why a server could not be provisioned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// A role or database has an unusable name.
    #[error("{0:?} cannot name a role or database: use up to 63 lower-case letters, digits and underscores")]
    Name(String),
    /// A password holds the character NUL, which PostgreSQL cannot take.
    #[error("the password of role {0} holds a NUL character: choose another one")]
    Password(String),
    /// The server cannot be reached.
    #[error("the database server does not answer within 10 s: check that it runs and that its URL is right")]
    Silent,
    /// The server refused.
    #[error(
        "the roles and the database could not be provisioned, which takes a superuser or a role with CREATEROLE and \
         CREATEDB: {0}"
    )]
    Database(#[from] sqlx::Error),
}

/// A role that logs in.
#[derive(Debug, Clone)]
pub struct LoginRole {
    /// The role's name.
    pub name: String,
    /// Its password; `None` leaves an existing one as it is.
    pub password: Option<SecretString>,
}

/// The names and passwords to provision.
#[derive(Debug, Clone)]
pub struct Provisioning {
    /// The database.
    pub database: String,
    /// The role that owns the database and runs migrations.
    pub owner: LoginRole,
    /// The role that serves requests.
    pub app: LoginRole,
    /// The role that crosses tenants.
    pub system: String,
}

impl Provisioning {
    /// The platform's usual names: database `athyper`, roles `athyper_owner`, `athyper_app` and `athyper_system`.
    pub fn new(owner_password: Option<SecretString>, app_password: Option<SecretString>) -> Self {
        Self {
            database: "athyper".to_owned(),
            owner: LoginRole { name: "athyper_owner".to_owned(), password: owner_password },
            app: LoginRole { name: "athyper_app".to_owned(), password: app_password },
            system: "athyper_system".to_owned(),
        }
    }

    /// The statements that make the roles, in any database of the server. They may be repeated at will, and they mend
    /// the attributes of roles that exist. **They hold the passwords.**
    ///
    /// # Errors
    /// [`ProvisionError::Name`] and [`ProvisionError::Password`].
    pub fn role_statements(&self) -> Result<Vec<String>, ProvisionError> {
        let (owner, app, system) = (name(&self.owner.name)?, name(&self.app.name)?, name(&self.system)?);
        let mut statements = vec![
            role_statement(owner, "LOGIN", "INHERIT"),
            role_statement(app, "LOGIN", "NOINHERIT"),
            role_statement(system, "NOLOGIN", "NOINHERIT"),
        ];
        for role in [&self.owner, &self.app] {
            if let Some(password) = &role.password {
                let literal = literal(password.expose_secret())
                    .ok_or_else(|| ProvisionError::Password(role.name.clone()))?;
                statements.push(format!("ALTER ROLE {} PASSWORD {literal}", role.name));
            }
        }
        statements.push(format!("GRANT {system} TO {app}"));
        // Giving a database away takes membership in its new owner, which a superuser need not have.
        statements.push(format!(
            "DO $$ BEGIN IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN \
             EXECUTE format('GRANT {owner} TO %I', current_user); END IF; END $$"
        ));
        Ok(statements)
    }

    /// Tells this provisioning from others, with their statements and passwords: for notes that are kept as secret as these are,
    /// and that need not outlive the program.
    ///
    /// # Errors
    /// [`ProvisionError::Name`] and [`ProvisionError::Password`].
    pub(crate) fn digest(&self) -> Result<u64, ProvisionError> {
        let mut hasher = DefaultHasher::new();
        let database = self.create_database_statement()?;
        (self.role_statements()?, database, self.database_statements()?).hash(&mut hasher);
        Ok(hasher.finish())
    }

    /// The statement that makes the database, for a server that does not have it.
    ///
    /// # Errors
    /// [`ProvisionError::Name`].
    pub fn create_database_statement(&self) -> Result<String, ProvisionError> {
        Ok(format!(
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'",
            name(&self.database)?,
            name(&self.owner.name)?
        ))
    }

    /// The statements that give the database to its owner and close it to everybody else, to be run inside it. They may
    /// be repeated at will.
    ///
    /// # Errors
    /// [`ProvisionError::Name`].
    pub fn database_statements(&self) -> Result<Vec<String>, ProvisionError> {
        let (database, owner, app) = (name(&self.database)?, name(&self.owner.name)?, name(&self.app.name)?);
        Ok(vec![
            format!("ALTER DATABASE {database} OWNER TO {owner}"),
            format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC"),
            format!("GRANT CONNECT ON DATABASE {database} TO {owner}, {app}"),
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN \
             REVOKE CREATE ON SCHEMA public FROM PUBLIC; END IF; END $$"
                .to_owned(),
        ])
    }
}

/// Makes the roles and the database where they are missing, mends their attributes, and sets the given passwords.
///
/// `admin` connects to any database of the server as a superuser, or as a role with `CREATEROLE` and `CREATEDB`.
/// Several processes may do this at once: they take turns.
///
/// # Errors
/// [`ProvisionError`]; what was done before the error stays, and the next call completes it.
pub async fn provision(admin: &PgConnectOptions, plan: &Provisioning) -> Result<(), ProvisionError> {
    let roles = plan.role_statements()?;
    let inside = plan.database_statements()?;
    // The statements hold passwords, which no log may repeat.
    let admin = admin.clone().disable_statement_logging();
    let mut server = connect(&admin).await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK_KEY).execute(&mut server).await?;
    run(&mut server, roles).await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&plan.database)
        .fetch_one(&mut server)
        .await?;
    if !exists {
        run(&mut server, vec![plan.create_database_statement()?]).await?;
    }
    let mut database = connect(&admin.database(&plan.database)).await?;
    run(&mut database, inside).await?;
    database.close().await?;
    // Closing the session releases the advisory lock.
    server.close().await?;
    Ok(())
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, ProvisionError> {
    let connection = tokio::time::timeout(CONNECT, PgConnection::connect_with(options)).await;
    Ok(connection.map_err(|_| ProvisionError::Silent)??)
}

async fn run(connection: &mut PgConnection, statements: Vec<String>) -> Result<(), ProvisionError> {
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes a role without any power of its own, or takes the powers away that an existing one should not have. The role
/// is altered only where it differs: taking away what only a superuser may touch would fail for others.
fn role_statement(role: &str, login: &str, inherit: &str) -> String {
    let can_login = login == "LOGIN";
    let inherits = inherit == "INHERIT";
    format!(
        "DO $$ BEGIN \
         IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN \
         CREATE ROLE {role} {login} {inherit} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS; \
         END IF; \
         IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}' \
         AND (rolcanlogin <> {can_login} OR rolinherit <> {inherits} OR rolcreatedb OR rolcreaterole)) THEN \
         ALTER ROLE {role} {login} {inherit} NOCREATEDB NOCREATEROLE; \
         END IF; \
         IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}' \
         AND (rolsuper OR rolreplication OR rolbypassrls)) THEN \
         ALTER ROLE {role} NOSUPERUSER NOREPLICATION NOBYPASSRLS; \
         END IF; END $$"
    )
}

/// Admits names that need no quoting anywhere, so that none can end the statement it stands in.
fn name(name: &str) -> Result<&str, ProvisionError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_well = name.bytes().next().is_some_and(|first| plain(first) && !first.is_ascii_digit());
    if begins_well && name.len() <= LONGEST_NAME && name.bytes().all(plain) {
        Ok(name)
    } else {
        Err(ProvisionError::Name(name.to_owned()))
    }
}

/// `text` as a string literal that means the same whatever `standard_conforming_strings` says (PostgreSQL manual,
/// 4.1.2.2); `None` when it holds a NUL.
fn literal(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| format!("E'{}'", text.replace('\\', r"\\").replace('\'', r"\'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_need_quoting_are_refused() {
        for good in ["athyper", "a", "_x1", "tenant_01"] {
            assert_eq!(name(good).unwrap(), good);
        }
        for bad in ["", "1a", "A", "a-b", "a b", "a\"b", "a;drop", "é", &"a".repeat(64)] {
            assert!(name(bad).is_err(), "{bad:?} was admitted");
        }
        let mut plan = Provisioning::new(None, None);
        plan.app.name = "x'; drop".to_owned();
        assert!(plan.role_statements().is_err() && plan.database_statements().is_err());
    }

    #[test]
    fn passwords_cannot_leave_their_literal() {
        assert_eq!(literal("plain").unwrap(), "E'plain'");
        assert_eq!(literal(r"a'b\c\'").unwrap(), r"E'a\'b\\c\\\''");
        assert_eq!(literal("a\0b"), None);
    }

    #[test]
    fn a_password_is_set_only_when_given() {
        let without = Provisioning::new(None, None).role_statements().unwrap().join("\n");
        assert!(!without.contains("PASSWORD"));
        let with = Provisioning::new(None, Some("s3'cret".into())).role_statements().unwrap().join("\n");
        assert!(with.contains(r"ALTER ROLE athyper_app PASSWORD E's3\'cret'"), "{with}");
        assert!(!with.contains("ALTER ROLE athyper_owner PASSWORD"));
    }
}
