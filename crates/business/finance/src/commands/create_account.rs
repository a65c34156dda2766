//! Adds an account to the chart.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Currency, Name};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::account::{Account, AccountCode, AccountType, AccountUse};
use crate::model::chart::{Chart, ChartError, Wanted};
use crate::model::text::RuleName;
use crate::store::accounts;
use athyper_kernel_ledger::Day;

/// An account to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::CreateAccount)]
pub(crate) struct CreateAccount {
    /// Its path in the tree: at most 12 segments, separated by colons.
    #[schema(value_type = String, max_length = 255)]
    code: AccountCode,
    /// Name for people; the last segment of the code where it has none.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Name>,
    /// What it counts as.
    #[serde(rename = "type")]
    kind: AccountType,
    /// Whether journals may name it; a group takes none.
    #[serde(default = "is_postable_by_default")]
    postable: bool,
    /// What it is used for.
    #[serde(default, rename = "use")]
    usage: AccountUse,
    /// The currency that its lines are in; any where it is left out.
    currency: Option<Currency>,
    /// Keys of the dimensions that its lines must name a value of.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 16)]
    required_dimensions: Vec<RuleName>,
    /// Since when it exists in the books.
    #[schema(value_type = Option<String>, format = Date)]
    opened_on: Option<Day>,
}

/// Add an account
///
/// The accounts above it that do not exist yet are added as groups of the same type.
#[utoipa::path(
    post,
    path = "/v1/finance/accounts",
    operation_id = "finance.create_account",
    tag = "finance",
    request_body(content = CreateAccount, example = json!({"code": "Assets:US:BofA:Checking", "type": "asset"})),
    responses((status = 201, description = "The account", body = Account), CreateProblems)
)]
pub(crate) async fn create_account(mut cmd: Command<Json<CreateAccount>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/finance/accounts/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateAccount) -> Result<Done<Account>, Error> {
    accounts::lock_chart(tx).await?;
    let above = input.code.ancestors();
    let codes: Vec<&AccountCode> = above.iter().chain([&input.code]).collect();
    let mut chart = Chart::new(&accounts::hold_by_codes(tx, &codes).await?);
    let wanted = Wanted {
        code: input.code.clone(),
        name: input.name.as_ref().map(|name| name.as_str().to_owned()),
        kind: input.kind,
        postable: input.postable,
        usage: input.usage,
        currency: input.currency,
        required_dimensions: input.required_dimensions.iter().map(|key| key.as_str().to_owned()).collect(),
        opened_on: input.opened_on.map(Day::date),
    };
    let added = chart.add(wanted, tx.clock()).map_err(|error| refusal(error, &input.code))?;

    accounts::insert(tx, &added).await?;

    // The account itself is the last of what was added.
    let (groups, account) = added.split_at(added.len().saturating_sub(1));
    let account = account.first().cloned().ok_or(Error::AccountNotFound)?;
    let groups: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
    let event = AuditEvent::info("finance.create_account")
        .about("finance.account", account.id)
        .with("code", account.code.as_str())
        .with("type", account.kind.as_str())
        .with("addedGroups", groups);
    Ok(Done::new(account, event))
}

fn refusal(error: ChartError, code: &AccountCode) -> Error {
    match error {
        ChartError::Taken { .. } => Error::AccountCodeTaken { code: code.clone() },
        ChartError::TypeDiffers { parent, kind } => Error::AccountTypeDiffers { parent, kind },
    }
}

fn is_postable_by_default() -> bool {
    true
}
