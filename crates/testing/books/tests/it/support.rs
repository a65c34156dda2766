//! What the tests have in common: an application of the domains that keep books, and shorthands for what they send.

use std::sync::Arc;

use athyper_bootstrap::bridges::closing_uses_ledgers::{close_checks, periods};
use athyper_bootstrap::bridges::finance_uses_closing::snapshots;
use athyper_bootstrap::bridges::ledger_uses_budgeting::{budgets, posting_control};
use athyper_bootstrap::bridges::ledger_uses_finance::{ledger, ledger_set_up, turnovers};
use athyper_kernel_http::Policies;
use athyper_kernel_ledger::{
    BUDGETS, CLOSE_CHECKS, LEDGER, LEDGER_SET_UP, PERIODS, POSTING_CONTROL, SNAPSHOTS, TURNOVERS,
};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use serde_json::{Value, json};

/// Somebody who owes or is owed.
pub(crate) const PARTY: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

/// An application whose tenant `demo` keeps books in euros, with an accountant and an administrator of it.
pub(crate) async fn books() -> (TestApp, Client, Client) {
    books_under(None).await
}

/// The same under these policies.
pub(crate) async fn books_under(policies: Option<Arc<dyn Policies>>) -> (TestApp, Client, Client) {
    let modules = [
        athyper_kernel_records::MODULE,
        athyper_finance::MODULE,
        athyper_opening::MODULE,
        athyper_budgeting::MODULE,
        athyper_closing::MODULE,
        athyper_group::MODULE,
        athyper_invoicing::MODULE,
        athyper_statements::MODULE,
        athyper_banking::MODULE,
        athyper_recurring::MODULE,
    ];
    let options = TestOptions {
        policies,
        parts: Box::new(|builder| {
            let control = posting_control(turnovers());
            let ledger = ledger(control.clone());
            builder.value(&TURNOVERS, turnovers());
            builder.value(&BUDGETS, budgets(ledger.clone(), turnovers()));
            builder.value(&LEDGER, ledger);
            builder.value(&LEDGER_SET_UP, ledger_set_up(control.clone()));
            builder.override_value(&POSTING_CONTROL, control);
            builder.value(&PERIODS, periods());
            builder.value(&CLOSE_CHECKS, close_checks());
            builder.value(&SNAPSHOTS, snapshots());
        }),
        ..TestOptions::default()
    };
    let app = TestApp::with(&modules, options).await;
    let (accountant, admin) = (app.user("demo", "accountant"), app.user("demo", "admin"));
    let entity = json!({"code": "main", "name": "Trading", "baseCurrency": "EUR"});
    admin.post("/v1/finance/legal-entities", &entity).await.expect(201);
    (app, accountant, admin)
}

/// Adds an account of a type that is used for something.
pub(crate) async fn add_account(client: &Client, code: &str, kind: &str, usage: &str) {
    let account = json!({"code": code, "type": kind, "use": usage});
    client.post("/v1/finance/accounts", &account).await.expect(201);
}

/// Says which account plays a part.
pub(crate) async fn add_rule(client: &Client, role: &str, account: &str) {
    client.post("/v1/finance/account-rules", &json!({"role": role, "account": account})).await.expect(201);
}

/// Records what a unit of a currency is worth in euros from a day on.
pub(crate) async fn record_rate(admin: &Client, currency: &str, day: &str, rate: &str) {
    let rate = json!({"currency": currency, "baseCurrency": "EUR", "validOn": day, "rate": rate});
    admin.post("/v1/records/finance.exchange_rate", &rate).await.expect(201);
}

/// Posts a journal.
pub(crate) async fn post(client: &Client, journal: &Value) -> Answer {
    let id = client.post("/v1/finance/journals", journal).await.expect(201).text("/id");
    client.post_empty(&format!("/v1/finance/journals/{id}/post")).await.expect(200)
}

/// The balances in base currency at the end of a day that are not zero, by account.
pub(crate) async fn balances(client: &Client, as_of: &str) -> Vec<(String, String)> {
    let path = format!("/v1/finance/reports/trial-balance?asOf={as_of}");
    let report = client.get(&path).await.expect(200).json();
    assert_eq!(report["totals"]["debit"], report["totals"]["credit"]);
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = report["lines"].as_array().unwrap();
    lines.iter().map(|line| (text(line, "account"), text(line, "balance"))).collect()
}

/// A pair of texts, as [`balances`] gives them.
pub(crate) fn pair(account: &str, balance: &str) -> (String, String) {
    (account.to_owned(), balance.to_owned())
}

/// Closes of periods.
pub(crate) const CLOSES: &str = "/v1/closing/period-closes";

/// Id of the period with this name.
pub(crate) async fn period_of(client: &Client, name: &str) -> String {
    let path = format!("/v1/finance/periods?filter=name%20%3D%3D%20%22{name}%22");
    client.get(&path).await.expect(200).text("/items/0/id")
}

/// Opens the close of the period with this name, and gives its path.
pub(crate) async fn open_close(client: &Client, name: &str) -> String {
    let period = json!({"period": period_of(client, name).await});
    client.post(CLOSES, &period).await.expect(201).header("location")
}
