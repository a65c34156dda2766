//! Cash flow statements: the illustrative example A of IAS 7 (indirect method), and what the built-in layout makes of the same books.

use athyper_test_kit::Client;
use serde_json::{Value, json};

use crate::support::{add_account, add_rule, books, post, record_rate};

/// The year 20X2 of the example.
const YEAR: &str = "from=2002-01-01&to=2002-12-31";

/// The accounts, so that each flow of the example can be told from the others: what was acquired with the subsidiary and what is
/// leased have accounts of their own.
const ACCOUNTS: [(&str, &str, &str); 35] = [
    ("1000 Bank", "asset", "bank"),
    ("1010 Bank USD", "asset", "bank"),
    ("1200 Receivables", "asset", "other"),
    ("1201 Receivables of the subsidiary", "asset", "other"),
    ("1210 Interest receivable", "asset", "other"),
    ("1290 Dividends receivable", "asset", "other"),
    ("1400 Inventory", "asset", "other"),
    ("1401 Inventory of the subsidiary", "asset", "other"),
    ("1500 Portfolio investments", "asset", "other"),
    ("1600 Plant", "asset", "other"),
    ("1601 Plant of the subsidiary", "asset", "other"),
    ("1602 Leased plant", "asset", "other"),
    ("1609 Accumulated depreciation", "asset", "other"),
    ("1690 Disposals", "asset", "other"),
    ("2000 Payables", "liability", "other"),
    ("2001 Payables of the subsidiary", "liability", "other"),
    ("2100 Interest payable", "liability", "other"),
    ("2200 Income tax payable", "liability", "other"),
    ("2400 Long-term debt", "liability", "other"),
    ("2401 Debt of the subsidiary", "liability", "other"),
    ("2410 Leases", "liability", "other"),
    ("3000 Share capital", "equity", "other"),
    ("3100 Retained earnings", "equity", "other"),
    ("3900 Between currencies", "equity", "other"),
    ("4000 Sales", "income", "other"),
    ("4800 Interest income", "income", "other"),
    ("4810 Dividend income", "income", "other"),
    ("4900 Proceeds of disposals", "income", "other"),
    ("5000 Cost of sales", "expense", "other"),
    ("6000 Administration and selling", "expense", "other"),
    ("6500 Depreciation", "expense", "other"),
    ("6800 Foreign exchange loss", "expense", "other"),
    ("6900 Book value of disposals", "expense", "other"),
    ("7000 Interest expense", "expense", "other"),
    ("8000 Income tax", "expense", "other"),
];

/// The statement of financial position at the end of 20X1, debits above zero; of the cash 100 is in dollars, carried at par.
const OPENING: [(&str, i64); 13] = [
    ("1000 Bank", 60),
    ("1200 Receivables", 1_200),
    ("1400 Inventory", 1_950),
    ("1500 Portfolio investments", 2_500),
    ("1600 Plant", 1_910),
    ("1609 Accumulated depreciation", -1_060),
    ("2000 Payables", -1_890),
    ("2100 Interest payable", -100),
    ("2200 Income tax payable", -1_000),
    ("2400 Long-term debt", -1_040),
    ("3000 Share capital", -1_250),
    ("3100 Retained earnings", -1_380),
    ("3900 Between currencies", 100),
];

/// What happened in 20X2, by the notes of the example and, where they are silent, as its direct statement has it.
const EVENTS: [&[(&str, i64)]; 19] = [
    &[("1200", 30_650), ("4000", -30_650)],
    &[("1000", 30_150), ("1200", -30_150)],
    &[("5000", 26_000), ("1400", -26_000)],
    &[("1400", 24_950), ("2000", -24_950)],
    &[("2000", 26_690), ("1000", -26_690)],
    &[("6000", 910), ("1000", -910)],
    &[("6500", 450), ("1609", -450)],
    &[("7000", 400), ("1000", -170), ("2100", -230)],
    &[("2100", 100), ("1000", -100)],
    &[("1000", 200), ("1210", 100), ("4800", -300)],
    &[("1000", 200), ("4810", -200)],
    &[("8000", 300), ("2200", -300)],
    &[("2200", 900), ("1000", -900)],
    // All shares of a subsidiary, for 590, with 40 of cash.
    &[
        ("1201", 100),
        ("1401", 100),
        ("1601", 650),
        ("2001", -100),
        ("2401", -200),
        ("1000", 40),
        ("1000", -590),
    ],
    &[("1600", 350), ("1602", 900), ("1000", -350), ("2410", -900)],
    // Plant that had cost 80, of which 60 were written off, for 20.
    &[("1609", 60), ("6900", 20), ("1600", -80), ("1000", 20), ("4900", -20)],
    &[("1000", 500), ("3000", -250), ("2400", -250)],
    &[("2410", 90), ("1000", -90)],
    &[("3100", 1_200), ("1000", -1_200)],
];

fn code(start: &str) -> &'static str {
    ACCOUNTS.iter().map(|(code, ..)| *code).find(|code| code.starts_with(start)).unwrap()
}

fn line(account: &str, amount: i64) -> Value {
    let side = if amount < 0 { "credit" } else { "debit" };
    json!({"account": account, side: format!("{}.00", amount.abs()), "currency": "EUR"})
}

async fn example(accountant: &Client, admin: &Client) {
    for (code, kind, usage) in ACCOUNTS {
        add_account(accountant, code, kind, usage).await;
    }
    add_rule(accountant, "exchange_unrealised", "6800 Foreign exchange loss").await;
    let mut lines: Vec<Value> = OPENING.iter().map(|(account, amount)| line(account, *amount)).collect();
    for (account, side) in [("1010 Bank USD", "debit"), ("3900 Between currencies", "credit")] {
        lines.push(json!({"account": account, side: "100.00", "currency": "USD", "baseAmount": "100.00"}));
    }
    post(
        accountant,
        &json!({"date": "2001-12-31", "book": "opening", "rates": {"USD": "1"}, "lines": lines}),
    )
    .await;
    for (month, event) in EVENTS.iter().enumerate() {
        let lines: Vec<Value> = event.iter().map(|(start, amount)| line(code(start), *amount)).collect();
        post(accountant, &json!({"date": format!("2002-{:02}-15", month % 12 + 1), "lines": lines})).await;
    }
    // The dollars lose 40: that is the foreign exchange loss of the example.
    record_rate(admin, "USD", "2002-12-31", "0.60").await;
    accountant.post("/v1/closing/revaluations", &json!({"date": "2002-12-31"})).await.expect(201);
}

/// The rows of the example's statement.
fn layout() -> Value {
    let accounts = |key: &str, from: &str| json!({"key": key, "kind": "accounts", "from": from});
    let adjustment = |key: &str, from: &str, against: &str| json!({"key": key, "kind": "adjustment", "from": from, "against": against});
    let sum = |key: &str, of: &str| json!({"key": key, "kind": "sum", "of": of});
    json!([
        {"key": "profit", "kind": "result"},
        adjustment("tax", "8000", "taxes_paid"),
        sum("profit_before_taxation", "profit tax"),
        adjustment("depreciation", "6500", "purchases"),
        {"key": "exchange_loss", "kind": "exchange_adjustment"},
        adjustment("interest_income", "4800", "interest_received"),
        adjustment("dividend_income", "4810", "dividends_received"),
        sum("investment_income", "interest_income dividend_income"),
        adjustment("interest_expense", "7000", "interest_paid"),
        adjustment("proceeds_income", "4900", "proceeds"),
        adjustment("book_value", "6900", "purchases"),
        sum("before_working_capital",
            "profit_before_taxation depreciation exchange_loss investment_income interest_expense proceeds_income book_value"),
        accounts("receivables", "1200"),
        accounts("inventories", "1400"),
        accounts("payables", "2000"),
        sum("generated", "before_working_capital receivables inventories payables"),
        accounts("interest_paid", "2100"),
        accounts("taxes_paid", "2200"),
        sum("operating", "generated interest_paid taxes_paid"),
        accounts("acquisition", "1201"),
        accounts("acquisition", "1401"),
        accounts("acquisition", "1601"),
        accounts("acquisition", "2001"),
        accounts("acquisition", "2401"),
        accounts("purchases", "1600"),
        accounts("purchases", "1609"),
        accounts("proceeds", "1690"),
        accounts("interest_received", "1210"),
        accounts("dividends_received", "1290"),
        accounts("investments", "1500"),
        sum("investing", "acquisition purchases proceeds interest_received dividends_received investments"),
        accounts("shares", "3000"),
        accounts("borrowings", "2400"),
        accounts("leases", "2410"),
        accounts("leases", "1602"),
        accounts("dividends_paid", "3100"),
        accounts("between", "3900"),
        sum("financing", "shares borrowings leases dividends_paid between"),
        sum("change", "operating investing financing"),
        {"key": "exchange", "kind": "exchange_on_cash"},
        {"key": "opening", "kind": "opening_cash"},
        {"key": "closing", "kind": "closing_cash"},
    ])
}

/// The first figure of each row.
fn figures(statement: &Value) -> Vec<(&str, &str)> {
    let rows = statement["rows"].as_array().unwrap().iter();
    rows.filter_map(|row| Some((row["key"].as_str()?, row["amounts"][0].as_str()?))).collect()
}

fn figure<'s>(statement: &'s Value, key: &str) -> &'s str {
    figures(statement).into_iter().find(|(row, _)| *row == key).unwrap().1
}

/// IAS 7 Statement of Cash Flows, Illustrative Examples, part A: the statement of cash flows by the indirect method for 20X2, and
/// the statement of financial position (IFRS Foundation,
/// <https://ifrs.org/content/dam/ifrs/publications/html-standards/english/2025/issued/ias7-ie.html>). Cash at the beginning is 160 as reported in
/// 20X1; the example restates it by the loss of 40 that is shown here as the effect of exchange rates.
#[tokio::test]
async fn the_illustrative_example_of_ias_7_comes_out() {
    let (_app, accountant, admin) = books().await;
    example(&accountant, &admin).await;
    let layout =
        json!({"code": "IAS7", "name": "As the example", "statement": "cash_flow", "rows": layout()});
    admin.post("/v1/records/statements.layout", &layout).await.expect(201);
    let found =
        accountant.get(&format!("/v1/statements/cash-flow?{YEAR}&layout=IAS7")).await.expect(200).json();
    for (key, expected) in [
        ("profit", "3050.00"),
        ("profit_before_taxation", "3350.00"),
        ("depreciation", "450.00"),
        ("exchange_loss", "40.00"),
        ("investment_income", "-500.00"),
        ("interest_expense", "400.00"),
        ("before_working_capital", "3740.00"),
        ("receivables", "-500.00"),
        ("inventories", "1050.00"),
        ("payables", "-1740.00"),
        ("generated", "2550.00"),
        ("interest_paid", "-270.00"),
        ("taxes_paid", "-900.00"),
        ("operating", "1380.00"),
        ("acquisition", "-550.00"),
        ("purchases", "-350.00"),
        ("proceeds", "20.00"),
        ("interest_received", "200.00"),
        ("dividends_received", "200.00"),
        ("investing", "-480.00"),
        ("shares", "250.00"),
        ("borrowings", "250.00"),
        ("leases", "-90.00"),
        ("dividends_paid", "-1200.00"),
        ("financing", "-790.00"),
        ("change", "110.00"),
        ("exchange", "-40.00"),
        ("opening", "160.00"),
        ("closing", "230.00"),
    ] {
        assert_eq!(figure(&found, key), expected, "{key}: {:?}", figures(&found));
    }
    assert_eq!((&found["reconciles"], &found["unassigned"]), (&json!(true), &json!([])));
    assert_eq!(found["reconciliation"][0][0]["expected"], "70.00");

    let sheet = accountant
        .get("/v1/statements/balance-sheet?asOf=2002-12-31&compare=2001-12-31")
        .await
        .expect(200)
        .json();
    let totals = |key: &str| {
        sheet["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()["amounts"].clone()
    };
    assert_eq!(totals("total_assets"), json!(["7910.00", "6660.00"]));
    assert_eq!(totals("total_liabilities"), json!(["3180.00", "4030.00"]));
    assert_eq!(totals("total_equity"), json!(["4730.00", "2630.00"]));
    assert_eq!((totals("result"), totals("cash")), (json!(["3050.00", "0.00"]), json!(["230.00", "160.00"])));
    assert_eq!(sheet["reconciles"], true);
}

#[tokio::test]
async fn the_built_in_layout_tells_exchange_differences_on_cash_apart() {
    let (_app, accountant, admin) = books().await;
    example(&accountant, &admin).await;
    let path = format!("/v1/statements/cash-flow?{YEAR}&compare=2003-01-01..2003-01-31");
    let found = accountant.get(&path).await.expect(200).json();
    assert_eq!((figure(&found, "change"), figure(&found, "exchange_on_cash")), ("110.00", "-40.00"));
    assert_eq!((figure(&found, "opening_cash"), figure(&found, "closing_cash")), ("160.00", "230.00"));
    assert_eq!(found["reconciles"], true);
    // On the next day the revaluation is undone: nothing flows, and cash is what it was.
    let next = |key: &str| {
        found["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()["amounts"][1].clone()
    };
    assert_eq!(
        [next("change"), next("exchange_on_cash"), next("closing_cash")],
        [json!("0.00"), json!("40.00"), json!("270.00")]
    );

    // An account that the layout has no row for is told, and the statement says that it does not agree.
    let short = json!({"code": "SHORT", "name": "Without equity", "statement": "cash_flow", "rows": [
        {"key": "result", "kind": "result"},
        {"key": "exchange_adjustment", "kind": "exchange_adjustment"},
        {"key": "rest", "kind": "accounts", "type": "asset"},
        {"key": "rest", "kind": "accounts", "type": "liability"},
        {"key": "exchange_on_cash", "kind": "exchange_on_cash"},
    ]});
    admin.post("/v1/records/statements.layout", &short).await.expect(201);
    let found =
        accountant.get(&format!("/v1/statements/cash-flow?{YEAR}&layout=SHORT")).await.expect(200).json();
    let left: Vec<&Value> =
        found["unassigned"].as_array().unwrap().iter().map(|account| &account["account"]).collect();
    assert_eq!(left, ["3000 Share capital", "3100 Retained earnings"]);
    assert_eq!(found["reconciles"], false);
    let check = &found["reconciliation"][0][0];
    // 250 were paid in, 1200 were paid out.
    assert_eq!((&check["holds"], &check["difference"]), (&json!(false), &json!("950.00")));
}
