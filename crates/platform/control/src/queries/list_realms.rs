//! The realms of the configuration, with the number of their tenants.

use athyper_kernel_db::{ReadTx, TenantStatus};
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::store::tenants;

/// Order of the list.
const SORT: &str = "realms key";

/// A realm: the users of one token issuer and the tenants that they may enter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = control::Realm)]
pub(crate) struct Realm {
    /// Key.
    key: String,
    /// The issuer, as tokens name it; none where the built-in issuer signs.
    issuer_url: Option<String>,
    /// Whether operators are in it.
    is_of_operators: bool,
    /// Active tenants.
    active_tenants: i64,
    /// Suspended tenants.
    suspended_tenants: i64,
}

/// List realms
///
/// Realms are made in the configuration.
#[utoipa::path(
    get,
    path = "/v1/control/realms",
    operation_id = "control.list_realms",
    tag = "control",
    params(PageRequest),
    responses(
        (
            status = 200,
            description = "A page of realms",
            body = Page<Realm>,
            example = json!({"items": [{"key": "athyper", "issuerUrl": "https://id.example.com/realms/athyper",
                "isOfOperators": false, "activeTenants": 2, "suspendedTenants": 0}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_realms(
    State(deps): State<Deps>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, deps: &Deps, page: &PageRequest) -> Result<Page<Realm>, Error> {
    let after: Option<String> = page.keys(SORT)?;
    let counts = tenants::counts(tx).await?;
    let count = |realm: &str, status: TenantStatus| {
        let found = counts.iter().find(|(key, word, _)| key == realm && word == status.as_str());
        found.map_or(0, |(_, _, count)| *count)
    };
    let iam = &deps.config.iam;
    let rows = iam
        .realms
        .iter()
        .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))
        .take(usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX))
        .map(|(key, realm)| Realm {
            key: key.clone(),
            issuer_url: realm.iam.issuer_url.clone(),
            is_of_operators: iam.platform_realm_key.as_deref() == Some(key),
            active_tenants: count(key, TenantStatus::Active),
            suspended_tenants: count(key, TenantStatus::Suspended),
        });
    Ok(Page::from_rows(rows.collect(), page, SORT, |realm| realm.key.clone())?)
}
