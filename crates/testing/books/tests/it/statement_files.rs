//! Statements as files: CSV, XLSX and PDF show what JSON shows.

use std::io::{Cursor, Read as _};

use athyper_test_kit::Client;
use serde_json::{Value, json};

use crate::support::{add_account, books, post};

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PDF: &str = "application/pdf";

const PATHS: [&str; 4] = [
    "/v1/statements/balance-sheet?asOf=2025-03-31&compare=previousPeriod",
    "/v1/statements/income-statement?from=2025-01-01&to=2025-03-31&compare=previousYear",
    "/v1/statements/cash-flow?from=2025-01-01&to=2025-03-31",
    "/v1/statements/trial-balance?from=2025-01-01&to=2025-03-31",
];

async fn trade(accountant: &Client) {
    for (code, kind, usage) in
        [("Bank", "asset", "bank"), ("Sales", "income", "other"), ("Rent", "expense", "other")]
    {
        add_account(accountant, code, kind, usage).await;
    }
    let polish = json!({"code": "Assets:Lodz", "name": "=Łódź, \"magazyn\"", "type": "asset"});
    accountant.post("/v1/finance/accounts", &polish).await.expect(201);
    for (date, debit, credit, amount) in [
        ("2025-02-01", "Bank", "Sales", "1234567.89"),
        ("2025-03-01", "Rent", "Bank", "300.05"),
        ("2025-03-02", "Assets:Lodz", "Bank", "70.10"),
    ] {
        post(accountant, &json!({"date": date, "lines": [{"account": debit, "debit": amount}, {"account": credit, "credit": amount}]}))
            .await;
    }
}

/// All amounts of an answer, wherever they stand in rows and lines.
fn amounts(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "reconciliation").for_each(
                |(name, value)| match value {
                    Value::String(text)
                        if ["opening", "debit", "credit", "closing"].contains(&name.as_str()) =>
                    {
                        found.push(text.clone());
                    }
                    other => amounts(other, found),
                },
            );
        }
        Value::Array(list) => list.iter().for_each(|value| match value {
            Value::String(text) if text.contains('.') && !text.contains('/') => found.push(text.clone()),
            other => amounts(other, found),
        }),
        _ => {}
    }
}

fn grouped(amount: &str) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap();
    let mut parts: Vec<String> =
        whole.as_bytes().rchunks(3).map(|part| String::from_utf8(part.to_vec()).unwrap()).collect();
    parts.reverse();
    format!("{sign}{}.{fraction}", parts.join(","))
}

fn has(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

fn sheet(workbook: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook.to_vec())).unwrap();
    let mut text = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn every_form_has_every_figure() {
    let (_app, accountant, _admin) = books().await;
    trade(&accountant).await;
    for path in PATHS {
        let json = accountant.get(path).await.expect(200);
        assert!(json.header("vary").contains("accept"), "{path}");
        let (json, mut expected) = (json.json(), Vec::new());
        assert_eq!(json["reconciles"], true, "{path}");
        amounts(&json, &mut expected);
        assert!(expected.iter().any(|amount| amount.starts_with("1234")), "{path}: {expected:?}");

        let csv = accountant.get(&format!("{path}&format=csv")).await.expect(200);
        assert_eq!(csv.header("content-type"), CSV);
        let csv = String::from_utf8(csv.body.to_vec()).unwrap();
        let mut cells: Vec<&str> = csv.split(['\n', ',']).map(str::trim).collect();
        let workbook = accountant.with("accept", XLSX).get(path).await.expect(200);
        assert_eq!(workbook.header("content-type"), XLSX);
        assert!(workbook.header("content-disposition").ends_with(".xlsx\""));
        let sheet = sheet(&workbook.body);
        let pdf = accountant.with("accept", PDF).get(path).await.expect(200);
        assert_eq!(pdf.header("content-type"), PDF);
        for amount in &expected {
            let place = cells.iter().position(|cell| cell == amount);
            cells.remove(place.unwrap_or_else(|| panic!("{path}: {amount} is not in {csv}")));
            assert!(sheet.contains(&format!("<v>{amount}</v>")), "{path}: {amount}");
            assert!(has(&pdf.body, &format!("({})", grouped(amount))), "{path}: {amount}");
        }
        // How it agrees with the ledger is said in files as well.
        assert!(csv.contains("agrees") && sheet.contains("agrees") && has(&pdf.body, "agrees"), "{path}");
    }
}

#[tokio::test]
async fn no_text_is_lost_and_none_is_a_formula() {
    let (_app, accountant, _admin) = books().await;
    trade(&accountant).await;
    let path = PATHS[0];
    let csv = accountant.get(&format!("{path}&format=csv")).await.expect(200);
    let csv = String::from_utf8(csv.body.to_vec()).unwrap();
    assert!(csv.contains("\"'=Łódź, \"\"magazyn\"\"\",Assets:Lodz,70.10"), "{csv}");
    let workbook = accountant.get(&format!("{path}&format=xlsx")).await.expect(200);
    assert!(sheet(&workbook.body).contains("=Łódź, &quot;magazyn&quot;"));
    // Helvetica has no such letters, so they stand by their numbers, and the file says so.
    let pdf = accountant.get(&format!("{path}&format=pdf")).await.expect(200);
    // A text with a letter beyond ASCII is written in hexadecimal digits.
    assert!(has(&pdf.body, "3D5B552B303134315D"), "=[U+0141]");
    assert!(has(&pdf.body, "the CSV and XLSX files have it"));
    // The parameter decides over the header, and an unknown form is refused.
    let json = accountant.with("accept", PDF).get(&format!("{path}&format=json")).await.expect(200);
    assert_eq!(json.text("/statement"), "balance_sheet");
    accountant.get(&format!("{path}&format=doc")).await.expect(400);
}
