//! Refuses a login role that could go around row security: with it, isolation would hang on our code alone.

use sqlx::{Executor, Postgres, Row as _};

/// Why a role is refused, and the statement that mends it.
#[derive(Debug, thiserror::Error)]
pub enum RoleCheckError {
    /// The role can see every tenant's rows.
    #[error(
        "the database role {role} {reason}, so row security would not hold: log in as athyper_app, a role made with \
         create role athyper_app login noinherit nosuperuser nobypassrls; grant athyper_system to athyper_app"
    )]
    TooMighty {
        /// Name of the role.
        role: String,
        /// What it can do.
        reason: String,
    },
    /// The question could not be asked.
    #[error("the database role cannot be checked: {0}")]
    Failed(#[from] sqlx::Error),
}

/// The first thing that makes the login role too mighty, if there is one.
const QUESTION: &str = "select r.rolname::text, case \
     when r.rolsuper then 'is a superuser' \
     when r.rolbypassrls then 'has the attribute bypassrls' \
     when exists (select 1 from pg_roles m where (m.rolsuper or m.rolbypassrls) \
         and pg_has_role(r.oid, m.oid, 'member')) then 'is a member of a role that bypasses row security' \
     when exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') \
         and pg_has_role(r.oid, c.relowner, 'member')) then 'owns tables' \
     when (select pg_has_role(r.oid, s.oid, 'usage') from pg_roles s where s.rolname = 'athyper_system') \
         then 'inherits the rights of athyper_system' \
     end from pg_roles r where r.rolname = session_user";

/// Checks the role that this connection is logged in as.
///
/// # Errors
/// [`RoleCheckError::TooMighty`] when it is a superuser, has or can take the attribute `bypassrls`, owns tables of the
/// platform, or has the rights of `athyper_system` without asking for them by `set role`.
pub async fn check_application_role<'c>(
    connection: impl Executor<'c, Database = Postgres>,
) -> Result<(), RoleCheckError> {
    // Not a prepared statement: a pooler might run its second half on another connection.
    let row = connection.fetch_one(sqlx::raw_sql(QUESTION)).await?;
    let (role, reason): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    reason.map_or(Ok(()), |reason| Err(RoleCheckError::TooMighty { role, reason }))
}
