//! What the tests have in common: an application with a small chart of accounts, and shorthands for what they send.

use athyper_finance::MODULE;
use athyper_test_kit::{Answer, Client, TestApp};
use serde_json::{Value, json};

pub(crate) const CASH: &str = "Assets:Cash";
pub(crate) const FEES: &str = "Expenses:Fees";

pub(crate) async fn app() -> TestApp {
    TestApp::new(&[athyper_kernel_records::MODULE, MODULE]).await
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

/// Customers and suppliers of the tests.
pub(crate) const CUSTOMER: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

/// Adds the accounts that documents in several currencies need, and the rules that name them by their parts.
pub(crate) async fn add_trading_accounts(client: &Client) {
    for (code, kind, usage) in [
        ("Receivables", "asset", "receivable"),
        ("Payables", "liability", "payable"),
        ("Bank", "asset", "bank"),
        ("Sales", "income", "other"),
        ("Purchases", "expense", "other"),
        ("Rounding", "expense", "other"),
        ("Realised", "expense", "other"),
    ] {
        let account = json!({"code": code, "type": kind, "use": usage});
        client.post("/v1/finance/accounts", &account).await.expect(201);
    }
    for (role, account) in [
        ("receivable", "Receivables"),
        ("payable", "Payables"),
        ("rounding", "Rounding"),
        ("exchange_realised", "Realised"),
    ] {
        let rule = json!({"role": role, "account": account});
        client.post("/v1/finance/account-rules", &rule).await.expect(201);
    }
}

/// Records a rate in US dollars.
pub(crate) async fn record_rate(client: &Client, currency: &str, day: &str, rate: &str) {
    let rate = json!({"currency": currency, "baseCurrency": "USD", "validOn": day, "rate": rate});
    client.post("/v1/records/finance.exchange_rate", &rate).await.expect(201);
}

/// The open items that fulfil a filter, oldest first.
pub(crate) async fn open_items(client: &Client, filter: &str) -> Vec<Value> {
    let path = filtered("/v1/finance/open-items", filter);
    client.get(&format!("{path}&sort=date")).await.expect(200).json()["items"].as_array().unwrap().clone()
}

/// A journal of two lines that balances.
pub(crate) fn fee(date: &str, amount: &str) -> Value {
    json!({"date": date, "lines": [{"account": FEES, "debit": amount}, {"account": CASH, "credit": amount}]})
}

/// Writes a draft and gives its id.
pub(crate) async fn draft(client: &Client, journal: &Value) -> String {
    client.post("/v1/finance/journals", journal).await.expect(201).text("/id")
}

/// Writes a draft and posts it.
pub(crate) async fn post(client: &Client, journal: &Value) -> Answer {
    let id = draft(client, journal).await;
    client.post_empty(&format!("/v1/finance/journals/{id}/post")).await
}

/// Declares a period and gives its id.
pub(crate) async fn add_period(client: &Client, name: &str, starts_on: &str, ends_on: &str) -> String {
    let period = json!({"name": name, "startsOn": starts_on, "endsOn": ends_on});
    client.post("/v1/finance/periods", &period).await.expect(201).text("/id")
}

/// The path of a list with only the records for which this holds.
pub(crate) fn filtered(path: &str, filter: &str) -> String {
    let encoded = filter.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02x}"));
    format!("{path}?filter={encoded}")
}

/// The audit events of a type, oldest first: level, subject and facts.
pub(crate) async fn events(app: &TestApp, kind: &str) -> Vec<(String, Option<String>, Value)> {
    let mut admin = app.db.superuser().await;
    sqlx::query_as("select level, subject_id, meta from audit.event where type = $1 order by recorded_at, id")
        .bind(kind)
        .fetch_all(&mut admin)
        .await
        .unwrap()
}

/// All posted journals and their lines, as they lie in the tables but for what a reversal marks on what it reverses: text by text,
/// in a fixed order.
pub(crate) async fn posted_rows(app: &TestApp) -> Vec<String> {
    let mut admin = app.db.superuser().await;
    sqlx::query_scalar(
        "select (to_jsonb(journal) - array['state', 'reversed_by_id', 'version'])::text from finance.journal journal \
             where state <> 'draft' \
         union all select to_jsonb(line)::text from finance.journal_line line where posted_on is not null order by 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap()
}

/// Runs the operation that was answered to its end and gives what became of it.
pub(crate) async fn run_operation(app: &TestApp, client: &Client, accepted: Answer) -> Value {
    let location = accepted.expect(202).header("location");
    app.run_job().await.ok();
    client.get(&location).await.expect(200).json()
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

/// The balances of a trial balance that are not zero, by account.
pub(crate) async fn balances(client: &Client, as_of: &str) -> Vec<(String, String)> {
    let path = format!("/v1/finance/reports/trial-balance?asOf={as_of}");
    let report = client.get(&path).await.expect(200).json();
    let lines = report["lines"].as_array().unwrap().clone();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(line, "account"), text(line, "balance"))).collect()
}

/// Posts a journal and stops in the middle of it, asks for something else, and lets both go on only when the second waits
/// for the first. Gives the second answer.
pub(crate) async fn after_a_posting_under_way(
    app: &TestApp,
    journal: &Value,
    second: impl Future<Output = Answer> + Send + 'static,
) -> Answer {
    let accountant = app.user("demo", "accountant");
    let path = format!("/v1/finance/journals/{}/post", draft(&accountant, journal).await);
    // Somebody holds the series of numbers: the posting has made all its checks by then, and stops.
    let mut holder = app.db.superuser().await;
    sqlx::raw_sql("begin; select 1 from platform.number_series for update")
        .execute(&mut holder)
        .await
        .unwrap();
    let mut first = tokio::task::JoinSet::new();
    first.spawn(async move { accountant.post_empty(&path).await });
    app.wait_for_waiters(1).await;
    let mut then = tokio::task::JoinSet::new();
    then.spawn(second);
    app.wait_for_waiters(2).await;
    sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
    first.join_all().await.pop().unwrap().expect(200);
    then.join_all().await.pop().unwrap()
}
