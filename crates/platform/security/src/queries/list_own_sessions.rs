//! Lists the caller's own sessions, the latest first.

use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;

use super::list_sessions;
use crate::Deps;
use crate::model::view::{SessionState, SessionView};

/// Which sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOwnSessions {
    /// Only in this state.
    #[param(inline)]
    state: Option<SessionState>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List own sessions
///
/// Wherever the caller has signed in.
#[utoipa::path(
    get,
    path = "/v1/security/own-sessions",
    operation_id = "security.list_own_sessions",
    tag = "security",
    params(ListOwnSessions, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of sessions",
            body = Page<SessionView>,
            example = json!({"items": [], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_own_sessions(
    State(deps): State<Deps>,
    mut read: Read<ListOwnSessions>,
) -> Result<Reply, ProblemResponse> {
    let (own, subject) = (read.caller().session(), read.caller().context().actor().id.clone());
    let ListOwnSessions { state, page } = &read.query;
    let sort = format!("own sessions id desc, {state:?}");
    let listed = list_sessions::page(&mut read.tx, &deps, Some(&subject), *state, page, &sort, own).await?;
    Ok(Reply::ok(&listed)?)
}
