//! Lists the sessions of the tenant, the latest first.

use athyper_kernel_db::{ReadTx, SystemReason};
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::view::{SessionState, SessionView};
use crate::store::generations::{self, Scope};
use crate::store::views::{self, Filter};

/// Which sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSessions {
    /// Only of this person.
    subject: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<SessionState>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List sessions
///
/// Those that have ended are shown for 30 days after they would have run out.
#[utoipa::path(
    get,
    path = "/v1/security/sessions",
    operation_id = "security.list_sessions",
    tag = "security",
    params(ListSessions, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of sessions",
            body = Page<SessionView>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "realm": "athyper", "subject": "u-1",
                "name": "Ann", "state": "live", "endReason": null, "createdAt": "2026-01-15T09:00:00Z",
                "authenticatedAt": "2026-01-15T09:00:00Z", "lastSeenAt": "2026-01-15T09:05:00Z",
                "expiresAt": "2026-01-15T17:00:00Z", "clientAddress": "192.0.2.1", "userAgent": "Firefox", "isOwn": false,
                "version": 3}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_sessions(
    State(deps): State<Deps>,
    mut read: Read<ListSessions>,
) -> Result<Reply, ProblemResponse> {
    let own = read.caller().session();
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query, own).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &ListSessions,
    own: Option<Uuid>,
) -> Result<Page<SessionView>, Error> {
    let sort = format!("sessions id desc, {:?} {:?}", query.subject, query.state);
    page(tx, deps, query.subject.as_deref(), query.state, &query.page, &sort, own).await
}

/// A page of sessions; `own` is the one of this request.
pub(crate) async fn page(
    tx: &mut ReadTx,
    deps: &Deps,
    subject: Option<&str>,
    state: Option<SessionState>,
    page: &PageRequest,
    sort: &str,
    own: Option<Uuid>,
) -> Result<Page<SessionView>, Error> {
    let after: Option<Uuid> = page.keys(sort)?;
    let realm_key = tx.context().realm_key().to_owned();
    let mut crossing = deps.database.system_tx(SystemReason::KeepSessions).await?;
    let now = crossing.now();
    let tenant = tx.context().tenant_id();
    let realm = generations::find(&mut crossing, tenant, Scope::Realm(&realm_key)).await?;
    crossing.commit().await?;
    let is_live = state.map(|state| state == SessionState::Live);
    let filter = Filter { subject, is_live, realm: (&realm_key, realm), now };
    let rows = views::list(tx, filter, after, page.fetch_limit()).await?;
    let rows = rows.into_iter().map(|row| SessionView { is_own: own == Some(row.id), ..row }).collect();
    Ok(Page::from_rows(rows, page, sort, |row: &SessionView| row.id)?)
}
