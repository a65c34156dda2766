//! What the tests have in common: an application that keeps budgets and funds, and shorthands for what they send.

use std::sync::Arc;

use athyper_kernel_http::Policies;
use athyper_kernel_ledger::{LEDGER, Ledger, TURNOVERS, Turnovers};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::ledger::TestLedger;

pub(crate) const BUDGETS: &str = "/v1/budgeting/budgets";
pub(crate) const FUNDS: &str = "/v1/budgeting/funds";

/// An application whose accountant writes budgets and whose administrator approves them and gives to funds.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) accountant: Client,
    pub(crate) admin: Client,
}

pub(crate) async fn stage() -> Stage {
    stage_under(None).await
}

/// The same under these policies.
pub(crate) async fn stage_under(policies: Option<Arc<dyn Policies>>) -> Stage {
    let options = TestOptions {
        policies,
        parts: Box::new(|builder| {
            let (ledger, turnovers): (Arc<dyn Ledger>, Arc<dyn Turnovers>) =
                (Arc::new(TestLedger), Arc::new(TestLedger));
            builder.value(&LEDGER, ledger);
            builder.value(&TURNOVERS, turnovers);
        }),
        ..TestOptions::default()
    };
    let app = TestApp::with(&[athyper_kernel_records::MODULE, athyper_budgeting::MODULE], options).await;
    let (accountant, admin) = (app.user("demo", "accountant"), app.user("demo", "admin"));
    Stage { app, accountant, admin }
}

/// One line that spends an amount.
pub(crate) fn spending(amount: &str) -> Value {
    json!([{"key": "pot", "amount": amount}])
}

impl Stage {
    /// A fund in euros that was given an amount; its id.
    pub(crate) async fn fund(&self, code: &str, amount: &str) -> String {
        let fund = json!({"code": code, "name": code, "currency": "EUR"});
        let id = self.accountant.post(FUNDS, &fund).await.expect(201).text("/id");
        self.give(&id, "grant", amount).await.expect(200);
        id
    }

    /// A fund below another that holds nothing; its id.
    pub(crate) async fn fund_below(&self, parent: &str, code: &str) -> String {
        let fund = json!({"code": code, "name": code, "parent": parent});
        self.accountant.post(FUNDS, &fund).await.expect(201).text("/id")
    }

    /// Gives to a fund, or gives back from it.
    pub(crate) async fn give(&self, fund: &str, how: &str, amount: &str) -> Answer {
        self.admin
            .post(&format!("{FUNDS}/{fund}/{how}"), &json!({"amount": amount, "reason": "Agreed"}))
            .await
    }

    /// What a fund holds, what is planned upon it, and what is free.
    pub(crate) async fn standing(&self, fund: &str) -> [String; 3] {
        let fund = self.accountant.get(&format!("{FUNDS}/{fund}")).await.expect(200);
        ["/held", "/planned", "/free"].map(|part| fund.text(part))
    }

    /// A draft of a legal entity and a year that names a fund; its id.
    pub(crate) async fn draft(&self, (entity, year): (&str, u32), fund: &str, lines: &Value) -> String {
        let budget = json!({"entity": entity, "date": format!("{year}-01-01"), "name": "Budget", "fund": fund,
            "lines": lines});
        self.accountant.post(BUDGETS, &budget).await.expect(201).text("/id")
    }

    /// Has a draft approved by somebody else.
    pub(crate) async fn approve(&self, budget: &str) {
        let version = self.accountant.get(&format!("{BUDGETS}/{budget}")).await.expect(200).header("etag");
        let admin = self.admin.with("if-match", &version);
        admin.post_empty(&format!("{BUDGETS}/{budget}/approve")).await.expect(200);
    }

    /// Does to a budget what needs no body.
    pub(crate) async fn step(&self, budget: &str, step: &str) -> Answer {
        self.accountant.post_empty(&format!("{BUDGETS}/{budget}/{step}")).await
    }

    /// Writes a budget of 2025 that names a fund, has it approved and tries to put it in force; its id and the answer.
    pub(crate) async fn plan(&self, entity: &str, fund: &str, lines: &Value) -> (String, Answer) {
        let budget = self.draft((entity, 2025), fund, lines).await;
        self.approve(&budget).await;
        let answer = self.step(&budget, "activate").await;
        (budget, answer)
    }

    /// Revises a budget with these changes, has it approved and tries to put it in force; its id and the answer.
    pub(crate) async fn revise(&self, budget: &str, change: &Value) -> (String, Answer) {
        let revision = self.step(budget, "revise").await.expect(201).text("/id");
        let accountant = self.accountant.with("if-match", "\"1\"");
        accountant.patch(&format!("{BUDGETS}/{revision}"), change).await.expect(200);
        self.approve(&revision).await;
        let answer = self.step(&revision, "activate").await;
        (revision, answer)
    }

    /// Moves an amount from one line of a budget to another.
    pub(crate) async fn transfer(&self, budget: &str, (from, to): (&str, &str), amount: &str) -> Answer {
        let lines = json!([{"key": from, "amount": format!("-{amount}")}, {"key": to, "amount": amount}]);
        let path = format!("{BUDGETS}/{budget}/transfers");
        self.accountant.post(&path, &json!({"reason": "Moved", "lines": lines})).await
    }

    /// Fails unless of each fund as much is planned as the active budgets that name it have on lines that spend, and no more than
    /// it holds.
    pub(crate) async fn check(&self) {
        let mut admin = self.app.db.superuser().await;
        let wrong: Vec<(String, Decimal, Decimal, Decimal)> = sqlx::query_as(
            "with part as (select line_id, amount from budgeting.line_amount union all \
                 select line_id, amount from budgeting.transfer_line), \
             sums as (select fund.id, coalesce(sum(part.amount), 0) as planned from budgeting.fund \
                 left join budgeting.budget on budget.fund_id = fund.id and budget.state = 'active' \
                 left join budgeting.line on line.budget_id = budget.id and line.side = 'debit' \
                 left join part on part.line_id = line.id group by fund.id) \
             select fund.code::text, fund.held, fund.planned, sums.planned from budgeting.fund join sums using (id) \
             where fund.planned <> sums.planned or sums.planned > fund.held or fund.free <> fund.held - sums.planned",
        )
        .fetch_all(&mut admin)
        .await
        .unwrap();
        assert!(wrong.is_empty(), "held, planned, and what budgets plan: {wrong:?}");
    }
}

/// The pointers and codes of a problem's field errors.
pub(crate) fn fields(problem: &Answer) -> Vec<(String, String)> {
    let json = problem.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}
