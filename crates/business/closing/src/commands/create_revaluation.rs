//! Brings what is in other currencies to the rates of a day, and undoes that on the next.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountRef, Adjustment, AdjustmentLine, Book, Entity, Source};
use athyper_kernel_types::{Currency, Id};
use axum::extract::State;
use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::{line, problem};
use crate::entities::REVALUATION;
use crate::error::Error;
use crate::model::revaluation::{Line, RevaluationId, currencies, revalue};
use crate::store::revaluations;

/// The part of the account that takes unrealised differences; the fact `side` is `gain` or `loss`.
const EXCHANGE_UNREALISED: &str = "exchange_unrealised";

/// Which day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::CreateRevaluation)]
pub(crate) struct CreateRevaluation {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(max_length = 32, example = "main")]
    entity: Option<String>,
    /// The day at whose end it is worth what it is worth.
    #[schema(format = Date)]
    date: NaiveDate,
}

/// A revaluation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::Revaluation)]
pub(crate) struct RevaluationBody {
    /// Id.
    #[schema(value_type = Uuid)]
    pub(crate) id: RevaluationId,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// The day.
    pub(crate) date: NaiveDate,
    /// The day on which it is undone.
    pub(crate) reverses_on: NaiveDate,
    /// Units of base currency for one of each currency.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) rates: BTreeMap<Currency, Decimal>,
    /// The sum of the differences in base currency: above zero for a gain.
    #[schema(value_type = String, example = "-120.50")]
    pub(crate) difference: Decimal,
    /// The base currency.
    pub(crate) currency: Currency,
    /// Id of the journal; none where nothing differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<Uuid>,
    /// Id of the journal that undoes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<Uuid>,
    /// When it was undone before its time (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undone_at: Option<DateTime<Utc>>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// What was revalued.
    pub(crate) lines: Vec<Line>,
}

/// Revalue
///
/// Money in bank and cash accounts and each open item in a foreign currency is brought to the rate of the day, in base currency
/// alone, against unrealised differences of exchange. On the next day that is undone, so that items go on being carried at
/// what they were made with. A day is revalued once, unless its revaluation is undone.
#[utoipa::path(
    post,
    path = "/v1/closing/revaluations",
    operation_id = "closing.create_revaluation",
    tag = "closing",
    request_body(content = CreateRevaluation, example = json!({"date": "2025-03-31"})),
    responses((status = 201, description = "The revaluation", body = RevaluationBody), CreateProblems)
)]
pub(crate) async fn create_revaluation(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateRevaluation>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let location = format!("/v1/records/{REVALUATION}/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &CreateRevaluation,
    into_soft_closed: bool,
) -> Result<Done<RevaluationBody>, Error> {
    let entity = deps.ledger.entity(tx, input.entity.as_deref()).await?;
    let reverses_on = input.date.checked_add_days(Days::new(1)).ok_or(Error::DayUnknown)?;
    let balances = deps.ledger.balances(tx, &entity, input.date).await?;
    let items = deps.ledger.open_on(tx, &entity, input.date).await?;
    let mut rates = BTreeMap::new();
    for currency in currencies(&balances, &items, entity.base_currency) {
        rates.insert(currency, deps.ledger.rate(tx, &entity, currency, input.date).await?);
    }
    let lines = revalue(&balances, &items, entity.base_currency, &rates)
        .map_err(|currency| Error::TooLarge { currency: currency.code() })?;

    let id: RevaluationId = Id::new(tx.clock());
    let mut body = RevaluationBody {
        id,
        entity: entity.code.clone(),
        date: input.date,
        reverses_on,
        rates,
        difference: lines.iter().map(Line::difference).sum(),
        currency: entity.base_currency,
        journal: None,
        reversal: None,
        undone_at: None,
        version: 1,
        lines,
    };
    let adjustment = adjustment(&entity, &body, into_soft_closed);
    if !adjustment.lines.is_empty() {
        body.journal = Some(deps.ledger.adjust(tx, &adjustment).await?.journal);
        body.reversal = Some(deps.ledger.adjust(tx, &undone(&adjustment, id, reverses_on)).await?.journal);
    }
    if !revaluations::insert(tx, &body).await? {
        return Err(Error::RevaluedAlready { entity: entity.code, date: input.date });
    }

    let event = AuditEvent::info("closing.create_revaluation")
        .about(REVALUATION, id)
        .with("entity", body.entity.as_str())
        .with("date", body.date.to_string())
        .with("rates", json!(body.rates))
        .with("difference", body.difference.to_string())
        .with("lines", body.lines.len());
    Ok(Done::new(body, event))
}

/// What is posted: each difference on its account, and the sums of gains and of losses against it.
fn adjustment(entity: &Entity, body: &RevaluationBody, into_soft_closed: bool) -> Adjustment {
    let differing = body.lines.iter().filter(|line| !line.difference().is_zero());
    let mut lines: Vec<AdjustmentLine> = differing
        .clone()
        .map(|revalued| AdjustmentLine {
            party: revalued.party,
            memo: revalued.reference.clone(),
            ..line(AccountRef::Code(revalued.account.clone()), revalued.currency, revalued.difference())
        })
        .collect();
    let mut sums: BTreeMap<(Currency, &str), Decimal> = BTreeMap::new();
    for revalued in differing {
        let side = if revalued.difference() > Decimal::ZERO { "gain" } else { "loss" };
        *sums.entry((revalued.currency, side)).or_default() += revalued.difference();
    }
    lines.extend(sums.into_iter().map(|((currency, side), sum)| {
        line(AccountRef::role(EXCHANGE_UNREALISED).with("side", side), currency, -sum)
    }));
    Adjustment {
        entity: entity.code.clone(),
        book: Book::Exchange,
        date: body.date,
        source: Source::new(REVALUATION, body.id.uuid(), "post"),
        narration: Some(format!("Revaluation of {}", body.date)),
        lines,
        into_soft_closed,
    }
}

/// The adjustment that undoes another.
fn undone(adjustment: &Adjustment, id: RevaluationId, date: NaiveDate) -> Adjustment {
    let lines = adjustment.lines.iter().map(|line| AdjustmentLine { base: -line.base, ..line.clone() });
    Adjustment {
        date,
        source: Source::new(REVALUATION, id.uuid(), "undo"),
        narration: Some(format!("Revaluation of {} undone", adjustment.date)),
        lines: lines.collect(),
        ..adjustment.clone()
    }
}
