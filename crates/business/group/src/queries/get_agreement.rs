//! What legal entities say that they owe each other.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_ledger::{AccountBalance, Day, tenant_defaults};
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, problem};
use crate::model::agreement::{Agreement, agreements};
use crate::model::relation::Relation;
use crate::store::relations;

/// Of when and whom.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetAgreement {
    /// The day at whose end; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Day>,
    /// Only pairs that this legal entity is one of, by its code; none where there is no such entity.
    entity: Option<String>,
}

/// What pairs of legal entities say of each other.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::AgreementReport)]
pub(crate) struct AgreementReport {
    /// The day.
    as_of: NaiveDate,
    /// Whether all pairs agree.
    agrees: bool,
    /// Each pair and currency in which one of the two says something.
    pairs: Vec<Agreement>,
}

/// Get what legal entities say of each other
///
/// For each pair with a relation and each currency: what the one says that the other owes it, what the other says that it owes, and the
/// difference. It is what is posted on the accounts of the relation, by an entry between both or in the books of one alone.
#[utoipa::path(
    get,
    path = "/v1/group/reports/agreement",
    operation_id = "group.get_agreement",
    tag = "group",
    params(GetAgreement),
    responses(
        (
            status = 200,
            description = "What they say",
            body = AgreementReport,
            example = json!({"asOf": "2025-03-31", "agrees": false, "pairs": [{"entity": "alpha", "partner": "beta", "currency": "EUR",
                "dueFromPartner": "500.00", "dueToEntity": "450.00", "difference": "50.00"}]})
        ),
        ReadProblems
    )
)]
pub(crate) async fn get_agreement(
    State(deps): State<Deps>,
    Report(mut read): Report<GetAgreement>,
) -> Result<Reply, ProblemResponse> {
    let today = tenant_defaults::today(read.tx.context(), &deps.clock);
    let as_of = read.query.as_of.map_or(today, Day::date);
    let entities: Vec<String> = read.query.entity.iter().cloned().collect();
    let relations = relations::of_entities(&mut read.tx, &entities).await?;
    let pairs = execute(&mut read.tx, &deps, &relations, as_of).await.map_err(problem)?;
    let agrees = pairs.iter().all(|pair| pair.difference.is_zero());
    Ok(Reply::ok(&AgreementReport { as_of, agrees, pairs })?)
}

/// What pairs say at the end of a day. Relations of one pair that follow each other say it together.
pub(crate) async fn execute(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    relations: &[Relation],
    as_of: NaiveDate,
) -> Result<Vec<Agreement>, Error> {
    let codes: BTreeSet<&str> = relations
        .iter()
        .flat_map(|relation| [relation.a.entity.as_str(), relation.b.entity.as_str()])
        .collect();
    let mut books: BTreeMap<&str, Vec<AccountBalance>> = BTreeMap::new();
    for code in codes {
        let entity = deps.ledger.entity(tx, Some(code)).await?;
        books.insert(code, deps.ledger.balances(tx, &entity, as_of).await?);
    }
    let none = Vec::new();
    let of = |code: &str| books.get(code).unwrap_or(&none);
    Ok(agreements(relations, of))
}
