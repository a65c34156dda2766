//! Reports: taxes, open items on any day, ageing, statements.

use serde_json::{Value, json};

use crate::support::{ADA, BOB, app, fields, invoice, pair, pay, payment, post, sale, with};

fn purchase(date: &str, price: &str, members: &Value) -> Value {
    with(
        &json!({"kind": "purchase", "date": date, "currency": "EUR", "party": {"id": BOB, "name": "Bob"},
            "lines": [{"quantity": "1", "unitPrice": price, "taxCodes": ["P20"]}]}),
        members,
    )
}

#[tokio::test]
async fn the_tax_report_is_in_base_currency_and_notes_count_negative() {
    let (_app, accountant) = app().await;
    let sold = post(
        &accountant,
        &with(&sale("2025-03-01", "100.00"), &json!({"currency": "USD", "rate": "0.9573"})),
    )
    .await
    .expect(200)
    .text("/id");
    post(&accountant, &with(&sale("2025-03-31", "50.00"), &json!({"lines": [
        {"quantity": "1", "unitPrice": "50.00", "taxCodes": ["S20"]}, {"quantity": "1", "unitPrice": "30.00", "taxCodes": ["S10"]}]}))).await.expect(200);
    post(&accountant, &sale("2025-04-01", "999.00")).await.expect(200);
    post(&accountant, &purchase("2025-03-02", "10.00", &json!({}))).await.expect(200);
    let note = with(
        &sale("2025-03-10", "40.00"),
        &json!({"kind": "credit_note", "corrects": sold, "currency": "USD", "rate": "0.9573"}),
    );
    post(&accountant, &note).await.expect(200);
    accountant.post("/v1/invoicing/invoices", &sale("2025-03-01", "77.00")).await.expect(201);
    let report =
        accountant.get("/v1/invoicing/reports/tax?from=2025-03-01&to=2025-03-31").await.expect(200).json();
    let lines: Vec<(&str, &str, &str)> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (line["code"].as_str().unwrap(), line["base"].as_str().unwrap(), line["tax"].as_str().unwrap())
        })
        .collect();
    // 100 and 20 USD are 95.73 and 19.15; 40 and 8 are 38.29 and 7.66.
    assert_eq!(lines, [("S10", "30.00", "3.00"), ("S20", "107.44", "21.49"), ("P20", "10.00", "2.00")]);
    assert_eq!((&report["currency"], &report["entity"]), (&json!("EUR"), &json!("MAIN")));
    let wrong = accountant.get("/v1/invoicing/reports/tax?from=2025-03-02&to=2025-03-01").await.expect(400);
    assert_eq!(fields(&wrong), [pair("?to", "before_from")]);
    let branch = accountant
        .get("/v1/invoicing/reports/tax?from=2025-03-01&to=2025-03-31&entity=BRANCH")
        .await
        .expect(200)
        .json();
    assert_eq!(branch["lines"], json!([]));
}

#[tokio::test]
async fn what_was_open_on_a_day_is_what_it_was_whatever_came_after() {
    let (_app, accountant) = app().await;
    let sold = post(&accountant, &with(&sale("2025-03-01", "100.00"), &json!({"terms": "HALVES"})))
        .await
        .expect(200)
        .text("/id");
    let paid =
        pay(&accountant, &payment("2025-03-10", "100.00", &[(&sold, "70.00")])).await.expect(200).text("/id");
    post(&accountant, &purchase("2025-03-05", "10.00", &json!({}))).await.expect(200);
    let open = async |query: &str| {
        let page =
            accountant.get(&format!("/v1/invoicing/reports/open-items?{query}")).await.expect(200).json();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (text(item, "number"), text(item, "open")))
            .collect::<Vec<_>>()
    };
    assert!(open("asOf=2025-02-28").await.is_empty());
    let (half, bill) = (pair("INV-2025-000001", "60.00"), pair("BILL-2025-000001", "-12.00"));
    assert_eq!(open("asOf=2025-03-04").await, [half.clone(), half.clone()]);
    assert_eq!(open("asOf=2025-03-09").await, [half.clone(), bill.clone(), half.clone()]);
    let after = [bill.clone(), pair("RCPT-2025-000001", "-30.00"), pair("INV-2025-000001", "50.00")];
    assert_eq!(open("asOf=2025-03-10").await, after);
    assert_eq!(open("asOf=2025-03-10&side=payable").await, std::slice::from_ref(&bill));
    assert_eq!(open(&format!("asOf=2025-03-10&party={BOB}")).await, std::slice::from_ref(&bill));
    let bounce = json!({"date": "2025-03-20", "reason": "x"});
    accountant.post(&format!("/v1/invoicing/payments/{paid}/bounce"), &bounce).await.expect(200);
    assert_eq!(open("asOf=2025-03-10").await, after);
    assert_eq!(open("asOf=2025-03-20").await, [half.clone(), bill, half]);
    let first =
        accountant.get("/v1/invoicing/reports/open-items?asOf=2025-03-20&limit=2").await.expect(200).json();
    let next = first["nextCursor"].as_str().unwrap();
    let second = accountant
        .get(&format!("/v1/invoicing/reports/open-items?asOf=2025-03-20&limit=2&cursor={next}"))
        .await
        .expect(200)
        .json();
    assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (2, 1));
    assert_eq!(
        fields(&accountant.get("/v1/invoicing/reports/open-items?side=other").await.expect(400)).len(),
        1
    );
}

#[tokio::test]
async fn ageing_counts_days_overdue() {
    let (_app, accountant) = app().await;
    for (date, price) in [
        ("2025-03-31", "10"),
        ("2025-03-30", "20"),
        ("2025-03-01", "40"),
        ("2025-02-28", "80"),
        ("2025-01-31", "160"),
        ("2025-01-30", "320"),
    ] {
        let document = with(
            &sale("2025-03-01", price),
            &json!({"date": date, "lines": [{"quantity": "1", "unitPrice": price}]}),
        );
        let admin_or_not = post(&accountant, &document).await;
        // January is soft-closed for an accountant.
        assert_eq!(admin_or_not.status, if date < "2025-02-01" { 403 } else { 200 });
    }
    let page = accountant.get("/v1/invoicing/reports/ageing?asOf=2025-03-31").await.expect(200).json();
    let age = &page["items"][0];
    let found: Vec<&str> = ["notDue", "days1to30", "days31to60", "total"]
        .iter()
        .map(|name| age[*name].as_str().unwrap())
        .collect();
    assert_eq!(found, ["10.00", "60.00", "80.00", "150.00"]);
    let page = accountant.get("/v1/invoicing/reports/ageing?asOf=2025-06-29").await.expect(200).json();
    let age = &page["items"][0];
    let found: Vec<&str> =
        ["days61to90", "over90", "total"].iter().map(|name| age[*name].as_str().unwrap()).collect();
    assert_eq!(found, ["10.00", "140.00", "150.00"]);
}

#[tokio::test]
async fn a_statement_goes_from_what_was_owed_to_what_is() {
    let (_app, accountant) = app().await;
    let old = post(&accountant, &sale("2025-02-10", "10.00")).await.expect(200).text("/id");
    let sold = post(&accountant, &sale("2025-03-01", "100.00")).await.expect(200).text("/id");
    pay(&accountant, &payment("2025-03-05", "50.00", &[(&old, "12.00"), (&sold, "30.00")])).await.expect(200);
    let note = json!({"date": "2025-03-20", "offsets": true});
    let note = accountant
        .post(&format!("/v1/invoicing/invoices/{sold}/credit"), &note)
        .await
        .expect(201)
        .text("/id");
    accountant.post_empty(&format!("/v1/invoicing/invoices/{note}/post")).await.expect(200);
    assert_eq!(invoice(&accountant, &sold).await["state"], "cancelled");
    let path = format!("/v1/invoicing/reports/statement?party={ADA}&from=2025-03-01&to=2025-03-31");
    let statement = accountant.get(&path).await.expect(200).json();
    let part = &statement["currencies"][0];
    assert_eq!((&part["opening"], &part["closing"]), (&json!("12.00"), &json!("-38.00")));
    let lines: Vec<(&str, &str, &str)> = part["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["kind"].as_str().unwrap(),
                line["amount"].as_str().unwrap(),
                line["balance"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [("sale", "120.00", "132.00"), ("payment", "-50.00", "82.00"), ("credit_note", "-120.00", "-38.00")]
    );
}
