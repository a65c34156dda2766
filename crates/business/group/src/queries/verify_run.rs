//! Holds a consolidation against what it was worked out from, and against the books of this moment.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::RUN;
use crate::error::{Error, problem};
use crate::gathering::balances;
use crate::model::run::{Kept, RunId, RunMark, calculate, digest};
use crate::store::runs;

/// Most changes that are shown.
const MOST: usize = 1_000;

/// An account of a member that says something else by now, in the member's currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::ChangedBalance)]
pub(crate) struct Changed {
    /// Code of the member.
    pub(crate) entity: String,
    /// Code of the account.
    pub(crate) account: String,
    /// What was consolidated, debit positive.
    #[schema(value_type = String, example = "1000.00")]
    kept: Decimal,
    /// What the ledger says now.
    #[schema(value_type = String, example = "1200.00")]
    present: Decimal,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::RunVerification)]
pub(crate) struct RunVerification {
    /// Id of the consolidation.
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// Whether what is kept has the digest of when it was made.
    is_intact: bool,
    /// Whether the same comes out again of what went in.
    is_reproduced: bool,
    /// Whether the ledgers of the members say the same now.
    agrees: bool,
    /// In how many places they do not.
    count: usize,
    /// Where, the first 1,000.
    changed: Vec<Changed>,
}

/// Verify a consolidation
///
/// Whether it is what it was when it was made, whether it comes out again of what went in, and where the ledgers of the members say
/// something else by now.
#[utoipa::path(
    get,
    path = "/v1/group/runs/{id}/verification",
    operation_id = "group.verify_run",
    tag = "group",
    params(("id" = String, Path, description = "Id of the consolidation", format = Uuid)),
    responses(
        (
            status = 200,
            description = "What was found",
            body = RunVerification,
            example = json!({"run": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "isIntact": true, "isReproduced": true, "agrees": false,
                "count": 1, "changed": [{"entity": "beta", "account": "1000 Bank", "kept": "1000.00", "present": "1200.00"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn verify_run(
    State(deps): State<Deps>,
    PathId(id): PathId<RunMark>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (RUN, id.uuid()), Error::RunNotFound).await?;
    let run = runs::find(&mut read.tx, id).await?.ok_or(Error::RunNotFound)?;
    let mut changed = changed(&mut read.tx, &deps, &run).await.map_err(problem)?;
    let count = changed.len();
    changed.truncate(MOST);
    let present = digest(&run.inputs, &run.outcome).map_err(|error| DbError::Corrupt(error.to_string()))?;
    let found = RunVerification {
        run: id,
        is_intact: present == run.digest,
        is_reproduced: calculate(&run.inputs).is_ok_and(|outcome| outcome == run.outcome),
        agrees: count == 0,
        count,
        changed,
    };
    // The books change without the consolidation: what was found is never "not modified".
    Ok(Reply::ok(&found)?.version(run.version))
}

/// Accounts of members that say something else by now.
pub(crate) async fn changed(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    run: &Kept,
) -> Result<Vec<Changed>, Error> {
    let mut changed = Vec::new();
    for books in &run.inputs.books {
        let entity = deps.ledger.entity(tx, Some(&books.entity)).await?;
        let now = balances(tx, deps, &entity, (books.from, run.inputs.date)).await?;
        let sums = |balances: &[crate::model::translation::Balance]| -> BTreeMap<String, Decimal> {
            balances.iter().map(|balance| (balance.account.clone(), balance.amount)).collect()
        };
        let (kept, present) = (sums(&books.balances), sums(&now));
        let codes: BTreeSet<&String> = kept.keys().chain(present.keys()).collect();
        for code in codes {
            let of = |sums: &BTreeMap<String, Decimal>| sums.get(code).copied().unwrap_or_default();
            if of(&kept) != of(&present) {
                changed.push(Changed {
                    entity: books.entity.clone(),
                    account: code.clone(),
                    kept: of(&kept),
                    present: of(&present),
                });
            }
        }
    }
    Ok(changed)
}
