//! Which account plays a part, and why.

use std::collections::BTreeMap;

use athyper_kernel_db::ReadTx;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_ledger::AccountRef;
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::determination::{by_rules, rules_for};
use crate::error::Error;
use crate::model::account_rule::{AccountRule, RuleBody};
use crate::store::account_rules;
use crate::whose_books;

/// Which part is asked about.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DetermineAccount {
    /// The part.
    #[param(example = "output_tax", max_length = 64)]
    role: String,
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    entity: Option<String>,
    /// What is known of the line: `name:value`, several separated by commas.
    #[param(example = "taxCode:S20")]
    facts: Option<String>,
}

/// The account that plays a part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = finance::DeterminedAccount)]
pub(crate) struct DeterminedAccount {
    /// Code of the account.
    #[schema(example = "2200 Output tax")]
    account: String,
    /// The rule that decides.
    rule: RuleBody,
    /// The other rules for the part that hold in these books, and why they do not decide.
    others: Vec<OtherRule>,
}

/// A rule that does not decide.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = finance::OtherAccountRule)]
pub(crate) struct OtherRule {
    /// The rule.
    rule: RuleBody,
    /// Why it does not decide.
    #[schema(example = "it asks for taxCode S10")]
    reason: String,
}

/// Determine an account
///
/// Says which account plays a part for a line of which these facts are known, by which rule, and why the others do not decide.
#[utoipa::path(
    get,
    path = "/v1/finance/account-rules/determine",
    operation_id = "finance.determine_account",
    tag = "finance",
    params(DetermineAccount),
    responses(
        (
            status = 200,
            description = "The account",
            body = DeterminedAccount,
            example = json!({"account": "2200 Output tax", "rule": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "role": "output_tax", "facts": {}, "account": "2200 Output tax", "version": 1}, "others": []})
        ),
        (status = 404, description = "No such legal entity", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "No rule holds, or two that ask for as much", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn determine_account(
    Report(mut read): Report<DetermineAccount>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &DetermineAccount) -> Result<DeterminedAccount, Error> {
    let entity = whose_books::find(tx, query.entity.as_deref()).await?;
    let facts = read_facts(query.facts.as_deref().unwrap_or_default())?;
    let asked = AccountRef::Role { role: query.role.clone(), facts: facts.clone() };
    let rules = rules_for(tx, &entity, [&asked]).await?;
    let decides = by_rules(&rules, &asked)?.ok_or(Error::RuleNotFound)?.rule;
    let mut others = Vec::new();
    let mut rule = None;
    for known in &rules {
        let body = account_rules::find(tx, Id::from_uuid(known.id)).await?.ok_or(Error::RuleNotFound)?;
        if known.id == decides {
            rule = Some(body);
        } else {
            others.push(OtherRule { rule: body, reason: reason(known, &facts) });
        }
    }
    let rule = rule.ok_or(Error::RuleNotFound)?;
    Ok(DeterminedAccount { account: rule.account.clone(), rule, others })
}

/// Why a rule does not decide.
fn reason(rule: &AccountRule, facts: &BTreeMap<String, String>) -> String {
    match rule.facts.iter().find(|(name, value)| facts.get(*name) != Some(value)) {
        Some((name, value)) => format!("it asks for {name} {value}"),
        None => "another one asks for more".to_owned(),
    }
}

/// Reads `name:value,name:value`.
fn read_facts(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let fault = |part: &str| {
        let message = format!("write facts as name:value, separated by commas, not {part:?}");
        Error::InvalidLines(vec![FieldError::new("?facts", "invalid_facts", message)])
    };
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once(':').ok_or_else(|| fault(part))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}
