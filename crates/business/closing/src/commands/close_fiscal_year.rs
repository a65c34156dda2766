//! Closes a fiscal year: its result goes to retained earnings.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountRef, Adjustment, AdjustmentLine, Book, Source};
use athyper_kernel_types::Id;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::{line, problem};
use crate::entities::FISCAL_YEAR;
use crate::error::Error;
use crate::model::year::{FiscalYear, FiscalYearId, closing_amounts};
use crate::store::years;

/// The part of the account that takes the results of years.
const RETAINED_EARNINGS: &str = "retained_earnings";

/// Which year.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::CloseFiscalYear)]
pub(crate) struct CloseFiscalYear {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(max_length = 32, example = "main")]
    entity: Option<String>,
    /// Its last day.
    #[schema(format = Date)]
    last_day: NaiveDate,
}

/// Close a fiscal year
///
/// All accounts of income and expense are brought to zero in base currency by a journal of the last day, and their sum goes to
/// retained earnings. The next year opens with no result and the same balance sheet. What they were posted with in other
/// currencies stays.
#[utoipa::path(
    post,
    path = "/v1/closing/fiscal-years",
    operation_id = "closing.close_fiscal_year",
    tag = "closing",
    request_body(content = CloseFiscalYear, example = json!({"lastDay": "2025-12-31"})),
    responses((status = 201, description = "The closed year", body = FiscalYear), CreateProblems)
)]
pub(crate) async fn close_fiscal_year(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CloseFiscalYear>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let location = format!("/v1/records/{FISCAL_YEAR}/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &CloseFiscalYear,
    into_soft_closed: bool,
) -> Result<Done<FiscalYear>, Error> {
    let entity = deps.ledger.entity(tx, input.entity.as_deref()).await?;
    let (first_day, last_day) = entity.fiscal_year(input.last_day).ok_or(Error::DayUnknown)?;
    if last_day != input.last_day {
        return Err(Error::NotLastDay { entity: entity.code, date: input.last_day, last_day });
    }
    let balances = deps.ledger.balances(tx, &entity, last_day).await?;
    let mut lines: Vec<AdjustmentLine> = closing_amounts(&balances)
        .into_iter()
        .map(|(account, currency, base)| line(AccountRef::Code(account.to_owned()), currency, base))
        .collect();
    let result: Decimal = lines.iter().map(|line| line.base).sum();
    if !result.is_zero() {
        lines.push(line(AccountRef::role(RETAINED_EARNINGS), entity.base_currency, -result));
    }

    let id: FiscalYearId = Id::new(tx.clock());
    let mut year = FiscalYear {
        id,
        entity: entity.code.clone(),
        first_day,
        last_day,
        result,
        currency: entity.base_currency,
        state: "closed".to_owned(),
        journal: None,
        version: 1,
    };
    if !lines.is_empty() {
        let adjustment = Adjustment {
            entity: entity.code,
            book: Book::Closing,
            date: last_day,
            source: Source::new(FISCAL_YEAR, id.uuid(), "close"),
            narration: Some(format!("Close of the fiscal year to {last_day}")),
            lines,
            into_soft_closed,
        };
        year.journal = Some(deps.ledger.adjust(tx, &adjustment).await?.journal);
    }
    if !years::insert(tx, &year).await? {
        return Err(Error::YearClosed);
    }

    let event = AuditEvent::info("closing.close_fiscal_year")
        .about(FISCAL_YEAR, id)
        .with("entity", year.entity.as_str())
        .with("lastDay", last_day.to_string())
        .with("result", result.to_string());
    Ok(Done::new(year, event))
}
