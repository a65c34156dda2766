//! Balance sheet, income statement and trial balance: what is in them, how they lead to the ledger, and by which layouts.

use std::collections::BTreeMap;

use athyper_test_kit::Client;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{add_account, add_rule, books, post};

const SHEET: &str = "/v1/statements/balance-sheet";
const INCOME: &str = "/v1/statements/income-statement";
const LAYOUTS: &str = "/v1/records/statements.layout";

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// The figures of a row.
fn row(statement: &Value, key: &str) -> Value {
    statement["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()["amounts"].clone()
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

fn journal(date: &str, debit: &str, credit: &str, amount: &str) -> Value {
    json!({"date": date, "lines": [{"account": debit, "debit": amount}, {"account": credit, "credit": amount}]})
}

async fn trade(accountant: &Client) {
    for (code, kind, usage) in [
        ("Bank", "asset", "bank"),
        ("Loan", "liability", "other"),
        ("Capital", "equity", "other"),
        ("Retained earnings", "equity", "other"),
        ("Sales", "income", "other"),
        ("Rent", "expense", "other"),
    ] {
        add_account(accountant, code, kind, usage).await;
    }
    for (date, debit, credit, amount) in [
        ("2023-06-30", "Bank", "Capital", "500.00"),
        ("2023-07-01", "Bank", "Sales", "40.00"),
        ("2024-02-01", "Bank", "Sales", "1000.00"),
        ("2024-04-01", "Rent", "Bank", "300.00"),
        ("2024-12-31", "Bank", "Loan", "70.00"),
        ("2025-01-05", "Rent", "Bank", "25.00"),
    ] {
        post(accountant, &journal(date, debit, credit, amount)).await;
    }
}

#[tokio::test]
async fn the_result_stands_in_equity_until_the_year_is_closed() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant).await;
    add_rule(&accountant, "retained_earnings", "Retained earnings").await;
    let path = format!("{SHEET}?asOf=2025-01-31&compare=2024-12-31,2024-12-30,2023-12-31");
    let open = get(&accountant, &path).await;
    assert_eq!(row(&open, "result"), json!(["-25.00", "700.00", "700.00", "40.00"]));
    assert_eq!(row(&open, "earlier_result"), json!(["740.00", "40.00", "40.00", "0.00"]));
    assert_eq!(row(&open, "total_assets"), json!(["1285.00", "1310.00", "1240.00", "540.00"]));
    assert_eq!(row(&open, "total_equity_and_liabilities"), row(&open, "total_assets"));
    assert_eq!(open["reconciles"], true);
    let year = format!("{INCOME}?from=2024-01-01&to=2024-12-31&compare=previousYear");
    let before = get(&accountant, &year).await;
    assert_eq!(row(&before, "result"), json!(["700.00", "40.00"]));

    for day in ["2023-12-31", "2024-12-31"] {
        admin.post("/v1/closing/fiscal-years", &json!({"lastDay": day})).await.expect(201);
    }
    let closed = get(&accountant, &path).await;
    // On the last day the year is closed, on the day before it was not, and what is seen of it then is still its result.
    assert_eq!(row(&closed, "result"), json!(["-25.00", "0.00", "700.00", "0.00"]));
    assert_eq!(row(&closed, "earlier_result"), json!(["0.00", "0.00", "0.00", "0.00"]));
    assert_eq!(row(&closed, "capital"), json!(["1240.00", "1240.00", "540.00", "540.00"]));
    assert_eq!(row(&closed, "total_assets"), row(&open, "total_assets"));
    assert_eq!(closed["reconciles"], true);
    // The close is no movement of the year: its income statement stays, and its cash flows do.
    let after = get(&accountant, &year).await;
    assert_eq!((&after["rows"], &after["reconciles"]), (&before["rows"], &json!(true)));
    let flows = get(&accountant, "/v1/statements/cash-flow?from=2024-01-01&to=2024-12-31").await;
    assert_eq!((row(&flows, "result"), row(&flows, "change")), (json!(["700.00"]), json!(["770.00"])));
    assert_eq!((row(&flows, "equity"), &flows["reconciles"]), (json!(["0.00"]), &json!(true)));

    let years = get(&accountant, "/v1/closing/fiscal-years").await;
    let id = years["items"].as_array().unwrap().iter().find(|year| year["lastDay"] == "2024-12-31").unwrap()
        ["id"]
        .clone();
    let reopen = format!("/v1/closing/fiscal-years/{}/reopen", id.as_str().unwrap());
    admin.post(&reopen, &json!({"reason": "An invoice came late"})).await.expect(200);
    let reopened = get(&accountant, &path).await;
    assert_eq!(row(&reopened, "result"), json!(["-25.00", "700.00", "700.00", "0.00"]));
    assert_eq!(get(&accountant, &year).await["rows"], before["rows"]);
}

/// The last balance, and the sum of all lines, of an account's ledger.
async fn followed(client: &Client, link: &str) -> (Decimal, Decimal) {
    let page = get(client, link).await;
    assert_eq!(page["nextCursor"], Value::Null);
    let lines = page["items"].as_array().unwrap();
    for line in lines {
        let journal = format!("/v1/finance/journals/{}", line["journal"].as_str().unwrap());
        client.get(&journal).await.expect(200);
    }
    let sum = lines.iter().map(|line| decimal(&line["debit"]) - decimal(&line["credit"])).sum();
    (lines.last().map_or(Decimal::ZERO, |line| decimal(&line["balance"])), sum)
}

/// Rows that show credits above zero.
const CREDITS: [&str; 6] =
    ["capital", "payables", "tax_liabilities", "overdrafts", "other_liabilities", "income"];

/// The accounts of a statement's first column, debits above zero, and their links.
pub(crate) fn accounts(statement: &Value) -> BTreeMap<String, (Decimal, String)> {
    let mut found = BTreeMap::new();
    for row in statement["rows"].as_array().unwrap() {
        let sign = if CREDITS.contains(&row["key"].as_str().unwrap()) {
            Decimal::NEGATIVE_ONE
        } else {
            Decimal::ONE
        };
        for account in row["accounts"].as_array().into_iter().flatten() {
            let link = account["links"][0].as_str().unwrap().to_owned();
            let code = account["account"].as_str().unwrap().to_owned();
            assert!(found.insert(code, (decimal(&account["amounts"][0]) * sign, link)).is_none());
        }
    }
    found
}

#[tokio::test]
async fn every_figure_leads_to_its_lines_and_they_to_journals() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant).await;
    add_rule(&accountant, "retained_earnings", "Retained earnings").await;
    admin.post("/v1/closing/fiscal-years", &json!({"lastDay": "2024-12-31"})).await.expect(201);
    let sheet = get(&accountant, &format!("{SHEET}?asOf=2025-01-31")).await;
    let found = accounts(&sheet);
    assert_eq!(found.len(), 4);
    for (account, (amount, link)) in found {
        assert_eq!(followed(&accountant, &link).await.0, amount, "{account}");
    }
    let income = get(&accountant, &format!("{INCOME}?from=2024-01-01&to=2024-12-31")).await;
    let found = accounts(&income);
    assert_eq!(found.len(), 2);
    for (account, (amount, link)) in found {
        assert_eq!(followed(&accountant, &link).await.1, amount, "{account}");
    }
    // The result of a balance sheet leads to the income statement.
    let result = sheet["rows"].as_array().unwrap().iter().find(|row| row["key"] == "result").unwrap();
    let of_result = get(&accountant, result["links"][0].as_str().unwrap()).await;
    assert_eq!(row(&of_result, "result"), result["amounts"]);

    let trial = get(&accountant, "/v1/statements/trial-balance?from=2024-01-01&to=2024-12-31").await;
    let line = |code: &str| {
        let line = trial["lines"].as_array().unwrap().iter().find(|line| line["account"] == code).unwrap();
        ["opening", "debit", "credit", "closing"].map(|name| line[name].as_str().unwrap().to_owned())
    };
    assert_eq!(line("Bank"), ["540.00", "1070.00", "300.00", "1310.00"]);
    // The close is in it: what was sold in two years went to retained earnings.
    assert_eq!(line("Sales"), ["-40.00", "1040.00", "1000.00", "0.00"]);
    assert_eq!((&trial["totals"]["closing"], &trial["reconciles"]), (&json!("0.00"), &json!(true)));
    for line in trial["lines"].as_array().unwrap() {
        let (balance, moved) = followed(&accountant, line["link"].as_str().unwrap()).await;
        // Where nothing moved there is no line to show a balance.
        let has_lines = line["debit"] != "0.00" || line["credit"] != "0.00";
        assert!(!has_lines || balance == decimal(&line["closing"]), "{balance} {line}");
        assert_eq!(moved, decimal(&line["debit"]) - decimal(&line["credit"]), "{line}");
    }
}

async fn add_dimension(admin: &Client, values: &[&str]) {
    let dimension = json!({"key": "costCentre", "name": "Cost centre", "balancing": false});
    let id = admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in values {
        let value = json!({"dimension": id, "code": code, "name": code});
        admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
}

#[tokio::test]
async fn parts_of_a_dimension_sum_up_to_the_whole() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant).await;
    add_dimension(&admin, &["A", "B", "unused"]).await;
    for (date, value, amount) in [
        ("2025-01-10", "A", "11.00"),
        ("2025-02-28", "B", "7.00"),
        ("2025-03-01", "A", "5.50"),
        ("2025-03-20", "B", "2.25"),
    ] {
        let journal = json!({"date": date, "lines": [
            {"account": "Rent", "debit": amount, "dimensions": {"costCentre": value}},
            {"account": "Bank", "credit": amount}]});
        post(&accountant, &journal).await;
    }
    let days = "from=2025-01-03&to=2025-03-10";
    let result = async |filter: &str| {
        let statement = get(&accountant, &format!("{INCOME}?{days}{filter}")).await;
        assert_eq!(statement["reconciles"], true, "{filter}");
        for (account, (amount, link)) in accounts(&statement) {
            assert_eq!(followed(&accountant, &link).await.1, amount, "{filter} {account}");
        }
        decimal(&row(&statement, "result")[0])
    };
    let (whole, a, b) =
        (result("").await, result("&dimension=costCentre:A").await, result("&dimension=costCentre:B").await);
    let (both, none) = (result("&dimension=costCentre:A,B").await, result("&dimension=costCentre:").await);
    assert_eq!(
        [whole, a, b, both, none].map(|amount| amount.to_string()),
        ["-48.50", "-16.50", "-7.00", "-23.50", "-25.00"]
    );
    assert_eq!(result("&dimension=costCentre:unused").await, Decimal::ZERO);
    // The balance sheet of a value that does not balance by itself says so, and its accounts still lead to their lines.
    let sheet = get(&accountant, &format!("{SHEET}?asOf=2025-03-10&dimension=costCentre:A")).await;
    assert_eq!((&sheet["reconciles"], row(&sheet, "result")), (&json!(false), json!(["-16.50"])));
    assert_eq!(sheet["reconciliation"][0][0]["difference"], "16.50");
    let rest = get(&accountant, &format!("{SHEET}?asOf=2025-03-10&dimension=costCentre:")).await;
    for (account, (amount, link)) in accounts(&rest) {
        assert_eq!(followed(&accountant, &link).await.0, amount, "{account}");
    }

    for wrong in ["costCentre:C", "costCentre:A,C"] {
        let refused = accountant.get(&format!("{INCOME}?{days}&dimension={wrong}")).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), "?dimension");
        let ledger = format!("/v1/finance/reports/account-ledger?account=Rent&dimension={wrong}");
        accountant.get(&ledger).await.expect(422);
    }
    accountant.get(&format!("{INCOME}?{days}&dimension=costCentre")).await.expect(400);
}

#[tokio::test]
async fn a_layout_of_ones_own_loses_no_account_silently() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant).await;
    let rows = json!([
        {"key": "bank", "label": "Bank", "kind": "accounts", "from": "Bank"},
        {"key": "money", "label": "Money", "kind": "accounts", "use": "bank"},
        {"key": "owners", "label": "Owners", "kind": "accounts", "type": "equity", "side": "credit"},
        {"key": "result", "label": "Profit", "kind": "result", "side": "credit"},
        {"key": "total", "label": "Total", "kind": "sum", "of": "owners result", "side": "credit"},
    ]);
    let layout = json!({"code": "SHORT", "name": "Short", "statement": "balance_sheet", "isDefault": true, "rows": rows});
    let id = admin.post(LAYOUTS, &layout).await.expect(201).text("/id");
    let found = get(&accountant, &format!("{SHEET}?asOf=2025-01-31")).await;
    assert_eq!(found["layout"], json!({"code": "SHORT", "name": "Short"}));
    // Without a row for what is left of earlier years, the result has it all.
    assert_eq!((row(&found, "result"), row(&found, "total")), (json!(["715.00"]), json!(["1215.00"])));
    assert_eq!((row(&found, "bank"), row(&found, "money")), (json!(["1285.00"]), json!(["0.00"])));
    assert_eq!(found["ambiguous"], json!([{"account": "Bank", "rows": ["bank", "money"]}]));
    assert_eq!(
        (&found["unassigned"][0]["account"], &found["unassigned"][0]["amounts"]),
        (&json!("Loan"), &json!(["-70.00"]))
    );
    let checks = found["reconciliation"][0].as_array().unwrap();
    let failed: Vec<&Value> =
        checks.iter().filter(|check| check["holds"] == false).map(|check| &check["key"]).collect();
    assert_eq!((failed, &found["reconciles"]), (vec![&json!("no_account_left_out")], &json!(false)));

    // Two defaults decide nothing, a layout of another statement is none, and the built-in one can be taken as a start.
    let built_in = get(&accountant, "/v1/statements/built-in-layout?statement=balance_sheet").await;
    let second = json!({"code": "FULL", "name": "Full", "statement": "balance_sheet", "isDefault": true, "rows": built_in["rows"]});
    admin.post(LAYOUTS, &second).await.expect(201);
    let unclear = accountant.get(&format!("{SHEET}?asOf=2025-01-31")).await.expect(422);
    assert_eq!(unclear.code(), "statements.layout_unclear");
    let full = get(&accountant, &format!("{SHEET}?asOf=2025-01-31&layout=FULL")).await;
    assert_eq!((&full["reconciles"], row(&full, "total_assets")), (&json!(true), json!(["1285.00"])));
    admin.with("if-match", "\"1\"").delete(&format!("{LAYOUTS}/{id}")).await.expect(204);
    assert_eq!(get(&accountant, &format!("{SHEET}?asOf=2025-01-31")).await["layout"]["code"], "FULL");
    let missing = accountant.get(&format!("{INCOME}?layout=FULL&to=2025-01-31")).await.expect(404);
    assert_eq!(missing.code(), "statements.layout_not_found");

    let broken = json!({"code": "BROKEN", "name": "Broken", "statement": "balance_sheet", "rows": [
        {"key": "total", "kind": "sum", "of": "nothing"}]});
    admin.post(LAYOUTS, &broken).await.expect(201);
    let unusable = accountant.get(&format!("{SHEET}?layout=BROKEN")).await.expect(422);
    assert_eq!(unusable.code(), "statements.layout_unusable");
    assert!(unusable.text("/detail").contains("row total"), "{unusable:?}");
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused() {
    let (app, accountant, _admin) = books().await;
    trade(&accountant).await;
    for (path, status, code) in [
        (format!("{SHEET}?compare=previousPeriod:12"), 422, "statements.invalid_columns"),
        (format!("{SHEET}?compare=lastYear"), 422, "statements.invalid_columns"),
        (format!("{INCOME}?from=2025-02-01&to=2025-01-31"), 422, "statements.days_reversed"),
        (format!("{SHEET}?entity=nobody"), 404, "finance.entity_not_found"),
        (format!("{SHEET}?asOf=2025-2-1"), 400, "request.invalid_query"),
        ("/v1/statements/cash-flow?dimension=costCentre:A".to_owned(), 400, "request.invalid_query"),
    ] {
        assert_eq!(accountant.get(&path).await.expect(status).code(), code, "{path}");
    }
    let whole = get(&accountant, &format!("{SHEET}?asOf=2025-01-31&compare=previousPeriod:11")).await;
    assert_eq!(row(&whole, "total_assets").as_array().unwrap().len(), 12);
    // Another tenant has no books, and a layout of this one is not there for it.
    app.user("globex", "accountant").get(SHEET).await.expect(404);
    app.user("demo", "nobody").get(SHEET).await.expect(403);
}
