//! Random histories: whatever is posted, settled, reversed and allocated, the ledger never contradicts itself.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_ledger::{
    AccountRef, Allocation, Book, ItemId, OpenItem, Posting, PostingLine, Settles, Source,
};
use athyper_kernel_types::{Currency, Money};
use athyper_test_kit::{Client, TestApp};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::port::{ledger, tx};
use crate::support::{add_trading_accounts, app_with_accounts, events};
use crate::verification::verify;

/// What happens next. Numbers choose among what there is, so that any history makes sense.
#[derive(Clone, Debug)]
enum Step {
    /// A sale or a purchase on credit, or a note that takes one back: currency, minor units, rate in millionths, day.
    Document { is_sale: bool, is_note: bool, currency: usize, units: i64, rate: i64, day: u64 },
    /// Money for an open item: which one, how much of it in thousandths, rate, day.
    Pay { item: usize, share: i64, rate: i64, day: u64 },
    /// A reversal of a document or a payment.
    Reverse { source: usize },
    /// One item settled by another, of all pairs that can.
    Allocate { pair: usize, share: i64 },
}

const CURRENCIES: [&str; 3] = ["USD", "EUR", "JPY"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (any::<bool>(), any::<bool>(), 0..3_usize, 1..9_000_000_i64, 100_i64..3_000_000, 0..90_u64)
            .prop_map(|(is_sale, is_note, currency, units, rate, day)| Step::Document { is_sale, is_note, currency, units, rate, day }),
        5 => (any::<usize>(), 1..=1000_i64, 100_i64..3_000_000, 0..90_u64)
            .prop_map(|(item, share, rate, day)| Step::Pay { item, share, rate, day }),
        2 => any::<usize>().prop_map(|source| Step::Reverse { source }),
        2 => (any::<usize>(), 1..=1000_i64).prop_map(|(pair, share)| Step::Allocate { pair, share }),
    ]
}

/// What a history made so far.
#[derive(Default)]
struct Made {
    items: Vec<ItemId>,
    sources: Vec<Source>,
    done: BTreeMap<&'static str, usize>,
}

fn day(offset: u64) -> NaiveDate {
    "2025-01-01".parse::<NaiveDate>().unwrap() + Days::new(offset)
}

fn posting(
    document: usize,
    book: Book,
    currency: Currency,
    rate: i64,
    date: NaiveDate,
    lines: Vec<PostingLine>,
) -> Posting {
    let is_foreign = currency.code() != "USD";
    Posting {
        entity: None,
        book,
        date,
        source: Source::new("test.document", Uuid::from_u128(document as u128 + 1), "post"),
        reference: Some(format!("D-{document}")),
        payee: None,
        narration: None,
        rates: is_foreign.then(|| (currency, Decimal::new(rate, 6))).into_iter().collect(),
        lines,
        into_soft_closed: false,
    }
}

fn share_of(open: Decimal, share: i64, currency: Currency) -> Option<Money> {
    let part = (open * Decimal::new(share, 3)).round_dp(currency.minor_units());
    Money::new(part, currency).ok().filter(|part| !part.is_zero())
}

/// Does a step, in a transaction of its own; what the ledger refuses is rolled back.
async fn take(app: &TestApp, made: &mut Made, step: &Step) {
    let ledger = ledger();
    let mut tx = tx(app).await;
    let document = made.sources.len();
    let (what, outcome) = match step {
        Step::Document { is_sale, is_note, currency, units, rate, day: offset } => {
            let currency = Currency::parse(CURRENCIES[*currency]).unwrap();
            let amount = Money::new(Decimal::new(*units, currency.minor_units()), currency).unwrap();
            let (role, other, book) = if *is_sale {
                ("receivable", "Sales", Book::Sales)
            } else {
                ("payable", "Purchases", Book::Purchase)
            };
            let amount = if is_sale == is_note { -amount } else { amount };
            let party = Some(Uuid::from_u128(if units % 2 == 0 { 1 } else { 2 }));
            let control = PostingLine { party, ..PostingLine::new(AccountRef::role(role), amount) };
            // Two lines, so that rounding has something to do.
            let halves = amount.split(&[1, 1]).unwrap();
            let others = halves.into_iter().filter(|half| !half.is_zero());
            let others = others.map(|half| PostingLine::new(AccountRef::Code(other.to_owned()), -half));
            let lines = [control].into_iter().chain(others).collect();
            (
                "document",
                ledger.post(&mut tx, &posting(document, book, currency, *rate, day(*offset), lines)).await,
            )
        }
        Step::Pay { item, share, rate, day: offset } => {
            let Some(item) = made.items.get(item % made.items.len().max(1)).copied() else { return };
            let state = ledger.items(&mut tx, &[item].into()).await.unwrap().remove(0);
            let Some(part) = share_of(state.open, *share, state.currency) else { return };
            let settling = PostingLine {
                settles: Some(Settles { item }),
                ..PostingLine::new(AccountRef::Code(state.account.clone()), -part)
            };
            let lines = vec![PostingLine::new(AccountRef::Code("Bank".to_owned()), part), settling];
            (
                "payment",
                ledger
                    .post(&mut tx, &posting(document, Book::Bank, state.currency, *rate, day(*offset), lines))
                    .await,
            )
        }
        Step::Reverse { source } => {
            let Some(source) = made.sources.get(source % made.sources.len().max(1)) else { return };
            ("reversal", ledger.reverse(&mut tx, source, None, None, false).await)
        }
        Step::Allocate { pair, share } => {
            let all = ledger.items(&mut tx, &made.items.iter().copied().collect()).await.unwrap();
            let open = |item: &&OpenItem| !item.open.is_zero();
            let pairs: Vec<(&OpenItem, &OpenItem)> = all
                .iter()
                .filter(open)
                .flat_map(|debit| all.iter().filter(open).map(move |credit| (debit, credit)))
                .filter(|(debit, credit)| debit.open > Decimal::ZERO && credit.open < Decimal::ZERO)
                .filter(|(one, other)| {
                    (&one.account, one.party, one.currency) == (&other.account, other.party, other.currency)
                })
                .collect();
            let Some((state, other)) = pairs.get(pair % pairs.len().max(1)).copied() else { return };
            let (debit, credit) = (state.id, other.id);
            let least = if state.open < other.open.abs() { state.open } else { other.open.abs() };
            let Some(part) = share_of(least, *share, state.currency) else { return };
            let allocation =
                Allocation { debit, credit, amount: part.amount(), date: day(89), into_soft_closed: false };
            if ledger.allocate(&mut tx, &allocation).await.is_ok() {
                tx.commit(AuditEvent::info("test.allocate")).await.unwrap();
                *made.done.entry("allocation").or_default() += 1;
            }
            return;
        }
    };
    // A refusal is rolled back, and must leave nothing behind.
    if let Ok(posted) = outcome {
        tx.commit(AuditEvent::info("test.step")).await.unwrap();
        *made.done.entry(what).or_default() += 1;
        if what != "reversal" {
            made.items.extend(posted.lines.iter().filter_map(|line| line.item));
            made.sources.push(Source::new("test.document", Uuid::from_u128(document as u128 + 1), "post"));
        }
    }
}

/// The trial balance of a day, in base currency and in each other, sums up to zero.
async fn assert_zero(client: &Client, day: NaiveDate) {
    for currency in ["", "&currency=USD", "&currency=EUR", "&currency=JPY"] {
        let path = format!("/v1/finance/reports/trial-balance?asOf={day}{currency}");
        let report: Value = client.get(&path).await.expect(200).json();
        assert_eq!(report["totals"]["debit"], report["totals"]["credit"], "{path}");
    }
}

async fn live_through(steps: Vec<Step>) -> BTreeMap<&'static str, usize> {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let mut made = Made::default();
    for step in &steps {
        take(&app, &mut made, step).await;
    }
    for offset in [0, 17, 31, 45, 60, 89] {
        assert_zero(&accountant, day(offset)).await;
    }
    verify(&app).await;
    let wrong = events(&app, "finance.ledger_mismatch").await;
    assert!(wrong.is_empty(), "{wrong:?} after {steps:?}");
    assert_eq!(events(&app, "finance.ledger_verified").await.len(), 1);
    made.done
}

#[test]
fn no_history_makes_the_ledger_contradict_itself() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 4,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    });
    let mut done: BTreeMap<&'static str, usize> = BTreeMap::new();
    let histories = prop::collection::vec(step(), 40..80);
    for _ in 0..4 {
        let steps = histories.new_tree(&mut runner).unwrap().current();
        for (what, times) in runtime.block_on(live_through(steps)) {
            *done.entry(what).or_default() += times;
        }
    }
    // Each kind of step came to pass: a history in which all is refused proves nothing.
    for what in ["document", "payment", "reversal", "allocation"] {
        assert!(done.get(what).is_some_and(|times| *times > 0), "{done:?}");
    }
}
