//! What the tests have in common: an application over a ledger in memory, and shorthands for what they send.

use std::fmt::Write as _;
use std::sync::Arc;

use athyper_banking::MODULE;
use athyper_kernel_ledger::{LEDGER, Ledger};
use athyper_test_kit::{AddParts, Answer, Client, TestApp, TestOptions};
use serde_json::{Value, json};

use crate::ledger::TestLedger;

pub(crate) const IBAN: &str = "DE89370400440532013000";

/// An application, its ledger, and an accountant of the tenant `demo`.
pub(crate) async fn app() -> (TestApp, Arc<TestLedger>, Client) {
    let ledger = Arc::new(TestLedger::default());
    let answerer: Arc<dyn Ledger> = Arc::clone(&ledger) as Arc<dyn Ledger>;
    let parts: AddParts = Box::new(move |builder| {
        builder.value(&LEDGER, answerer);
    });
    let options = TestOptions { parts, ..TestOptions::default() };
    let app = TestApp::with(&[athyper_kernel_records::MODULE, MODULE], options).await;
    let accountant = app.user("demo", "accountant");
    (app, ledger, accountant)
}

/// Enters the bank account of the tests and gives its id.
pub(crate) async fn add_account(client: &Client) -> String {
    let account = json!({"name": "Main", "holder": "Demo GmbH", "iban": IBAN, "bic": "COBADEFFXXX", "currency": "EUR",
        "ledgerAccount": "1200"});
    client.post("/v1/banking/accounts", &account).await.expect(201).text("/id")
}

/// A statement in MT940 from this balance with lines of a day in May 2024, an amount in cents, and a text of tag 86.
pub(crate) fn mt940(opening: i64, lines: &[(u32, i64, &str)]) -> String {
    let signed = |cents: i64| {
        (if cents < 0 { "D" } else { "C" }, format!("{},{:02}", cents.abs() / 100, cents.abs() % 100))
    };
    let first = lines.first().map_or(1, |(day, _, _)| *day);
    let last = lines.last().map_or(1, |(day, _, _)| *day);
    let (mark, amount) = signed(opening);
    let mut file =
        format!(":20:T\n:25:37040044/0532013000\n:28C:1/1\n:60F:{mark}2405{first:02}EUR{amount}\n");
    for (day, cents, text) in lines {
        let (mark, amount) = signed(*cents);
        write!(file, ":61:2405{day:02}05{day:02}{mark}{amount}NTRFNONREF\n:86:{text}\n").unwrap();
    }
    let (mark, amount) = signed(opening + lines.iter().map(|(_, cents, _)| cents).sum::<i64>());
    write!(file, ":62F:{mark}2405{last:02}EUR{amount}\n-\n").unwrap();
    file
}

/// Sends a file and runs its job to the end; gives the operation.
pub(crate) async fn import(app: &TestApp, client: &Client, account: &str, file: &str) -> Value {
    let accepted =
        client.post_csv(&format!("/v1/banking/accounts/{account}/import-statements"), file.to_owned()).await;
    let location = accepted.expect(202).header("location");
    app.run_job().await.ok();
    client.get(&location).await.expect(200).json()
}

/// The lines of the tenant, oldest first.
pub(crate) async fn lines(client: &Client) -> Vec<Value> {
    let page = client.get("/v1/banking/lines?limit=200&sort=bookedOn").await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

/// A decimal as JSON has it, however many zeros are behind it.
pub(crate) fn decimal(value: &Value) -> rust_decimal::Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// A day on which payments can still be executed: the clock of the tests stands in January 2025.
pub(crate) const SOON: &str = "2025-02-14";

/// The id of the line with this amount.
pub(crate) async fn line_of(client: &Client, amount: &str) -> String {
    let found =
        lines(client).await.into_iter().find(|line| decimal(&line["amount"]) == amount.parse().unwrap());
    found.unwrap_or_else(|| panic!("no line of {amount}"))["id"].as_str().unwrap().to_owned()
}

/// Does something to a line.
pub(crate) async fn to_line(client: &Client, id: &str, command: &str, body: &Value) -> Answer {
    let path = format!("/v1/banking/lines/{id}/{command}");
    if body.is_null() { client.post_empty(&path).await } else { client.post(&path, body).await }
}

/// Matches a line so and posts it.
pub(crate) async fn book(client: &Client, id: &str, body: &Value) -> Answer {
    to_line(client, id, "match", body).await.expect(200);
    to_line(client, id, "post", &Value::Null).await
}

/// How many audit events of a type there are.
pub(crate) async fn events(app: &TestApp, kind: &str) -> i64 {
    let mut admin = app.db.superuser().await;
    sqlx::query_scalar("select count(*) from audit.event where type = $1")
        .bind(kind)
        .fetch_one(&mut admin)
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

/// A pointer and a code, as [`fields`] gives them.
pub(crate) fn field(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}
