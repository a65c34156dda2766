//! Budgets, commitments and funds on the real ledger.

mod carrying;
mod commitments;
mod concurrency;
mod funds;
mod guards;
mod histories;
mod lifecycle;
mod postings;

use athyper_kernel_types::{Clock, Id};
use athyper_test_kit::{Answer, Client, TestApp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{add_account, books};

const BUDGETS: &str = "/v1/budgeting/budgets";
const COMMITMENTS: &str = "/v1/budgeting/commitments";

/// Books with a few accounts of expense, whose accountant writes budgets and whose administrator approves them.
struct Stage {
    app: TestApp,
    accountant: Client,
    admin: Client,
}

async fn stage() -> Stage {
    let (app, accountant, admin) = books().await;
    for code in ["Expenses:Ads", "Expenses:Fairs:Spring", "Expenses:Fairs:Autumn", "Expenses:Rent"] {
        add_account(&accountant, code, "expense", "other").await;
    }
    add_account(&accountant, "Income:Sales", "income", "other").await;
    add_account(&accountant, "Assets:Bank", "asset", "bank").await;
    Stage { app, accountant, admin }
}

/// An id that no other is the same as.
fn id() -> Uuid {
    Id::<Stage>::new(&Clock::system()).uuid()
}

impl Stage {
    /// Writes a budget of 2025 with these lines, has it approved and puts it in force; its id.
    async fn active(&self, lines: Value) -> String {
        self.active_of("2025-01-01", lines).await
    }

    async fn active_of(&self, date: &str, lines: Value) -> String {
        let budget = json!({"date": date, "name": "Budget", "lines": lines});
        let id = self.accountant.post(BUDGETS, &budget).await.expect(201).text("/id");
        self.in_force(&id, 1).await.expect(200);
        id
    }

    /// Has a draft approved by somebody else and puts it in force.
    async fn in_force(&self, id: &str, version: u32) -> Answer {
        let admin = self.admin.with("if-match", &format!("\"{version}\""));
        admin.post_empty(&format!("{BUDGETS}/{id}/approve")).await.expect(200);
        self.accountant.post_empty(&format!("{BUDGETS}/{id}/activate")).await
    }

    /// Sets an amount aside on an account in March.
    async fn reserve(&self, account: &str, amount: &str) -> Answer {
        let asked = json!({"id": id(), "date": "2025-03-15", "account": account, "amount": amount});
        self.accountant.post(COMMITMENTS, &asked).await
    }

    /// A step of a commitment.
    async fn step(&self, commitment: &str, step: &str, body: &Value) -> Answer {
        self.accountant.post(&format!("{COMMITMENTS}/{commitment}/{step}"), body).await
    }

    /// Spends an amount on an account: a journal that is posted, or refused.
    async fn spend(&self, account: &str, amount: &str) -> Answer {
        let draft = self.draft(account, amount).await;
        self.accountant.post_empty(&format!("/v1/finance/journals/{draft}/post")).await
    }

    /// A draft that would spend an amount; its id.
    async fn draft(&self, account: &str, amount: &str) -> String {
        let journal = json!({"date": "2025-03-20", "lines": [
            {"account": account, "debit": amount, "currency": "EUR"},
            {"account": "Assets:Bank", "credit": amount, "currency": "EUR"}]});
        self.accountant.post("/v1/finance/journals", &journal).await.expect(201).text("/id")
    }

    /// The figures of a line over the year: budget, actual, reserved, committed, consumed, available.
    async fn year(&self, budget: &str, key: &str) -> [String; 6] {
        let report = self
            .accountant
            .get(&format!("/v1/budgeting/reports/budget?budget={budget}"))
            .await
            .expect(200)
            .json();
        let lines = report["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["key"] == key).unwrap();
        ["budget", "actual", "reserved", "committed", "consumed", "available"]
            .map(|name| line["year"][name].as_str().unwrap().to_owned())
    }

    /// Fails unless each commitment is what its movements sum up to.
    async fn check_movements(&self) {
        let mut admin = self.app.db.superuser().await;
        let wrong: Vec<(Uuid,)> = sqlx::query_as(
            "select commitment.id from budgeting.commitment commitment join budgeting.movement movement \
             on movement.tenant_id = commitment.tenant_id and movement.commitment_id = commitment.id \
             group by commitment.tenant_id, commitment.id having (sum(movement.reserved), sum(movement.committed), \
             sum(movement.consumed), sum(movement.posted), sum(movement.released)) is distinct from (commitment.reserved, \
             commitment.committed, commitment.consumed, commitment.posted, commitment.released)",
        )
        .fetch_all(&mut admin)
        .await
        .unwrap();
        assert!(wrong.is_empty(), "commitments and their movements: {wrong:?}");
    }
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
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
