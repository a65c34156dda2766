//! What a history is made of. Numbers choose among what there is when a round begins, so that any step makes sense in any history.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_ledger::{AccountRef, Allocation, Book, Ledger, Posting, PostingLine, Source};
use athyper_kernel_types::{Currency, Id, Money};
use athyper_test_kit::{Client, TestApp};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CURRENCIES, ENTITIES, FIRST, LENGTH, REVALUED_ON, YEAR_END};
use crate::statement_histories::Dice;

/// Something that is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A sale or purchase on credit, or a note that takes one back.
    Document(Document),
    /// The same in a currency that no rate is recorded for.
    WithoutRate(Document),
    /// Money for an open item: which, how much of it in thousandths, the rate in hundredths, the day.
    Pay { item: usize, share: i64, rate: i64, day: u64 },
    /// A reversal of a journal.
    Reverse(usize),
    /// One item settled by another, of all pairs that can: which, how much in thousandths, the day.
    Allocate { pair: usize, share: i64, day: u64 },
    /// An allocation is undone.
    Undo(usize),
    /// Another domain posts, allocates, undoes and reverses in one transaction, which is lost.
    BreakOff { document: Document, choice: usize },
    /// Another domain posts a document, asks for the same again, and then for something else under its name.
    AskAgain(Document),
    /// What is in other currencies is brought to the rates of the day.
    Revalue(usize),
    /// That is undone.
    UndoRevaluation(usize),
    /// A period is soft-closed.
    SoftClose(usize),
    /// A period is closed.
    Close(usize),
    /// A closed period is opened again.
    Reopen(usize),
    /// The first fiscal year is closed.
    CloseYear(usize),
}

/// A document on credit.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    entity: usize,
    is_sale: bool,
    is_note: bool,
    currency: usize,
    units: i64,
    /// In hundredths; none where the recorded one is taken.
    rate: Option<i64>,
    day: u64,
    /// A value of the dimension.
    branch: Option<&'static str>,
}

fn signed(dice: &mut Dice, below: u64) -> i64 {
    i64::try_from(dice.below(below)).unwrap()
}

fn index(dice: &mut Dice) -> usize {
    usize::try_from(dice.below(1 << 20)).unwrap()
}

impl Document {
    fn by_chance(dice: &mut Dice) -> Self {
        Self {
            entity: index(dice) % ENTITIES.len(),
            is_sale: dice.below(2) == 0,
            is_note: dice.below(3) == 0,
            currency: index(dice) % CURRENCIES.len(),
            units: 1 + signed(dice, 9_000_000),
            rate: (dice.below(3) > 0).then(|| 1 + signed(dice, 250)),
            day: dice.below(LENGTH),
            branch: [None, Some("north"), Some("south")][index(dice) % 3],
        }
    }

    fn party(&self) -> Uuid {
        Uuid::from_u128(if self.units % 2 == 0 { 1 } else { 2 })
    }

    /// Its lines, as what is on credit and what that is for, in two halves, so that rounding has something to do.
    fn lines(&self, currency: Currency) -> Vec<(&'static str, Money)> {
        let amount = Money::new(Decimal::new(self.units, currency.minor_units()), currency).unwrap();
        let amount = if self.is_sale == self.is_note { -amount } else { amount };
        let (control, other) =
            if self.is_sale { ("Receivables", "Sales") } else { ("Payables", "Purchases") };
        let halves = amount.split(&[1, 1]).unwrap().into_iter().filter(|half| !half.is_zero());
        [(control, amount)].into_iter().chain(halves.map(|half| (other, -half))).collect()
    }

    fn journal(&self, currency: &str) -> Value {
        let (entity, base) = ENTITIES[self.entity];
        let line = |(account, amount): (&str, Money)| {
            let mut line = line(account, amount);
            if let Some(branch) = self.branch {
                line["dimensions"] = json!({"branch": branch});
            }
            if ["Receivables", "Payables"].contains(&account) {
                line["party"] = json!(self.party());
            }
            line
        };
        let lines: Vec<Value> =
            self.lines(Currency::parse(currency).unwrap()).into_iter().map(line).collect();
        json!({"entity": entity, "date": day(self.day).to_string(), "rates": rates(currency, base, self.rate),
            "book": if self.is_sale { "sales" } else { "purchase" }, "lines": lines})
    }

    fn posting(&self, kind: &str, id: Uuid) -> Posting {
        let (entity, base) = ENTITIES[self.entity];
        let currency = Currency::parse(CURRENCIES[self.currency]).unwrap();
        let line = |(account, amount): (&str, Money)| PostingLine {
            party: ["Receivables", "Payables"].contains(&account).then(|| self.party()),
            ..PostingLine::new(AccountRef::Code(account.to_owned()), amount)
        };
        let rate = self.rate.filter(|_| currency.code() != base);
        Posting {
            entity: Some(entity.to_owned()),
            book: if self.is_sale { Book::Sales } else { Book::Purchase },
            date: day(self.day),
            source: Source::new(kind, id, "post"),
            reference: None,
            payee: None,
            narration: None,
            rates: rate.map(|rate| (currency, Decimal::new(rate, 2))).into_iter().collect(),
            lines: self.lines(currency).into_iter().map(line).collect(),
            into_soft_closed: false,
        }
    }
}

fn day(offset: u64) -> NaiveDate {
    FIRST.parse::<NaiveDate>().unwrap() + Days::new(offset)
}

fn line(account: &str, amount: Money) -> Value {
    let side = if amount.amount() < Decimal::ZERO { "credit" } else { "debit" };
    json!({"account": account, side: amount.amount().abs().to_string(), "currency": amount.currency().code()})
}

fn rates(currency: &str, base: &str, rate: Option<i64>) -> Value {
    match rate.filter(|_| currency != base) {
        Some(rate) => json!({currency: Decimal::new(rate, 2).to_string()}),
        None => json!({}),
    }
}

/// A part of what is open, if there is one in whole minor units.
fn share_of(open: Decimal, share: i64, currency: &str) -> Option<Money> {
    let currency = Currency::parse(currency).unwrap();
    let part = (open * Decimal::new(share, 3)).round_dp(currency.minor_units());
    Money::new(part, currency).ok().filter(|part| !part.is_zero())
}

impl Step {
    pub(crate) fn by_chance(dice: &mut Dice) -> Self {
        let share = |dice: &mut Dice| [1_000, 1 + signed(dice, 1_000)][index(dice) % 2];
        match dice.below(100) {
            0..35 => Self::Document(Document::by_chance(dice)),
            35..37 => Self::WithoutRate(Document::by_chance(dice)),
            37..52 => Self::Pay {
                item: index(dice),
                share: share(dice),
                rate: 1 + signed(dice, 250),
                day: dice.below(LENGTH),
            },
            52..60 => Self::Reverse(index(dice)),
            60..74 => Self::Allocate { pair: index(dice), share: share(dice), day: dice.below(LENGTH) },
            74..82 => Self::Undo(index(dice)),
            82..88 => Self::BreakOff { document: Document::by_chance(dice), choice: index(dice) },
            88..92 => Self::AskAgain(Document::by_chance(dice)),
            92..94 => Self::SoftClose(index(dice)),
            94..96 => Self::Close(index(dice)),
            _ => Self::Reopen(index(dice)),
        }
    }
}

/// What there is when a round begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Items that are open: id, legal entity, account, party, currency, what is open.
    items: Vec<(Uuid, String, String, Uuid, String, Decimal)>,
    /// Posted journals.
    journals: Vec<Uuid>,
    /// Allocations that count.
    allocations: Vec<Uuid>,
    /// Periods that a history may close, with their states and versions.
    periods: Vec<(Uuid, String, i64)>,
    /// Revaluations that are not undone.
    revaluations: Vec<(Uuid, String)>,
}

impl Seen {
    pub(crate) async fn of(app: &TestApp) -> Self {
        let mut admin = app.db.superuser().await;
        let items = "select item.id, entity.code, account.code, item.party_id, item.currency, item.open from finance.open_item item \
             join finance.legal_entity entity on entity.id = item.entity_id \
             join finance.account account on account.id = item.account_id where item.open <> 0 order by item.id";
        let journals = "select id from finance.journal where state = 'posted' order by id";
        let allocations = "select id from finance.allocation where undone_on is null order by id";
        // What is revalued, and the end of the year, stay open: each history has them.
        let periods = "select id, state, version from finance.period where starts_on < '2024-12-01' \
             or starts_on >= '2025-01-01' and ends_on < '2025-02-01' order by id";
        let revaluations = "select id, entity from closing.revaluation where undone_at is null order by id";
        Self {
            items: sqlx::query_as(items).fetch_all(&mut admin).await.unwrap(),
            journals: sqlx::query_scalar(journals).fetch_all(&mut admin).await.unwrap(),
            allocations: sqlx::query_scalar(allocations).fetch_all(&mut admin).await.unwrap(),
            periods: sqlx::query_as(periods).fetch_all(&mut admin).await.unwrap(),
            revaluations: sqlx::query_as(revaluations).fetch_all(&mut admin).await.unwrap(),
        }
    }

    /// Whether a period was closed then, and has not changed up to this version.
    pub(crate) fn was_closed(&self, period: Uuid, version: i64) -> bool {
        self.periods.iter().any(|(id, state, seen)| *id == period && state == "closed" && *seen == version)
    }

    /// A pair of items that can settle each other, the debit first.
    fn pair(&self, which: usize) -> Option<(Uuid, Uuid, Decimal, &str)> {
        let mut pairs = Vec::new();
        for debit in self.items.iter().filter(|item| item.5 > Decimal::ZERO) {
            for credit in self.items.iter().filter(|item| item.5 < Decimal::ZERO) {
                if (&debit.1, &debit.2, debit.3, &debit.4) == (&credit.1, &credit.2, credit.3, &credit.4) {
                    pairs.push((debit.0, credit.0, debit.5.min(-credit.5), debit.4.as_str()));
                }
            }
        }
        pick(&pairs, which).copied()
    }
}

fn pick<T>(of: &[T], which: usize) -> Option<&T> {
    of.get(which % of.len().max(1))
}

/// Who asks: over HTTP, and as another domain does.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) accountant: Client,
    pub(crate) admin: Client,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) app: Arc<TestApp>,
}

impl Caller {
    /// A transaction of another domain.
    async fn tx(&self) -> TenantTx {
        self.app.db.database.tenant_tx(&self.app.db.context("demo")).await.unwrap()
    }
}

/// Asks for a step, and gives what was asked for and the status of the answer; nothing where there is nothing to choose among.
pub(crate) async fn take(caller: &Caller, seen: &Seen, step: &Step) -> Option<(&'static str, u16)> {
    let (accountant, admin) = (&caller.accountant, &caller.admin);
    let reason = json!({"reason": "By chance"});
    let post = async |path: String, body: &Value| accountant.post(&path, body).await.status;
    let decide = async |path: String| admin.post_empty(&path).await.status;
    Some(match step {
        Step::Document(document) => {
            ("document", post_journal(accountant, &document.journal(CURRENCIES[document.currency])).await)
        }
        Step::WithoutRate(document) => {
            let stated = Document { rate: None, ..document.clone() };
            ("without a rate", post_journal(accountant, &stated.journal("CHF")).await)
        }
        Step::Pay { item, share, rate, day: offset } => {
            let (id, entity, account, _, currency, open) = pick(&seen.items, *item)?;
            let part = share_of(*open, *share, currency)?;
            let mut settling = line(account, -part);
            settling["settles"] = json!(id);
            let base = ENTITIES.iter().find(|(code, _)| code == entity)?.1;
            let journal = json!({"entity": entity, "book": "bank", "date": day(*offset).to_string(),
                "rates": rates(currency, base, Some(*rate)), "lines": [line("Bank", part), settling]});
            ("payment", post_journal(accountant, &journal).await)
        }
        Step::Reverse(journal) => {
            let journal = pick(&seen.journals, *journal)?;
            ("reversal", post(format!("/v1/finance/journals/{journal}/reverse"), &json!({})).await)
        }
        Step::Allocate { pair, share, day: offset } => {
            let (debit, credit, open, currency) = seen.pair(*pair)?;
            let part = share_of(open, *share, currency)?.amount().to_string();
            let body =
                json!({"debit": debit, "credit": credit, "amount": part, "date": day(*offset).to_string()});
            ("allocation", post("/v1/finance/allocations".to_owned(), &body).await)
        }
        Step::Undo(allocation) => {
            let id = pick(&seen.allocations, *allocation)?;
            ("undo", post(format!("/v1/finance/allocations/{id}/undo"), &reason).await)
        }
        Step::BreakOff { document, choice } => {
            ("broken off", break_off(caller, seen, document, *choice).await)
        }
        Step::AskAgain(document) => ("asked again", ask_again(caller, document).await),
        Step::Revalue(entity) => {
            let body = json!({"entity": ENTITIES[*entity].0, "date": REVALUED_ON});
            ("revaluation", post("/v1/closing/revaluations".to_owned(), &body).await)
        }
        Step::UndoRevaluation(entity) => {
            let (id, _) = seen.revaluations.iter().find(|(_, code)| code == ENTITIES[*entity].0)?;
            ("undone revaluation", post(format!("/v1/closing/revaluations/{id}/undo"), &reason).await)
        }
        Step::SoftClose(period) => {
            let (id, ..) = pick(&seen.periods, *period)?;
            ("soft close", decide(format!("/v1/finance/periods/{id}/soft-close")).await)
        }
        Step::Close(period) => {
            let (id, ..) = pick(&seen.periods, *period)?;
            ("close", decide(format!("/v1/finance/periods/{id}/close")).await)
        }
        Step::Reopen(period) => {
            let closed: Vec<_> = seen.periods.iter().filter(|(_, state, _)| state != "open").collect();
            let (id, ..) = pick(&closed, *period)?;
            let path = format!("/v1/finance/periods/{id}/reopen");
            ("reopening", admin.post(&path, &reason).await.status)
        }
        Step::CloseYear(entity) => {
            let body = json!({"entity": ENTITIES[*entity].0, "lastDay": YEAR_END});
            ("close of a year", admin.post("/v1/closing/fiscal-years", &body).await.status)
        }
    })
}

async fn post_journal(client: &Client, journal: &Value) -> u16 {
    let draft = client.post("/v1/finance/journals", journal).await;
    if draft.status != 201 {
        return draft.status;
    }
    client.post_empty(&format!("/v1/finance/journals/{}/post", draft.text("/id"))).await.status
}

/// Does much in one transaction and loses it, by a rollback or because whoever has it is gone.
async fn break_off(caller: &Caller, seen: &Seen, document: &Document, choice: usize) -> u16 {
    let ledger = &caller.ledger;
    let mut tx = caller.tx().await;
    let source = Source::new("test.broken_off", Uuid::new_v4(), "post");
    let posting = Posting { source: source.clone(), ..document.posting("test.broken_off", Uuid::nil()) };
    // The first refusal ends it: after one, a transaction is good for nothing more.
    let mut went_well = ledger.post(&mut tx, &posting).await.is_ok();
    if went_well && let Some((debit, credit, amount, _)) = seen.pair(choice) {
        let allocation = Allocation {
            debit: Id::from_uuid(debit),
            credit: Id::from_uuid(credit),
            amount,
            date: day(LENGTH),
            into_soft_closed: false,
        };
        went_well = match ledger.allocate(&mut tx, &allocation).await {
            Ok(made) => ledger.undo_allocation(&mut tx, made.id, None, "By chance", false).await.is_ok(),
            Err(_) => false,
        };
    }
    if went_well && let Some(id) = pick(&seen.allocations, choice) {
        went_well = ledger.undo_allocation(&mut tx, *id, None, "By chance", false).await.is_ok();
    }
    if went_well {
        went_well = ledger.reverse(&mut tx, &source, None, None, false).await.is_ok();
    }
    if choice.is_multiple_of(2) {
        tx.rollback().await.unwrap();
    } else {
        drop(tx);
    }
    if went_well { 200 } else { 409 }
}

/// Posts a document, and asks again: the same gives what is there, and something else is refused.
async fn ask_again(caller: &Caller, document: &Document) -> u16 {
    let ledger = &caller.ledger;
    let posting = document.posting("test.asked_again", Uuid::new_v4());
    let mut tx = caller.tx().await;
    let Ok(first) = ledger.post(&mut tx, &posting).await else { return 409 };
    tx.commit(AuditEvent::info("test.post")).await.unwrap();
    let mut tx = caller.tx().await;
    let second = ledger.post(&mut tx, &posting).await.unwrap();
    assert!(second.is_repeated && (second.journal, &second.number) == (first.journal, &first.number));
    let other = Posting { reference: Some("Other".to_owned()), ..posting };
    assert_eq!(ledger.post(&mut tx, &other).await.unwrap_err().code, "finance.source_conflict");
    200
}
