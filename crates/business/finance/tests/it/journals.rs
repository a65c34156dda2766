//! Drafts: writing, reading, listing, replacing, deleting.

use serde_json::{Value, json};

use crate::support::{
    CASH, FEES, app_with_accounts, balances, draft, events, fee, field, fields, filtered, post,
};

#[tokio::test]
async fn a_draft_is_kept_as_it_was_written_and_counts_nowhere() {
    let (app, accountant) = app_with_accounts().await;
    let made = accountant
        .post(
            "/v1/finance/journals",
            &json!({"date": "2025-01-10", "payee": " Bank ", "narration": "", "reference": "V-1", "lines": [
                {"account": FEES, "debit": "4", "memo": "fee"},
                {"account": CASH, "credit": "5.5", "currency": "EUR"},
            ]}),
        )
        .await
        .expect(201);
    let json = made.json();
    assert_eq!(json["payee"], "Bank");
    assert_eq!(json.get("narration"), None);
    assert_eq!(json["createdBy"], "accountant@demo");
    assert_eq!(
        json["lines"],
        json!([
            {"lineNo": 1, "account": FEES, "debit": "4.00", "currency": "USD", "memo": "fee"},
            {"lineNo": 2, "account": CASH, "credit": "5.50", "currency": "EUR"},
        ])
    );
    assert_eq!(accountant.get(&made.header("location")).await.expect(200).json(), json);
    assert_eq!(balances(&accountant, "2025-01-31").await, []);
    let written = events(&app, "finance.create_journal").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].1, Some(made.text("/id")));
    assert_eq!(written[0].2["totals"], json!({"EUR": "0.00", "USD": "4.00"}));
}

/// A draft is written by one statement, or step by step where its answer is kept for a key: either way it is answered as it stands.
#[tokio::test]
async fn a_draft_is_answered_as_it_stands_however_it_is_written() {
    let (app, accountant) = app_with_accounts().await;
    let party = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({"date": "2025-01-10", "book": "sales", "payee": "P", "rates": {"EUR": "1.0900", "JPY": "0.00670"}, "lines": [
        {"account": FEES, "debit": "4.5", "memo": "fee", "party": party, "dueOn": "2025-02-01"},
        {"account": FEES, "debit": "2", "currency": "EUR", "baseAmount": "2.2", "dimensions": {"centre": "A", "a": "1"}},
        {"account": CASH, "credit": "100", "currency": "JPY", "baseAmount": "0.7", "settles": party},
        {"account": FEES, "credit": "6"},
    ]});
    let mut answers = Vec::new();
    for client in [accountant.clone(), accountant.with("idempotency-key", "one")] {
        let made = client.post("/v1/finance/journals", &body).await.expect(201);
        let json = made.json();
        assert_eq!(client.get(&made.header("location")).await.expect(200).json(), json);
        assert_eq!(made.header("etag"), "\"1\"");
        answers.push(json);
    }
    assert_eq!(answers[0]["lines"], answers[1]["lines"]);
    assert_eq!(answers[0]["lines"][2]["baseCredit"], "0.70");
    let written = events(&app, "finance.create_journal").await;
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].2, written[1].2);
}

#[tokio::test]
async fn a_posting_is_answered_as_it_stands() {
    let (_app, accountant) = app_with_accounts().await;
    let party = "01890a5d-ac96-774b-bcce-b302099a8057";
    let journals = [
        fee("2025-01-10", "4"),
        json!({"date": "2025-01-11", "narration": "Two currencies", "rates": {"JPY": "0.0067000", "EUR": "1.09"}, "lines": [
            {"account": FEES, "debit": "10", "memo": "a", "dueOn": "2025-02-01", "party": party},
            {"account": CASH, "credit": "10"},
            {"account": FEES, "debit": "5", "currency": "EUR", "baseAmount": "5.4"},
            {"account": CASH, "credit": "5.00", "currency": "EUR", "baseAmount": "5.40"},
            {"account": CASH, "debit": "1000", "currency": "JPY"},
            {"account": FEES, "credit": "1000", "currency": "JPY"},
        ]}),
    ];
    for journal in &journals {
        let posted = post(&accountant, journal).await.expect(200);
        let path = format!("/v1/finance/journals/{}", posted.text("/id"));
        let stands = accountant.get(&path).await.expect(200);
        assert_eq!(posted.json(), stands.json());
        assert_eq!(posted.header("etag"), stands.header("etag"));
        assert_eq!(
            posted.json()["lines"].as_array().map(Vec::len),
            journal["lines"].as_array().map(Vec::len)
        );
    }
}

#[tokio::test]
async fn every_wrong_line_is_named() {
    let (_app, accountant) = app_with_accounts().await;
    let body = json!({"date": "2025-01-10", "lines": [
        {"account": FEES, "debit": "1", "credit": "1"},
        {"account": FEES},
        {"account": FEES, "debit": "-1"},
        {"account": FEES, "credit": "0.00"},
        {"account": FEES, "debit": "1.001"},
        {"account": FEES, "debit": "1.1", "currency": "JPY"},
        {"account": FEES, "debit": "1000000000000000"},
        {"account": FEES, "credit": "1,5"},
        {"account": FEES, "credit": "999999999999999.99"},
    ]});
    let answer = accountant.post("/v1/finance/journals", &body).await.expect(422);
    assert_eq!(answer.code(), "finance.invalid_lines");
    assert_eq!(
        fields(&answer),
        [
            field("/lines/0/debit", "one_side"),
            field("/lines/1/debit", "one_side"),
            field("/lines/2/debit", "not_positive"),
            field("/lines/3/credit", "not_positive"),
            field("/lines/4/debit", "invalid_amount"),
            field("/lines/5/debit", "invalid_amount"),
            field("/lines/6/debit", "too_large"),
            field("/lines/7/credit", "invalid_amount"),
        ]
    );
    let unknown = json!({"date": "2025-01-10", "lines": [
        {"account": "Nowhere", "debit": "1"}, {"account": CASH, "credit": "1"}, {"account": "Nobody", "credit": "1"},
    ]});
    let answer = accountant.post("/v1/finance/journals", &unknown).await.expect(422);
    assert_eq!(answer.code(), "finance.accounts_not_usable");
    assert_eq!(
        fields(&answer),
        [field("/lines/0/account", "unknown_account"), field("/lines/2/account", "unknown_account"),]
    );
}

#[tokio::test]
async fn what_has_not_the_form_of_a_journal_is_refused() {
    let (_app, accountant) = app_with_accounts().await;
    let line = json!({"account": FEES, "debit": "1"});
    let lines = json!([line, line]);
    for (body, pointer) in [
        (json!({"date": "2025-02-30", "lines": lines}), "/date"),
        (json!({"date": "1899-12-31", "lines": lines}), "/date"),
        (json!({"date": "2200-01-01", "lines": lines}), "/date"),
        (json!({"lines": lines}), ""),
        (json!({"date": "2025-01-10", "lines": [line]}), "/lines"),
        (json!({"date": "2025-01-10", "lines": vec![line.clone(); 1001]}), "/lines"),
        (json!({"date": "2025-01-10", "lines": lines, "number": "JE-1"}), "/number"),
        (json!({"date": "2025-01-10", "lines": [line, {"account": FEES, "debit": 1}]}), "/lines/1/debit"),
        (
            json!({"date": "2025-01-10", "lines": [line, {"account": FEES, "debit": "1", "currency": "XAU"}]}),
            "/lines/1/currency",
        ),
        (
            json!({"date": "2025-01-10", "lines": [line, {"account": FEES, "debit": "1", "rate": "2"}]}),
            "/lines/1/rate",
        ),
        (json!({"date": "2025-01-10", "lines": lines, "payee": "x".repeat(256)}), "/payee"),
        (json!({"date": "2025-01-10", "lines": lines, "narration": "x".repeat(1001)}), "/narration"),
        (json!({"date": "2025-01-10", "lines": lines, "narration": "a\u{0}"}), "/narration"),
    ] {
        let answer = accountant.post("/v1/finance/journals", &body).await.expect(422);
        assert_eq!(fields(&answer)[0].0, pointer, "{answer:?}");
    }
    let longest = json!({"date": "2025-01-10", "lines": vec![line.clone(); 1000]});
    accountant.post("/v1/finance/journals", &longest).await.expect(201);
}

#[tokio::test]
async fn a_draft_is_replaced_as_a_whole() {
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let path = format!("/v1/finance/journals/{id}");
    let body = json!({"date": "2025-01-11", "payee": "Bank", "lines": [
        {"account": CASH, "credit": "9.00"}, {"account": FEES, "debit": "6.00"}, {"account": FEES, "debit": "3.00"},
    ]});
    accountant.put(&path, &body).await.expect(428);
    accountant.with("if-match", "\"2\"").put(&path, &body).await.expect(412);
    let replaced = accountant.with("if-match", "\"1\"").put(&path, &body).await.expect(200);
    assert_eq!(replaced.header("etag"), "\"2\"");
    assert_eq!(replaced.json()["lines"].as_array().unwrap().len(), 3);
    assert_eq!(accountant.get(&path).await.json(), replaced.json());
    let written = events(&app, "finance.update_journal").await;
    assert_eq!(written.len(), 1);
    let changes = &written[0].2["changes"];
    assert_eq!(changes["date"], json!({"before": "2025-01-10", "after": "2025-01-11"}));
    assert_eq!(changes["payee"], json!({"before": null, "after": "Bank"}));
    assert_eq!(changes["lines"]["before"].as_array().unwrap().len(), 2);
    accountant.post_empty(&format!("{path}/post")).await.expect(200);
    let answer = accountant.with("if-match", "*").put(&path, &body).await.expect(409);
    assert_eq!(answer.code(), "finance.journal_not_draft");
}

#[tokio::test]
async fn a_draft_can_be_deleted_and_a_posted_journal_cannot() {
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let path = format!("/v1/finance/journals/{id}");
    accountant.delete(&path).await.expect(428);
    accountant.with("if-match", "\"9\"").delete(&path).await.expect(412);
    accountant.with("if-match", "\"1\"").delete(&path).await.expect(200);
    accountant.get(&path).await.expect(404);
    assert_eq!(events(&app, "finance.delete_journal").await.len(), 1);
    let posted = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    let answer =
        accountant.with("if-match", "*").delete(&format!("/v1/finance/journals/{posted}")).await.expect(409);
    assert_eq!(answer.code(), "finance.journal_not_draft");
}

#[tokio::test]
async fn journals_are_listed_newest_first_and_filtered() {
    let (_app, accountant) = app_with_accounts().await;
    crate::support::add_account(&accountant, "Assets:Bank", "asset").await;
    for day in ["10", "12", "11", "12", "13"] {
        draft(&accountant, &fee(&format!("2025-01-{day}"), "1.00")).await;
    }
    let bank = json!({"date": "2025-01-09", "lines": [{"account": FEES, "debit": "1"}, {"account": "Assets:Bank", "credit": "1"}]});
    post(&accountant, &bank).await.expect(200);
    let mut seen = Vec::new();
    let mut path = "/v1/finance/journals?limit=2".to_owned();
    loop {
        let page = accountant.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            seen.push((item["date"].as_str().unwrap().to_owned(), item["id"].as_str().unwrap().to_owned()));
            assert_eq!(item.get("lines"), None);
        }
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/finance/journals?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    let of_account = async |code: &str| {
        let path = filtered("/v1/finance/accounts", &format!("code == {code:?}"));
        accountant.get(&path).await.expect(200).text("/items/0/id")
    };
    let (bank, cash) = (of_account("Assets:Bank").await, of_account("Assets:Cash").await);
    for (filter, expected) in [
        (r#"state == "draft""#.to_owned(), 5),
        (r#"state == "posted""#.to_owned(), 1),
        (r#"date >= date("2025-01-11") && date <= date("2025-01-12")"#.to_owned(), 3),
        (format!(r#"lines.exists(l, l.account == "{bank}" && l.credit == 1)"#), 1),
        (format!(r#"lines.exists(l, l.account == "{cash}") && state == "posted""#), 0),
    ] {
        let page = accountant.get(&filtered("/v1/finance/journals", &filter)).await.expect(200).json();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(expected), "{filter}");
    }
    for query in ["filter=date%3E1", "filter=payee.colour", "sort=payee", "limit=0", "lines=2"] {
        let answer = accountant.get(&format!("/v1/finance/journals?{query}")).await.expect(400);
        assert!(answer.json()["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{query}");
    }
    let nothing: Value = accountant.get("/v1/finance/journals/x").await.expect(404).json();
    assert_eq!(nothing["status"], 404);
}
