//! A tenant that has no books yet, and shorthands for the files that open them.

use std::sync::Arc;

use athyper_bootstrap::bridges::ledger_uses_finance::{ledger, ledger_set_up};
use athyper_kernel_ledger::{LEDGER, LEDGER_SET_UP, Uncontrolled};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use serde_json::{Value, json};

pub(crate) const CASH: &str = "Assets:Cash";
pub(crate) const FEES: &str = "Expenses:Fees";

pub(crate) async fn app() -> TestApp {
    let options = TestOptions {
        parts: Box::new(|builder| {
            builder.value(&LEDGER, ledger(Arc::new(Uncontrolled)));
            builder.value(&LEDGER_SET_UP, ledger_set_up(Arc::new(Uncontrolled)));
        }),
        ..TestOptions::default()
    };
    let modules = [athyper_kernel_records::MODULE, athyper_finance::MODULE, athyper_opening::MODULE];
    TestApp::with(&modules, options).await
}

/// An application whose tenant `demo` has two accounts, and an accountant of it.
pub(crate) async fn app_with_accounts() -> (TestApp, Client) {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    for (code, kind) in [(CASH, "asset"), (FEES, "expense")] {
        add_account(&accountant, code, kind).await;
    }
    (app, accountant)
}

/// Adds an account and gives its id.
pub(crate) async fn add_account(client: &Client, code: &str, kind: &str) -> String {
    client.post("/v1/finance/accounts", &json!({"code": code, "type": kind})).await.expect(201).text("/id")
}

/// A journal of two lines that balances.
pub(crate) fn fee(date: &str, amount: &str) -> Value {
    json!({"date": date, "lines": [{"account": FEES, "debit": amount}, {"account": CASH, "credit": amount}]})
}

/// Declares a period and gives its id.
pub(crate) async fn add_period(client: &Client, name: &str, starts_on: &str, ends_on: &str) -> String {
    let period = json!({"name": name, "startsOn": starts_on, "endsOn": ends_on});
    client.post("/v1/finance/periods", &period).await.expect(201).text("/id")
}

/// The audit events of a type, oldest first: their facts.
pub(crate) async fn events(app: &TestApp, kind: &str) -> Vec<Value> {
    let mut admin = app.db.superuser().await;
    sqlx::query_scalar("select meta from audit.event where type = $1 order by recorded_at, id")
        .bind(kind)
        .fetch_all(&mut admin)
        .await
        .unwrap()
}

/// How many rows a table has.
pub(crate) async fn count(app: &TestApp, table: &'static str) -> i64 {
    let mut admin = app.db.superuser().await;
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut admin).await.unwrap()
}

/// Runs the operation that was answered to its end and gives what became of it.
pub(crate) async fn run_operation(app: &TestApp, client: &Client, accepted: Answer) -> Value {
    let location = accepted.expect(202).header("location");
    app.run_job().await.ok();
    client.get(&location).await.expect(200).json()
}

/// The places of an operation's errors: row, column, code.
pub(crate) fn places(operation: &Value) -> Vec<(u64, String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let place = |error: &Value| {
        (error["row"].as_u64().unwrap_or_default(), text(error, "column"), text(error, "code"))
    };
    operation["errors"].as_array().unwrap().iter().map(place).collect()
}

/// A place, as [`places`] gives it.
pub(crate) fn place(row: u64, column: &str, code: &str) -> (u64, String, String) {
    (row, column.to_owned(), code.to_owned())
}

/// The pointers and codes of a problem's field errors.
pub(crate) fn fields(problem: &Answer) -> Vec<(String, String)> {
    let json = problem.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}
