//! The month of `docs/domains/finance.md`, run by a shell as it stands there.

use std::collections::BTreeMap;

use athyper_e2e::Platform;
use serde_json::Value;
use tokio::process::Command;

const PAGE: &str = include_str!("../../../../../docs/domains/finance.md");

/// What the shell of the page does, but for its first block, which takes tokens from a server on its defaults.
fn script() -> String {
    let blocks = PAGE.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    blocks.skip(1).collect::<Vec<_>>().join("\n")
}

/// The figures of a statement by the code of the account.
fn figures(statement: &Value) -> BTreeMap<String, String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = statement["lines"].as_array().unwrap();
    lines.iter().map(|line| (text(line, "account"), text(line, "balance"))).collect()
}

/// Those of the table that the page ends with.
fn in_the_table() -> BTreeMap<String, String> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let figures = rows.filter(|(account, _)| account.starts_with(|first: char| first.is_ascii_digit()));
    figures
        .map(|(account, rest)| {
            let amount = rest.split(" | ").next().unwrap().replace(',', "").replace('−', "-");
            (account.split(' ').next().unwrap().to_owned(), amount)
        })
        .collect()
}

#[tokio::test]
async fn the_month_goes_as_the_page_says() {
    let platform = Platform::new();
    let api = platform.api().await;
    let (admin, accountant) =
        (platform.token("demo", "admin").await, platform.token("demo", "accountant").await);
    let shell = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script()])
        .current_dir(platform.folder())
        .env("API", format!("http://127.0.0.1:{}/v1", platform.port()))
        .envs([("ADMIN", &admin), ("ACCOUNTANT", &accountant)])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&shell.stdout);
    let errors = String::from_utf8_lossy(&shell.stderr);
    assert!(shell.status.success(), "{}: {said}\n{errors}", shell.status);
    assert!(said.contains("\nfinance.period_closed\n"), "{said}");
    assert_eq!(
        (said.matches(r#""reconciles":true"#).count(), said.matches(r#""reconciles":false"#).count()),
        (3, 0)
    );

    let client = platform.anonymous().with_token(&accountant);
    let report = client.get("/v1/finance/reports/trial-balance?asOf=2025-01-31").await.expect(200).json();
    assert_eq!(figures(&report), in_the_table());
    api.terminate().await.expect_code(0);
}
