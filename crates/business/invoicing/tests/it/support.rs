//! What the tests have in common: an application with tax codes, terms and a ledger, and shorthands for what they send.

use std::sync::Arc;

use athyper_invoicing::MODULE;
use athyper_kernel_http::Policies;
use athyper_kernel_ledger::{LEDGER, Ledger};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::ledger::{TestLedger, make_tables};

/// Ids of parties.
pub(crate) const ADA: &str = "019ab3c4-5d6e-7f80-9a1b-00000000ada0";
pub(crate) const BOB: &str = "019ab3c4-5d6e-7f80-9a1b-00000000b0b0";

pub(crate) async fn app_under(policies: Option<Arc<dyn Policies>>) -> TestApp {
    let ledger: Arc<dyn Ledger> = Arc::new(TestLedger);
    let options = TestOptions {
        policies,
        parts: Box::new(move |builder| {
            builder.value(&LEDGER, ledger);
        }),
        ..TestOptions::default()
    };
    let app = TestApp::with(&[athyper_kernel_records::MODULE, MODULE], options).await;
    make_tables(&app).await;
    app
}

/// An application whose tenant `demo` has a few tax codes and terms, and an accountant of it.
pub(crate) async fn app() -> (TestApp, Client) {
    let app = app_under(None).await;
    set_up(&app).await;
    let accountant = app.user("demo", "accountant");
    (app, accountant)
}

pub(crate) async fn set_up(app: &TestApp) {
    let admin = app.user("demo", "admin");
    for (code, rate) in [("S20", "20"), ("S10", "10"), ("P20", "20")] {
        tax_code(&admin, &json!({"code": code, "kind": "percentage", "rate": rate})).await;
    }
    let net30 = json!({"code": "NET30", "name": "30 days", "discountPercent": "2", "discountDays": 10,
        "instalments": [{"share": "rest", "days": 30}]});
    let halves = json!({"code": "HALVES", "name": "Two halves", "instalments": [
        {"share": "percent", "value": "50"}, {"share": "percent", "value": "50", "days": 30}]});
    for terms in [net30, halves] {
        record(&admin, "terms", &terms).await;
    }
    record(&admin, "write_off_limit", &json!({"currency": "EUR", "amount": "5"})).await;
}

/// Writes a record of reference data and gives its id.
pub(crate) async fn record(client: &Client, entity: &str, values: &Value) -> String {
    client.post(&format!("/v1/records/invoicing.{entity}"), values).await.expect(201).text("/id")
}

/// Adds a tax code that is in force from 2000 on.
pub(crate) async fn tax_code(client: &Client, values: &Value) -> String {
    let mut code = values.clone();
    code["name"] = code["code"].clone();
    if code.get("validFrom").is_none() {
        code["validFrom"] = json!("2000-01-01");
    }
    record(client, "tax_code", &code).await
}

/// A sale to Ada of one thing at this price, with 20 percent.
pub(crate) fn sale(date: &str, price: &str) -> Value {
    json!({"kind": "sale", "date": date, "currency": "EUR", "party": {"id": ADA, "name": "Ada"},
        "lines": [{"quantity": "1", "unitPrice": price, "taxCodes": ["S20"]}]})
}

/// The same with other members.
pub(crate) fn with(document: &Value, members: &Value) -> Value {
    let mut changed = document.clone();
    for (key, value) in members.as_object().unwrap() {
        changed[key] = value.clone();
    }
    changed
}

/// Writes a draft and gives its id.
pub(crate) async fn draft(client: &Client, document: &Value) -> String {
    client.post("/v1/invoicing/invoices", document).await.expect(201).text("/id")
}

/// Writes a document and posts it.
pub(crate) async fn post(client: &Client, document: &Value) -> Answer {
    let id = draft(client, document).await;
    client.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await
}

pub(crate) async fn invoice(client: &Client, id: &str) -> Value {
    client.get(&format!("/v1/invoicing/invoices/{id}")).await.expect(200).json()
}

/// State and open amount of a document.
pub(crate) async fn standing(client: &Client, id: &str) -> (String, String) {
    let found = invoice(client, id).await;
    (found["state"].as_str().unwrap().to_owned(), found["open"].as_str().unwrap_or("-").to_owned())
}

/// What [`standing`] gives.
pub(crate) fn stands(state: &str, open: &str) -> (String, String) {
    (state.to_owned(), open.to_owned())
}

/// A payment of Ada's of this amount that settles documents by as much of it.
pub(crate) fn payment(date: &str, amount: &str, parts: &[(&str, &str)]) -> Value {
    let allocations: Vec<Value> =
        parts.iter().map(|(invoice, amount)| json!({"invoice": invoice, "amount": amount})).collect();
    json!({"direction": "in", "date": date, "currency": "EUR", "amount": amount,
        "party": {"id": ADA, "name": "Ada"}, "allocations": allocations})
}

/// Writes a payment and posts it.
pub(crate) async fn pay(client: &Client, payment: &Value) -> Answer {
    let id = client.post("/v1/invoicing/payments", payment).await.expect(201).text("/id");
    client.post_empty(&format!("/v1/invoicing/payments/{id}/post")).await
}

/// The balances of the ledger that are not zero, in base currency, by account.
pub(crate) async fn balances(app: &TestApp) -> Vec<(String, String)> {
    let mut admin = app.db.superuser().await;
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select account, sum(base) from books.line group by account having sum(base) <> 0 order by account",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    rows.into_iter().map(|(account, base)| (account, base.round_dp(2).to_string())).collect()
}

/// Fails unless the open items here are those of the ledger, and both are the balances of the control accounts.
pub(crate) async fn check_books(app: &TestApp) {
    let mut admin = app.db.superuser().await;
    let here: Vec<(uuid::Uuid, Decimal, Decimal)> = sqlx::query_as(
        "select item.id, (item.amount - coalesce((select sum(amount) from invoicing.settlement s where s.item_id = item.id), 0)), \
         (item.book_amount - coalesce((select sum(book_amount) from invoicing.settlement s where s.item_id = item.id), 0)) \
         from invoicing.item item order by item.id",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let there: Vec<(uuid::Uuid, Decimal, Decimal)> =
        sqlx::query_as("select id, open, open_base from books.item order by id")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    assert_eq!(here, there, "items here and in the ledger");
    let differing: Vec<(String, Decimal, Decimal)> = sqlx::query_as(
        "select account, sum(base), (select sum(open_base) from books.item item where item.account = line.account) \
         from books.line line where account in ('1200', '1210', '2000') group by account \
         having sum(base) <> (select sum(open_base) from books.item item where item.account = line.account)",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(differing.is_empty(), "control accounts and items: {differing:?}");
    let total: Option<Decimal> =
        sqlx::query_scalar("select sum(base) from books.line").fetch_one(&mut admin).await.unwrap();
    assert!(total.unwrap_or_default().is_zero(), "the books do not balance: {total:?}");
    let wrong: Vec<(uuid::Uuid, String, Decimal)> = sqlx::query_as(
        "select document.id, document.state, document.open from invoicing.invoice document where document.state <> 'draft' \
         and document.open <> (select coalesce(sum(abs(item.amount - coalesce((select sum(amount) from invoicing.settlement s \
             where s.item_id = item.id), 0))), 0) from invoicing.item item where item.invoice_id = document.id)",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(wrong.is_empty(), "documents and their items: {wrong:?}");
}

/// The audit events of a type.
pub(crate) async fn events(app: &TestApp, kind: &str) -> Vec<(Option<String>, Value)> {
    let mut admin = app.db.superuser().await;
    sqlx::query_as("select subject_id, meta from audit.event where type = $1 order by recorded_at, id")
        .bind(kind)
        .fetch_all(&mut admin)
        .await
        .unwrap()
}

/// The pointers and codes of a problem's field errors.
pub(crate) fn fields(problem: &Answer) -> Vec<(String, String)> {
    let json = problem.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}

/// A pair of texts, as [`fields`] and [`balances`] give them.
pub(crate) fn pair(left: &str, right: &str) -> (String, String) {
    (left.to_owned(), right.to_owned())
}
