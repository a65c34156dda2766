//! A trading company's March 2025, from its documents to the closed books: 375 documents in three currencies and 135 payments over
//! HTTP, and the figures that a separate program worked out (`tests/data/trading-month`).

use std::collections::BTreeMap;

use athyper_test_kit::{Client, TestApp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::fresh::run_operation;
use crate::statements::accounts;
use crate::support::{add_account, add_rule, balances, books, open_close, record_rate};

type Row = BTreeMap<String, String>;

fn path(file: &str) -> String {
    format!("{}/tests/data/trading-month/{file}.csv", env!("CARGO_MANIFEST_DIR"))
}

/// The rows of a file, by the names of their columns. No cell of these files is quoted.
fn rows(file: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(path(file)).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            names
                .iter()
                .zip(line.split(','))
                .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An id that is always the same for a party.
fn party(name: &str) -> Value {
    let kind = if name.starts_with("Customer") { 1 } else { 2 };
    let number: u32 = name.rsplit(' ').next().unwrap().parse().unwrap();
    json!({"id": format!("00000000-0000-7000-8000-{kind:06}{number:06}"), "name": name})
}

/// The chart of accounts, the parts that accounts play, tax codes, terms and rates.
async fn set_up(accountant: &Client, admin: &Client) {
    for (code, kind, usage) in [
        ("1000 Bank EUR", "asset", "bank"),
        ("1010 Bank USD", "asset", "bank"),
        ("1020 Bank JPY", "asset", "bank"),
        ("1200 Receivables", "asset", "receivable"),
        ("1300 Input tax", "asset", "tax"),
        ("1400 Inventory", "asset", "other"),
        ("2000 Payables", "liability", "payable"),
        ("2200 Output tax", "liability", "tax"),
        ("3000 Share capital", "equity", "other"),
        ("3900 Opening in other currencies", "equity", "other"),
        ("4000 Goods sales", "income", "other"),
        ("4010 Service sales", "income", "other"),
        ("4020 Freight sales", "income", "other"),
        ("6100 Rent", "expense", "other"),
        ("6200 Marketing", "expense", "other"),
        ("6300 Office supplies", "expense", "other"),
        ("6400 IT services", "expense", "other"),
        ("7800 Realised exchange differences", "expense", "other"),
        ("7810 Unrealised exchange differences", "expense", "other"),
        ("7900 Rounding differences", "expense", "other"),
    ] {
        add_account(accountant, code, kind, usage).await;
    }
    for (role, account) in [
        ("receivable", "1200 Receivables"),
        ("payable", "2000 Payables"),
        ("output_tax", "2200 Output tax"),
        ("input_tax", "1300 Input tax"),
        ("rounding", "7900 Rounding differences"),
        ("opening_balance", "3900 Opening in other currencies"),
        ("exchange_realised", "7800 Realised exchange differences"),
        ("exchange_unrealised", "7810 Unrealised exchange differences"),
    ] {
        add_rule(accountant, role, account).await;
    }
    for side in ["S", "P"] {
        for rate in ["20", "10", "0"] {
            let code = json!({"code": format!("{side}{rate}"), "name": format!("{side} {rate} %"), "kind": "percentage",
                "rate": rate, "validFrom": "2025-01-01"});
            admin.post("/v1/records/invoicing.tax_code", &code).await.expect(201);
        }
    }
    for days in [0, 10, 14, 30, 45] {
        let terms = json!({"code": format!("NET{days}"), "name": format!("{days} days"),
            "instalments": [{"share": "rest", "days": days}]});
        admin.post("/v1/records/invoicing.terms", &terms).await.expect(201);
    }
    for rate in rows("rates") {
        record_rate(admin, &rate["currency"], &rate["date"], &rate["eur_per_unit"]).await;
    }
}

/// Brings the balances of the first of March forward. What is in other currencies stands against an account of its own, whose
/// balance in base currency is zero: nothing is converted to make a journal balance.
async fn bring_forward(app: &TestApp, accountant: &Client) {
    let file = std::fs::read_to_string(path("opening")).unwrap().replacen("base_eur", "base_amount", 1);
    let accepted = accountant.post_csv("/v1/opening/balances/import?date=2025-03-01", file).await;
    let ended = run_operation(app, accountant, accepted).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let of_file: BTreeMap<String, Decimal> =
        rows("opening").into_iter().map(|row| (row["account"].clone(), decimal(&row["base_eur"]))).collect();
    assert_eq!(balances_on(accountant, "2025-03-01").await, of_file);
}

/// A document of the file as a draft.
fn draft(document: &Row, lines: &[Row], ids: &BTreeMap<String, String>) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({"account": line["account"], "quantity": line["quantity"], "unitPrice": line["unit_price"],
                "discountPercent": line["discount_percent"], "taxCodes": [line["tax_code"]]})
        })
        .collect();
    let day = |name: &str| document[name].parse::<chrono::NaiveDate>().unwrap();
    let days = (day("due") - day("date")).num_days();
    let mut draft = json!({"kind": document["kind"], "date": document["date"], "party": party(&document["party"]),
        "currency": document["currency"], "rate": document["rate"], "terms": format!("NET{days}"),
        "memo": document["number"], "lines": lines});
    if document["currency"] == "EUR" {
        draft.as_object_mut().unwrap().remove("rate");
    }
    if let Some(corrected) = ids.get(&document["credits"]) {
        draft["corrects"] = json!(corrected);
    }
    if document["kind"] == "purchase" {
        draft["supplierNumber"] = document["number"].clone().into();
    }
    draft
}

/// Posts a document and gives its id and its number.
async fn enter(accountant: &Client, document: &Row, draft: &Value) -> (String, String) {
    let id = accountant.post("/v1/invoicing/invoices", draft).await.expect(201).text("/id");
    let posted = accountant.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await.expect(200);
    assert_eq!(decimal(&posted.text("/gross")), decimal(&document["gross"]), "{document:?}");
    assert_eq!(posted.text("/dueOn"), document["due"], "{document:?}");
    (id, posted.text("/number"))
}

async fn pay(accountant: &Client, payment: &Row, allocations: &[Row], ids: &BTreeMap<String, String>) {
    let bank = match payment["currency"].as_str() {
        "EUR" => "1000 Bank EUR",
        "USD" => "1010 Bank USD",
        _ => "1020 Bank JPY",
    };
    let allocations: Vec<Value> = allocations
        .iter()
        .map(|part| json!({"invoice": ids[&part["document"]], "amount": part["amount"]}))
        .collect();
    let mut draft = json!({"direction": payment["direction"], "date": payment["date"], "party": party(&payment["party"]),
        "bankAccount": bank, "currency": payment["currency"], "amount": payment["amount"], "rate": payment["rate"],
        "reference": payment["number"], "allocations": allocations});
    if payment["currency"] == "EUR" {
        draft.as_object_mut().unwrap().remove("rate");
    }
    let id = accountant.post("/v1/invoicing/payments", &draft).await.expect(201).text("/id");
    accountant.post_empty(&format!("/v1/invoicing/payments/{id}/post")).await.expect(200);
}

/// The rows of a file that belong to one document or payment.
fn of(rows: &[Row], column: &str, number: &str) -> Vec<Row> {
    rows.iter().filter(|row| row[column] == number).cloned().collect()
}

/// The balances of a file, without those that are zero.
fn expected_balances(file: &str) -> BTreeMap<String, Decimal> {
    rows(file)
        .into_iter()
        .map(|row| (row["account"].clone(), decimal(&row["base_eur_debit_positive"])))
        .filter(|(_, balance)| !balance.is_zero())
        .collect()
}

/// What is open by the file, and what that is carried at.
fn expected_items() -> BTreeMap<String, (Decimal, Decimal)> {
    let item = |row: Row| {
        // What is owed to suppliers and to customers is on the credit side.
        let sign = if row["number"].starts_with("SI") { Decimal::ONE } else { -Decimal::ONE };
        let amount = |name: &str| decimal(&row[name]).abs() * sign;
        (row["number"].clone(), (amount("open_amount"), amount("carrying_base_eur_before_revaluation")))
    };
    rows("expected-open-items").into_iter().map(item).collect()
}

async fn balances_on(client: &Client, day: &str) -> BTreeMap<String, Decimal> {
    let found = balances(client, day).await;
    found.into_iter().map(|(account, balance)| (account, decimal(&balance))).collect()
}

/// The accounts of the balance sheet of a day and of the income statement up to it, which are all accounts there are.
async fn in_statements(client: &Client, day: &str) -> BTreeMap<String, Decimal> {
    let mut found = BTreeMap::new();
    for path in [format!("balance-sheet?asOf={day}"), format!("income-statement?from=2025-01-01&to={day}")] {
        let statement = client.get(&format!("/v1/statements/{path}")).await.expect(200).json();
        assert_eq!(statement["reconciles"], true, "{statement:#}");
        found.extend(accounts(&statement).into_iter().map(|(account, (amount, _))| (account, amount)));
    }
    let flows =
        client.get(&format!("/v1/statements/cash-flow?from=2025-03-02&to={day}")).await.expect(200).json();
    assert_eq!(flows["reconciles"], true, "{flows:#}");
    found
}

/// All that is open: number of the document in the file, and what is open of it and what that is carried at.
async fn open_items(
    client: &Client,
    numbers: &BTreeMap<String, String>,
) -> BTreeMap<String, (Decimal, Decimal)> {
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/finance/open-items?filter=open%20!%3D%200.0&sort=date&limit=200{cursor}");
        let page = client.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            let amount = |name: &str| decimal(item[name].as_str().unwrap());
            let number = numbers[item["reference"].as_str().unwrap()].clone();
            assert!(found.insert(number, (amount("open"), amount("openBase"))).is_none());
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Signs the month off by its checklist; what is kept of it are the figures of the files.
async fn sign_off(accountant: &Client, admin: &Client, close: &str, numbers: &BTreeMap<String, String>) {
    let list = accountant.get(close).await.expect(200).json()["checklist"].clone();
    assert_eq!(list["isComplete"], true, "{list}");
    let steps: Vec<&str> =
        list["proven"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        [
            "invoicing.invoices_posted",
            "invoicing.payments_posted",
            "banking.lines_posted",
            "banking.statements_complete",
            "banking.reconciliations_signed",
            "recurring.entries_made",
            "finance.earlier_periods_closed",
            "finance.journals_posted",
            "finance.numbers_complete",
            "finance.trial_balance_zero",
            "finance.clearing_accounts_zero",
            "closing.revaluation_done",
            "closing.subledgers_agree",
        ]
    );
    let signed = admin.post_empty(&format!("{close}/sign-off")).await.expect(200);
    let kept = accountant.get(&format!("{close}/snapshot")).await.expect(200).json();
    assert_eq!(kept["digest"], signed.json()["digest"]);
    let mut balances: BTreeMap<String, Decimal> = BTreeMap::new();
    for balance in kept["snapshot"]["balances"].as_array().unwrap() {
        let base = decimal(balance["base"].as_str().unwrap());
        *balances.entry(balance["account"].as_str().unwrap().to_owned()).or_default() += base;
    }
    balances.retain(|_, balance| !balance.is_zero());
    assert_eq!(balances, expected_balances("expected-trial-balance"));
    let items: BTreeMap<String, (Decimal, Decimal)> = kept["snapshot"]["openItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let amount = |name: &str| decimal(item[name].as_str().unwrap());
            (numbers[item["reference"].as_str().unwrap()].clone(), (amount("open"), amount("openBase")))
        })
        .collect();
    assert_eq!(items, expected_items());
    let verification = accountant.get(&format!("{close}/verification")).await.expect(200).json();
    assert_eq!((&verification["isIntact"], &verification["agrees"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn the_books_of_the_month_come_out_to_the_cent() {
    let (app, accountant, admin) = books().await;
    set_up(&accountant, &admin).await;
    bring_forward(&app, &accountant).await;

    // Documents and payments in the order of their days; what comes on one day in that of their files.
    let (documents, lines) = (rows("documents"), rows("document-lines"));
    let (payments, allocations) = (rows("payments"), rows("allocations"));
    let mut days: Vec<&String> = documents.iter().chain(&payments).map(|row| &row["date"]).collect();
    days.sort();
    days.dedup();
    let (mut ids, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    for day in days {
        for document in documents.iter().filter(|row| row["date"] == *day) {
            let draft = draft(document, &of(&lines, "number", &document["number"]), &ids);
            let (id, number) = enter(&accountant, document, &draft).await;
            ids.insert(document["number"].clone(), id);
            numbers.insert(number, document["number"].clone());
        }
        for payment in payments.iter().filter(|row| row["date"] == *day) {
            pay(&accountant, payment, &of(&allocations, "payment", &payment["number"]), &ids).await;
        }
    }
    assert_eq!((ids.len(), payments.len()), (375, 135));

    let before = expected_balances("expected-trial-balance-before-revaluation");
    assert_eq!(balances_on(&accountant, "2025-03-31").await, before);
    assert_eq!(in_statements(&accountant, "2025-03-31").await, before);

    assert_eq!(open_items(&accountant, &numbers).await, expected_items());

    let report =
        accountant.get("/v1/invoicing/reports/tax?from=2025-03-01&to=2025-03-31").await.expect(200).json();
    let found: BTreeMap<&str, (Decimal, Decimal)> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let amount = |name: &str| decimal(line[name].as_str().unwrap());
            (line["code"].as_str().unwrap(), (amount("base"), amount("tax")))
        })
        .collect();
    let taxes = rows("expected-tax-report");
    let expected: BTreeMap<&str, (Decimal, Decimal)> = taxes
        .iter()
        .map(|row| (row["tax_code"].as_str(), (decimal(&row["base_eur"]), decimal(&row["tax_eur"]))))
        .collect();
    assert_eq!(found, expected);

    let close = open_close(&accountant, "2025-03").await;
    let early = admin.post_empty(&format!("{close}/sign-off")).await.expect(409).json();
    assert_eq!(early["errors"].as_array().unwrap().len(), 1);
    assert_eq!(early["errors"][0]["pointer"], "/checklist/closing.revaluation_done");
    accountant.post("/v1/closing/revaluations", &json!({"date": "2025-03-31"})).await.expect(201);
    let after = expected_balances("expected-trial-balance");
    assert_eq!(balances_on(&accountant, "2025-03-31").await, after);
    assert_eq!(in_statements(&accountant, "2025-03-31").await, after);
    assert_eq!(balances_on(&accountant, "2025-04-01").await, before);

    // The month is signed off, and takes nothing more.
    sign_off(&accountant, &admin, &close, &numbers).await;
    let late = draft(&documents[0], &of(&lines, "number", &documents[0]["number"]), &ids);
    let id = accountant.post("/v1/invoicing/invoices", &late).await.expect(201).text("/id");
    let refused = accountant.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await.expect(409);
    assert_eq!(refused.code(), "finance.period_closed");
    assert_eq!(balances_on(&accountant, "2025-03-31").await, after);
}
