//! Takes a file of opening balances and starts the job that posts them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, CsvFile, ProblemResponse, Reply, UrlQuery, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};
use athyper_kernel_ledger::Day;
use athyper_kernel_types::{Id, Money};
use axum::extract::State;
use serde::Deserialize;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::problem;
use crate::error::Error;
use crate::jobs::import_balances::ImportBalances;
use crate::jobs::{IMPORTS_IN_TURN, keep_file};
use crate::model::balance_file::COLUMNS;
use crate::model::csv_table::CsvTable;

/// What the balances are of.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalancesQuery {
    /// The day that they are posted on.
    #[param(value_type = String, format = Date, example = "2025-01-01")]
    date: Day,
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// What is left to the account that plays the part `opening_balance`, in base currency, above zero for a debit. Nothing where it is
    /// left out: the rows then balance among themselves.
    opening_balance: Option<String>,
    /// Whether the file is only tried, and nothing of it kept.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// Import opening balances
///
/// Columns `account`, `amount` and, if wanted, `party`, `due_on`, `reference`, `currency`, `base_amount` and `dimensions`
/// (`department=A;project=B`), in any order. Amounts are above zero for a debit. A row in another currency says what it is worth in
/// `base_amount`. A row on a control account names its party (an id), and becomes an open item of its own that later payments settle.
/// The rows balance in base currency, but for what `openingBalance` states. A file with any error changes nothing, and all of its
/// errors are named. The work is done by a job: follow the operation that is answered; its result has the id of what was posted.
#[utoipa::path(
    post,
    path = "/v1/opening/balances/import",
    operation_id = "opening.import_balances",
    tag = "opening",
    params(BalancesQuery),
    request_body(
        content = String,
        content_type = "text/csv",
        example = "account,party,due_on,reference,currency,amount,base_amount\n\
                   1000,,,,EUR,250000.00,\n\
                   1200,019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071,2025-01-31,SI-2024-000117,USD,1040.00,1000.00\n\
                   3000,,,,EUR,-251000.00,\n"
    ),
    responses((status = 202, description = "The operation to follow", body = Operation), CreateProblems)
)]
pub(crate) async fn import_balances(
    State(deps): State<Deps>,
    UrlQuery(query): UrlQuery<BalancesQuery>,
    mut cmd: Command<CsvFile>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &query, &cmd.body, into_soft_closed).await.map_err(problem)?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    query: &BalancesQuery,
    file: &CsvFile,
    into_soft_closed: bool,
) -> Result<Done<Operation>, Error> {
    CsvTable::check_start(&file.start, COLUMNS).map_err(Error::InvalidFile)?;
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let opening_balance = query.opening_balance.as_deref().unwrap_or("0");
    let opening_balance = Money::parse_amount(opening_balance, entity.base_currency)
        .map_err(|error| Error::OpeningBalance { message: error.to_string() })?;

    let (upload, sha256) = keep_file(tx, file).await?;
    let payload = ImportBalances {
        upload,
        sha256: sha256.clone(),
        id: Id::new(tx.clock()),
        entity: entity.code.clone(),
        date: query.date.date(),
        opening_balance: opening_balance.amount(),
        dry_run: query.dry_run,
        into_soft_closed,
    };
    let job = NewJob::new(&payload)?.serial_key(IMPORTS_IN_TURN);
    let operation = start_operation(tx, "opening.import_balances", job).await?;

    let event = AuditEvent::info("opening.import_balances")
        .about("platform.operation", operation.id)
        .with("entity", entity.code)
        .with("date", query.date.to_string())
        .with("openingBalance", opening_balance.amount().to_string())
        .with("dryRun", query.dry_run)
        .with("bytes", file.upload.size)
        .with("sha256", sha256);
    Ok(Done::new(operation, event))
}
