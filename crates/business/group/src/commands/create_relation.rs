//! Enters a relation between two legal entities.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountType, Day};
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::RELATION;
use crate::error::{Blamed, Error, problem};
use crate::model::relation::{Relation, Side};
use crate::store::{relations, take_turn};

/// A relation as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewRelation)]
pub(crate) struct NewRelation {
    /// One of the two.
    a: Side,
    /// The other.
    b: Side,
    /// First day on which entries may be posted.
    #[schema(value_type = String, format = Date)]
    valid_from: Day,
    /// Last day of them; open where it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Day>,
}

/// Enter a relation
///
/// Between two legal entities: on which accounts each keeps what the other owes it and what it owes, and what it earns from and spends
/// on the other. Each account is for this pair alone in the books of its legal entity, and is no control account. A pair has one
/// relation at a time.
#[utoipa::path(
    post,
    path = "/v1/group/relations",
    operation_id = "group.create_relation",
    tag = "group",
    request_body(
        content = NewRelation,
        example = json!({"a": {"entity": "alpha", "dueFrom": "1400 Due from Beta", "dueTo": "2400 Due to Beta", "income": "4400 Sales to Beta"},
            "b": {"entity": "beta", "dueFrom": "1410 Due from Alpha", "dueTo": "2410 Due to Alpha", "expense": "6400 Bought from Alpha"},
            "validFrom": "2025-01-01"})
    ),
    responses((status = 201, description = "The relation", body = Relation), CreateProblems)
)]
pub(crate) async fn create_relation(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewRelation>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/records/{RELATION}/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewRelation,
) -> Result<Done<Relation>, Error> {
    for (name, side) in [("a", &input.a), ("b", &input.b)] {
        let found = deps.ledger.entity(tx, Some(&side.entity)).await;
        found.map_err(|problem| Error::field(format!("/{name}/entity"), "unknown_entity", problem.detail))?;
    }
    if input.a.entity == input.b.entity {
        return Err(Error::field("/b/entity", "same_entity", "a legal entity has no relation to itself"));
    }
    let last = input.valid_to.map(Day::date);
    if last.is_some_and(|last| last < input.valid_from.date()) {
        return Err(Error::field("/validTo", "before_first", "the last day is before the first"));
    }
    check_accounts(tx, deps, input).await?;
    // Whoever comes first in the order of codes is `a`, so that a pair is found whoever is named first.
    let is_ordered = input.a.entity < input.b.entity;
    let (a, b) = if is_ordered { (&input.a, &input.b) } else { (&input.b, &input.a) };
    let relation = Relation {
        id: Id::new(tx.clock()),
        a: a.clone(),
        b: b.clone(),
        valid_from: input.valid_from.date(),
        valid_to: last,
        version: 1,
    };
    take_turn(tx, "relations").await?;
    let others = relations::of_entities(tx, &[a.entity.clone(), b.entity.clone()]).await?;
    if let Some((pointer, message)) = others.iter().find_map(|other| relation.clash(other)) {
        let pointer = if is_ordered { pointer } else { swapped(&pointer) };
        return Err(Error::RelationTaken(Blamed(FieldError::new(pointer, "taken", message))));
    }
    relations::insert(tx, &relation).await?;

    let event = AuditEvent::info("group.create_relation")
        .about(RELATION, relation.id)
        .with("entity", relation.a.entity.as_str())
        .with("partner", relation.b.entity.as_str())
        .with("validFrom", relation.valid_from.to_string());
    Ok(Done::new(relation, event))
}

fn swapped(pointer: &str) -> String {
    pointer.strip_prefix("/a").map_or_else(
        || pointer.strip_prefix("/b").map_or_else(|| pointer.to_owned(), |rest| format!("/a{rest}")),
        |rest| format!("/b{rest}"),
    )
}

/// Checks that each account is there, takes postings, and counts as what it is to hold.
async fn check_accounts(tx: &mut TenantTx, deps: &Deps, input: &NewRelation) -> Result<(), Error> {
    let chart = deps.chart.accounts(tx).await?;
    let mut errors = Vec::new();
    for (name, side) in [("a", &input.a), ("b", &input.b)] {
        for (field, code) in side.accounts() {
            let may_be: BTreeSet<&str> = match field {
                "income" => [AccountType::Income.as_str()].into(),
                "expense" => [AccountType::Expense.as_str()].into(),
                _ => [AccountType::Asset.as_str(), AccountType::Liability.as_str()].into(),
            };
            let fault = match chart.iter().find(|account| account.code.as_str() == code) {
                None => Some(("unknown_account", format!("there is no account {code}"))),
                Some(account) if account.refusal.is_some() => Some((
                    "account_not_usable",
                    format!("{code}: {}", account.refusal.as_deref().unwrap_or_default()),
                )),
                Some(account) if account.usage.is_control() => {
                    let message = format!(
                        "{code} is a control account, whose items are of parties: take one for other uses"
                    );
                    Some(("control_account", message))
                }
                Some(account) if !may_be.contains(account.kind.as_str()) => {
                    let allowed = may_be.into_iter().collect::<Vec<_>>().join(" or ");
                    Some((
                        "account_type",
                        format!("{code} is of type {}: take one of type {allowed}", account.kind.as_str()),
                    ))
                }
                Some(_) => None,
            };
            if let Some((rule, message)) = fault {
                errors.push(FieldError::new(format!("/{name}/{field}"), rule, message));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}
