//! Sessions as those see them who administer them: no secret among the columns.

use athyper_kernel_db::{TenantConnection, TenantTx};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;
use crate::model::view::{SessionState, SessionView};

/// Which sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter<'r> {
    /// Only of this person.
    pub(crate) subject: Option<&'r str>,
    /// Only those that let requests in now, or only those that do not.
    pub(crate) is_live: Option<bool>,
    /// What the generation of the realm is now, by its key; the row of another realm has its own.
    pub(crate) realm: (&'r str, i64),
    pub(crate) now: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    realm_key: String,
    subject: String,
    name: Option<String>,
    created_at: DateTime<Utc>,
    authenticated_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    client_address: Option<String>,
    user_agent: Option<String>,
    end_reason: Option<String>,
    is_live: bool,
    version: i64,
}

impl Row {
    fn view(self) -> SessionView {
        let state = if self.is_live { SessionState::Live } else { SessionState::Ended };
        SessionView {
            id: self.id,
            realm: self.realm_key,
            subject: self.subject,
            name: self.name,
            state,
            end_reason: self.end_reason,
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            last_seen_at: self.last_seen_at,
            expires_at: self.expires_at,
            client_address: self.client_address,
            user_agent: self.user_agent,
            is_own: false,
            version: self.version,
        }
    }
}

/// Sessions of the tenant, the latest first, after this id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    filter: Filter<'_>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<SessionView>, Error> {
    let tenant = tx.tenant_id();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, realm_key, subject, name, created_at, authenticated_at, last_seen_at, expires_at, client_address, \
         user_agent, end_reason, is_live, version from ( \
             select s.id, s.realm_key, s.subject, coalesce(s.claims ->> 'name', s.claims ->> 'preferred_username') as name, \
             s.created_at, s.authenticated_at, s.last_seen_at, s.expires_at, s.client_address, s.user_agent, s.end_reason, \
             s.version, s.ended_at is null and s.expires_at > $6 \
               and s.last_seen_at + make_interval(secs => s.idle_seconds) > $6 \
               and (s.realm_key <> $4 or s.realm_generation = $5) \
               and s.tenant_generation = coalesce((select t.value from security.generation t \
                 where t.tenant_id = $1 and t.scope = 'tenant' and t.name = ''), 0) \
               and s.subject_generation = coalesce((select p.value from security.generation p \
                 where p.tenant_id = $1 and p.scope = 'subject' and p.name = s.subject), 0) \
               and (s.provider_id is null or s.provider_generation = coalesce((select v.value from security.generation v \
                 where v.tenant_id = $1 and v.scope = 'provider' and v.name = s.provider_id::text), 0)) as is_live \
             from security.session s where s.tenant_id = $1 and ($2::text is null or s.subject = $2) \
               and ($3::uuid is null or s.id < $3)) as shown \
         where $7::boolean is null or is_live = $7 order by id desc limit $8",
    )
    .bind(tenant.uuid())
    .bind(filter.subject)
    .bind(after)
    .bind(filter.realm.0)
    .bind(filter.realm.1)
    .bind(filter.now)
    .bind(filter.is_live)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::view).collect())
}

/// Whose a session is and whether it has been ended; none when the tenant has no such session.
pub(crate) async fn owner(tx: &mut TenantTx, id: Uuid) -> Result<Option<(String, bool, i64)>, Error> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_as(
        "select subject, ended_at is not null, version from security.session where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant.uuid())
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}
