//! Says which account plays a part.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{CodeError, RoleRule};
use athyper_kernel_types::{Id, Text};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::account::AccountCode;
use crate::model::account_rule::{RuleBody, RuleId};
use crate::model::text::RuleName;
use crate::store::account_rules::{self, NewRule};
use crate::store::accounts;
use crate::whose_books;

/// A rule to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::CreateAccountRule)]
pub(crate) struct CreateAccountRule {
    /// The part, such as `receivable`, `output_tax`, `rounding` or `exchange_realised`.
    #[schema(value_type = String, max_length = 64, example = "output_tax")]
    role: RuleName,
    /// Code of the legal entity that it holds in; in all where it is left out.
    #[schema(max_length = 32)]
    entity: Option<String>,
    /// What has to be known of a line for it to hold.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"taxCode": "S20"}))]
    facts: BTreeMap<RuleName, Text<1, 255>>,
    /// Code of the account.
    #[schema(value_type = String, example = "2200 Output tax")]
    account: AccountCode,
}

/// Add an account rule
///
/// Other parts of the platform post to parts, such as the receivables of a customer; rules say which accounts those are. Of the
/// rules that hold for a line, the one that asks for most facts decides, one for a legal entity before one for all.
#[utoipa::path(
    post,
    path = "/v1/finance/account-rules",
    operation_id = "finance.create_account_rule",
    tag = "finance",
    request_body(
        content = CreateAccountRule,
        example = json!({"role": "output_tax", "facts": {"taxCode": "S20"}, "account": "2200 Output tax"})
    ),
    responses((status = 201, description = "The rule", body = RuleBody), CreateProblems)
)]
pub(crate) async fn create_account_rule(
    mut cmd: Command<Json<CreateAccountRule>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/finance/account-rules/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateAccountRule) -> Result<Done<RuleBody>, Error> {
    let facts = input.facts.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
    let rule = RoleRule {
        role: input.role.as_str().to_owned(),
        entity: input.entity.clone(),
        facts: facts.collect(),
        account: input.account.as_str().to_owned(),
    };

    let id = add(tx, &rule).await?.ok_or(Error::RuleTaken)?;

    let rule = account_rules::find(tx, id).await?.ok_or(Error::RuleNotFound)?;
    let event = AuditEvent::info("finance.create_account_rule")
        .about("finance.account_rule", id)
        .with("rule", json!(rule));
    Ok(Done::new(rule, event))
}

/// Adds a rule, unless there is one that asks for the same. Gives its id where it was added.
pub(crate) async fn add(tx: &mut TenantTx, rule: &RoleRule) -> Result<Option<RuleId>, Error> {
    let entity = match &rule.entity {
        Some(code) => Some(whose_books::find(tx, Some(code)).await?.id),
        None => None,
    };
    let wrong = |code: &str, message: String| {
        Error::AccountsNotUsable(vec![FieldError::new("/account", code, message)])
    };
    let code: AccountCode =
        rule.account.parse().map_err(|error: CodeError| wrong("invalid_account_code", error.to_string()))?;
    let found = accounts::hold_by_codes(tx, &[&code]).await?;
    let account =
        found.first().ok_or_else(|| wrong("unknown_account", format!("there is no account {code}")))?;
    account.check_usable().map_err(|reason| wrong("account_not_usable", format!("{code}: {reason}")))?;
    let id = Id::new(tx.clock());
    let new = NewRule { id, role: &rule.role, entity, facts: &rule.facts, account: account.id };
    Ok(account_rules::insert(tx, &new).await?.then_some(id))
}
