//! Posting as other domains do it, inside their own transactions.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_ledger::{
    AccountRef, Book, Ledger, OpenItems, Posting, PostingLine, Settles, Source, Uncontrolled,
};
use athyper_kernel_types::{Currency, Money};
use athyper_test_kit::TestApp;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::{add_trading_accounts, app_with_accounts, balances, field};

/// The ledger of books without budgets.
pub(crate) fn ledger() -> Arc<dyn Ledger> {
    athyper_finance::ledger(Arc::new(Uncontrolled))
}

pub(crate) async fn tx(app: &TestApp) -> TenantTx {
    app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap()
}

pub(crate) fn money(amount: &str, currency: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::parse(currency).unwrap()).unwrap()
}

/// A sale on credit.
pub(crate) fn sale(document: u128, amount: &str, currency: &str, rate: &str) -> Posting {
    let currency_code = Currency::parse(currency).unwrap();
    let amount = money(amount, currency);
    let receivable = PostingLine {
        party: Some(Uuid::from_u128(1)),
        due_on: Some("2025-02-10".parse().unwrap()),
        ..PostingLine::new(AccountRef::role("receivable"), amount)
    };
    Posting {
        entity: None,
        book: Book::Sales,
        date: "2025-01-10".parse().unwrap(),
        source: Source::new("test.invoice", Uuid::from_u128(document), "post"),
        reference: Some(format!("SI-{document}")),
        payee: None,
        narration: None,
        rates: (currency != "USD").then(|| (currency_code, rate.parse().unwrap())).into_iter().collect(),
        lines: vec![receivable, PostingLine::new(AccountRef::Code("Sales".to_owned()), -amount)],
        into_soft_closed: false,
    }
}

async fn kept(tx: TenantTx) {
    tx.commit(AuditEvent::info("test.post")).await.unwrap();
}

#[tokio::test]
async fn a_document_is_posted_once_whatever_is_asked_for_again() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let ledger = ledger();
    let document = sale(1, "100.00", "EUR", "1.05");
    let mut first = tx(&app).await;
    let posted = ledger.post(&mut first, &document).await.unwrap();
    assert_eq!((posted.number.as_str(), posted.is_repeated), ("SJ-2025-000001", false));
    assert_eq!(
        (posted.lines[0].account.as_str(), posted.lines[0].base),
        ("Receivables", "105.00".parse().unwrap())
    );
    assert!(
        posted.lines[0].item.is_some() && posted.lines[0].rule.is_some() && posted.lines[1].rule.is_none()
    );
    kept(first).await;
    let mut again = tx(&app).await;
    let repeated = ledger.post(&mut again, &document).await.unwrap();
    assert!(repeated.is_repeated);
    assert_eq!((repeated.journal, repeated.lines[0].item), (posted.journal, posted.lines[0].item));
    let other = ledger.post(&mut again, &sale(1, "100.01", "EUR", "1.05")).await.unwrap_err();
    assert_eq!(other.code, "finance.source_conflict");
    assert_eq!(
        balances(&accountant, "2025-01-31").await,
        [field("Receivables", "105.00"), field("Sales", "-105.00")]
    );
}

#[tokio::test]
async fn what_is_not_committed_was_never_posted_and_took_no_number() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let mut dropped = tx(&app).await;
    ledger().post(&mut dropped, &sale(1, "100.00", "USD", "1")).await.unwrap();
    drop(dropped);
    let mut second = tx(&app).await;
    let posted = ledger().post(&mut second, &sale(2, "50.00", "USD", "1")).await.unwrap();
    assert_eq!(posted.number, "SJ-2025-000001");
    kept(second).await;
    assert_eq!(
        balances(&accountant, "2025-01-31").await,
        [field("Receivables", "50.00"), field("Sales", "-50.00")]
    );
}

#[tokio::test]
async fn a_payment_settles_items_and_its_reversal_opens_them() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let ledger = ledger();
    let mut open = tx(&app).await;
    let item =
        ledger.post(&mut open, &sale(1, "100.00", "EUR", "1.05")).await.unwrap().lines[0].item.unwrap();
    let settling = PostingLine {
        settles: Some(Settles { item }),
        ..PostingLine::new(AccountRef::role("receivable"), money("-100.00", "EUR"))
    };
    let payment = Posting {
        book: Book::Bank,
        source: Source::new("test.payment", Uuid::from_u128(2), "post"),
        lines: vec![PostingLine::new(AccountRef::Code("Bank".to_owned()), money("100.00", "EUR")), settling],
        ..sale(2, "1.00", "EUR", "1.02")
    };
    ledger.post(&mut open, &payment).await.unwrap();
    let items = ledger.items(&mut open, &[item].into()).await.unwrap();
    assert_eq!((items[0].open, items[0].open_base), ("0".parse().unwrap(), "0".parse().unwrap()));
    kept(open).await;
    let mut bounced = tx(&app).await;
    let reversal = ledger.reverse(&mut bounced, &payment.source, None, Some("Bounced"), false).await.unwrap();
    assert_eq!(reversal.number, "BJ-2025-000002");
    assert_eq!(ledger.items(&mut bounced, &[item].into()).await.unwrap()[0].open, "100.00".parse().unwrap());
    let twice = ledger.reverse(&mut bounced, &payment.source, None, None, false).await.unwrap_err();
    assert_eq!(twice.code, "finance.journal_already_reversed");
    kept(bounced).await;
    assert_eq!(
        balances(&accountant, "2025-01-31").await,
        [field("Receivables", "105.00"), field("Sales", "-105.00")]
    );
}

#[tokio::test]
async fn what_is_wrong_names_the_line() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let mut posting = sale(1, "100.00", "USD", "1");
    posting.lines[0].account = AccountRef::role("no_such_part");
    posting.lines[1].account = AccountRef::Code("No such account".to_owned());
    let mut tx = tx(&app).await;
    let problem = ledger().post(&mut tx, &posting).await.unwrap_err();
    let found: Vec<(&str, &str)> =
        problem.fields.iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect();
    assert_eq!(found, [("/lines/0/account", "role_unassigned"), ("/lines/1/account", "unknown_account")]);
}

#[tokio::test]
async fn open_items_and_the_balance_of_an_account_are_read_as_they_are_asked_for() {
    let (app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let ledger = ledger();
    let mut tx = tx(&app).await;
    for (document, amount, currency) in [(1, "100.00", "USD"), (2, "100.00", "EUR"), (3, "70.00", "USD")] {
        // Ids of one moment have no order.
        app.db.clock.advance(TimeDelta::milliseconds(1));
        ledger.post(&mut tx, &sale(document, amount, currency, "1.05")).await.unwrap();
    }
    let entity = ledger.entity(&mut tx, None).await.unwrap();
    let (dollar, euro) = (Currency::parse("USD").ok(), Currency::parse("EUR").ok());
    let all = OpenItems::up_to(10);
    for (which, expected) in [
        (all.clone(), vec!["SI-1", "SI-2", "SI-3"]),
        (OpenItems { limit: 2, ..all.clone() }, vec!["SI-1", "SI-2"]),
        (OpenItems { currency: dollar, ..all.clone() }, vec!["SI-1", "SI-3"]),
        (OpenItems { open: vec!["100".parse().unwrap()], currency: euro, ..all.clone() }, vec!["SI-2"]),
        (OpenItems { references: vec!["SI-3".to_owned(), "x".to_owned()], ..all.clone() }, vec!["SI-3"]),
        (OpenItems { party: Some(Uuid::from_u128(2)), ..all.clone() }, vec![]),
        (OpenItems { account: Some("Sales".to_owned()), ..all.clone() }, vec![]),
    ] {
        let found = ledger.open_items(&mut tx, &entity, &which).await.unwrap();
        let references: Vec<_> = found.iter().filter_map(|item| item.reference.as_deref()).collect();
        assert_eq!(references, expected, "{which:?}");
    }
    let first = ledger.open_items(&mut tx, &entity, &OpenItems { limit: 1, ..all.clone() }).await.unwrap();
    let rest = OpenItems { after: first.first().map(|item| item.id), ..all };
    assert_eq!(ledger.open_items(&mut tx, &entity, &rest).await.unwrap().len(), 2);
    let usd = Currency::parse("USD").unwrap();
    for (account, day, expected) in [
        ("Receivables", "2025-01-10", "170.00"),
        ("Receivables", "2025-01-09", "0.00"),
        ("Sales", "2025-03-31", "-170.00"),
    ] {
        let sum = ledger.balance(&mut tx, &entity, account, usd, day.parse().unwrap()).await.unwrap();
        assert_eq!(sum.to_string(), expected, "{account} {day}");
    }
    let unknown = ledger.balance(&mut tx, &entity, "Nowhere", usd, "2025-01-10".parse().unwrap()).await;
    assert_eq!(unknown.unwrap_err().code, "finance.accounts_not_usable");
}
