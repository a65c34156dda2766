//! Group accounting on the real ledger.

mod consolidation;
mod intercompany;
mod intercompany_histories;
mod netting;

use athyper_kernel_types::{Clock, Id};
use athyper_test_kit::{Answer, Client, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{add_account, add_rule, books, record_rate};

const ENTRIES: &str = "/v1/group/entries";
const RELATIONS: &str = "/v1/group/relations";

/// Two legal entities, `main` in euros and `over` in dollars, which keep what they owe each other.
struct Stage {
    app: TestApp,
    accountant: Client,
    admin: Client,
}

async fn stage() -> Stage {
    let (app, accountant, admin) = books().await;
    let over = json!({"code": "over", "name": "Overseas", "baseCurrency": "USD"});
    admin.post("/v1/finance/legal-entities", &over).await.expect(201);
    for (code, kind) in [
        ("Bank", "asset"),
        ("From over", "asset"),
        ("From main", "asset"),
        ("To over", "liability"),
        ("To main", "liability"),
        ("Sales", "income"),
        ("Sales to over", "income"),
        ("Bought from main", "expense"),
        ("Rent", "expense"),
        ("Rounding", "expense"),
    ] {
        add_account(&accountant, code, kind, "other").await;
    }
    add_rule(&accountant, "rounding", "Rounding").await;
    record_rate(&admin, "USD", "2025-01-01", "0.9").await;
    let rate = json!({"currency": "EUR", "baseCurrency": "USD", "validOn": "2025-01-01", "rate": "1.12"});
    admin.post("/v1/records/finance.exchange_rate", &rate).await.expect(201);
    accountant.post(RELATIONS, &relation()).await.expect(201);
    Stage { app, accountant, admin }
}

fn relation() -> Value {
    json!({"a": {"entity": "over", "dueFrom": "From main", "dueTo": "To main", "expense": "Bought from main"},
        "b": {"entity": "main", "dueFrom": "From over", "dueTo": "To over", "income": "Sales to over"},
        "validFrom": "2025-01-01"})
}

/// An id that no other is the same as.
fn id() -> Uuid {
    Id::<Stage>::new(&Clock::system()).uuid()
}

/// A sale of `main` to `over`.
fn sale(amount: &str, currency: &str) -> Value {
    json!({"id": id(), "date": "2025-03-31", "currency": currency, "reference": "IC-7",
        "from": {"entity": "main", "lines": [{"account": "Sales to over", "credit": amount}]},
        "to": {"entity": "over", "lines": [{"account": "Bought from main", "debit": amount}]}})
}

impl Stage {
    /// The balances of a legal entity in its base currency, without those of zero.
    async fn balances(&self, entity: &str) -> Vec<(String, String)> {
        let path = format!("/v1/finance/reports/trial-balance?asOf=2025-12-31&entity={entity}");
        let report = self.accountant.get(&path).await.expect(200).json();
        assert_eq!(report["totals"]["debit"], report["totals"]["credit"], "{report}");
        let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        let lines = report["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| (text(line, "account"), text(line, "balance")))
            .filter(|(_, balance)| !balance.trim_matches(['0', '.', '-']).is_empty())
            .collect()
    }

    /// What the two say of each other: currency, what is due from the partner, what is due to it, the difference.
    async fn agreement(&self) -> Vec<[String; 4]> {
        let report =
            self.accountant.get("/v1/group/reports/agreement?asOf=2025-12-31").await.expect(200).json();
        let pairs = report["pairs"].as_array().unwrap();
        let text = |pair: &Value, name: &str| pair[name].as_str().unwrap().to_owned();
        pairs
            .iter()
            .map(|pair| {
                ["currency", "dueFromPartner", "dueToEntity", "difference"].map(|name| text(pair, name))
            })
            .collect()
    }

    /// How many journals there are.
    async fn journals(&self) -> i64 {
        let mut admin = self.app.db.superuser().await;
        sqlx::query_scalar("select count(*) from finance.journal").fetch_one(&mut admin).await.unwrap()
    }

    /// Opens March of a legal entity, and gives the path of its close.
    async fn march(&self, entity: &str) -> String {
        let name = format!("March {entity}");
        let period =
            json!({"entity": entity, "name": name, "startsOn": "2025-03-01", "endsOn": "2025-03-31"});
        let made = self.admin.post("/v1/finance/periods", &period).await.expect(201).text("/id");
        format!("/v1/finance/periods/{made}/close")
    }
}

/// The pointers and codes of a problem's field errors.
fn fields(problem: &Answer) -> Vec<(String, String)> {
    let json = problem.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}

fn pair(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}
