//! A session as those see it who administer it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a session lets requests in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = security::SessionState)]
pub(crate) enum SessionState {
    /// It does.
    Live,
    /// It was ended, revoked with others, or has run out.
    Ended,
}

/// A browser session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = security::Session)]
pub(crate) struct SessionView {
    /// Id, the same for as long as the session lives. It is no credential.
    pub(crate) id: Uuid,
    /// Realm that the person signed in to.
    pub(crate) realm: String,
    /// The person, by the subject of the issuer.
    pub(crate) subject: String,
    /// The person's name at sign-in.
    pub(crate) name: Option<String>,
    /// Whether it lets requests in.
    pub(crate) state: SessionState,
    /// Why it was ended, where it was ended by itself.
    pub(crate) end_reason: Option<String>,
    /// When it began (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When the person signed in at the issuer (UTC).
    pub(crate) authenticated_at: DateTime<Utc>,
    /// When a request last came, to the minute (UTC).
    pub(crate) last_seen_at: DateTime<Utc>,
    /// When it ends in any case (UTC).
    pub(crate) expires_at: DateTime<Utc>,
    /// Address that the sign-in came from.
    pub(crate) client_address: Option<String>,
    /// Browser that the sign-in came from, as it calls itself.
    pub(crate) user_agent: Option<String>,
    /// Whether it is the session of this request.
    pub(crate) is_own: bool,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}
