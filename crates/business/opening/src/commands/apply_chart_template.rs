//! Adds what the tenant's chart of accounts lacks of a template.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use athyper_kernel_ledger::RoleRule;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::problem;
use crate::error::Error;
use crate::model::chart_plan::{Difference, plan};
use crate::model::chart_template::ChartTemplate;

/// How it is applied.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = opening::ApplyChartTemplate)]
pub(crate) struct ApplyChartTemplate {
    /// Code of the legal entity that the rules hold in; in all where it is left out. Accounts are the tenant's.
    #[schema(max_length = 32, example = "main")]
    entity: Option<String>,
    /// Whether it is only said what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// What applying a template did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::AppliedChartTemplate)]
pub(crate) struct AppliedChartTemplate {
    /// Key of the template.
    #[schema(example = "small_trading_company")]
    template: String,
    /// Code of the legal entity that the rules hold in; in all where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// Whether nothing was done.
    dry_run: bool,
    /// Codes of the accounts that were added.
    added_accounts: Vec<String>,
    /// The rules that were added.
    added_rules: Vec<AddedRule>,
    /// How many accounts were there as the template has them.
    unchanged_accounts: usize,
    /// How many rules were there as the template has them.
    unchanged_rules: usize,
    /// What was there and differs; it stays as it is.
    differences: Vec<Difference>,
}

/// A rule that was added.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::AddedRule)]
pub(crate) struct AddedRule {
    /// The part.
    #[schema(example = "receivable")]
    role: String,
    /// What has to be known of a line.
    facts: std::collections::BTreeMap<String, String>,
    /// Code of the account that plays it.
    #[schema(example = "1200")]
    account: String,
}

/// Apply a chart template
///
/// Adds the accounts that are missing, and the rules by which they play their parts. What is there stays as it is: where it differs
/// from the template, that is reported, and an account that is there as something else plays no part. Applying a template again adds
/// nothing. With `dryRun` nothing is done, and the answer says what would be.
#[utoipa::path(
    post,
    path = "/v1/opening/chart-templates/{key}/apply",
    operation_id = "opening.apply_chart_template",
    tag = "opening",
    params(("key" = String, Path, description = "Key of the template")),
    request_body(content = ApplyChartTemplate, example = json!({"dryRun": true})),
    responses(
        (
            status = 200,
            description = "What was done, or would be",
            body = AppliedChartTemplate,
            example = json!({"template": "small_trading_company", "dryRun": true, "addedAccounts": ["1200"],
                "addedRules": [{"role": "receivable", "facts": {}, "account": "1200"}], "unchangedAccounts": 0, "unchangedRules": 0,
                "differences": [{"account": "6100", "field": "name", "here": "Premises", "template": "Rent"}]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn apply_chart_template(
    State(deps): State<Deps>,
    PathName(key): PathName,
    mut cmd: Command<Json<ApplyChartTemplate>>,
) -> Result<Reply, ProblemResponse> {
    let template = ChartTemplate::find(&key)?;
    let done = execute(&mut cmd.tx, &deps, &template, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    template: &ChartTemplate,
    input: &ApplyChartTemplate,
) -> Result<Done<AppliedChartTemplate>, Error> {
    let entity = match &input.entity {
        Some(code) => Some(deps.ledger.entity(tx, Some(code)).await?.code),
        None => None,
    };
    if !input.dry_run {
        // From here on nobody else changes the chart.
        deps.set_up.add_accounts(tx, &[]).await?;
    }
    let (accounts, rules) = (deps.set_up.accounts(tx).await?, deps.set_up.rules(tx).await?);
    let plan = plan(template, entity.as_deref(), &accounts, &rules);

    if !input.dry_run {
        deps.set_up.add_accounts(tx, &plan.accounts).await?;
        for rule in &plan.rules {
            // One that somebody else has added meanwhile is theirs.
            deps.set_up.add_rule(tx, rule).await?;
        }
    }

    let added_accounts: Vec<String> =
        plan.accounts.iter().map(|account| account.code.as_str().to_owned()).collect();
    let event = AuditEvent::info("opening.apply_chart_template")
        .with("template", template.key.as_str())
        .with("entity", json!(entity))
        .with("dryRun", input.dry_run)
        .with("addedAccounts", added_accounts.clone())
        .with("addedRules", plan.rules.len())
        .with("differences", plan.differences.len());
    let added = |rule: RoleRule| AddedRule { role: rule.role, facts: rule.facts, account: rule.account };
    let applied = AppliedChartTemplate {
        template: template.key.clone(),
        entity,
        dry_run: input.dry_run,
        added_accounts,
        added_rules: plan.rules.into_iter().map(added).collect(),
        unchanged_accounts: plan.unchanged_accounts,
        unchanged_rules: plan.unchanged_rules,
        differences: plan.differences,
    };
    Ok(Done::new(applied, event))
}
