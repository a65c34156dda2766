//! The commands of the guide to statements, sent as they stand there.

use athyper_test_kit::Client;
use serde_json::json;

use crate::support::{add_account, books, post};

const GUIDE: &str = include_str!("../../../../../docs/guides/statements.md");

/// A command: path, and body where it has one.
fn commands() -> Vec<(String, Option<String>)> {
    let blocks = GUIDE.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let commands = blocks
        .flat_map(|block| block.split("\ncall ").map(|part| part.trim_start_matches("call ").to_owned()));
    commands
        .filter_map(|command| {
            let from = command.split_once("$API")?.1.to_owned();
            let path = from.split(['"', ' ', '\n']).next()?.to_owned();
            let body =
                command.split_once("-d '").and_then(|(_, rest)| Some(rest.rsplit_once('\'')?.0.to_owned()));
            Some((path, body))
        })
        .collect()
}

async fn trade(accountant: &Client, admin: &Client) {
    for (code, kind, usage) in
        [("1000 Bank", "asset", "bank"), ("4000 Sales", "income", "other"), ("6100 Rent", "expense", "other")]
    {
        add_account(accountant, code, kind, usage).await;
    }
    let dimension = json!({"key": "costCentre", "name": "Cost centre", "balancing": false});
    let id = admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    let value = json!({"dimension": id, "code": "CC-100", "name": "Shop"});
    admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    let sale = json!({"date": "2025-02-01", "lines": [
        {"account": "1000 Bank", "debit": "10.00"},
        {"account": "4000 Sales", "credit": "10.00", "dimensions": {"costCentre": "CC-100"}}]});
    post(accountant, &sale).await;
}

#[tokio::test]
async fn every_command_of_the_guide_is_answered() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant, &admin).await;
    let commands = commands();
    assert_eq!(commands.len(), 11, "{commands:#?}");
    for (path, body) in commands {
        match body {
            None => drop(accountant.get(&path).await.expect(200)),
            Some(body) => {
                let json = serde_json::from_str(&body).unwrap();
                drop(admin.post(&path, &json).await.expect(201));
            }
        }
    }
}
