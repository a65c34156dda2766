//! Rows become records, and what is wrong with a row is named.

use serde_json::{Value, json};

use crate::support::{
    JSONL, XLSX, all, app_with_machines, count, encoded, fault, faults, import, import_csv, machines, put,
    send, tally,
};

#[tokio::test]
async fn good_rows_are_written_and_bad_ones_named() {
    let (app, client) = app_with_machines().await;
    let file = "code,name,axes,price,twice,id\n\
                M1,Lathe,5,12.50 EUR,99,x\n\
                ,No code,1,,,\n\
                M2,\"Mill, big\",,7 USD,,\n\
                M3,Saw,13,many,,\n\
                M1,Again,1,,,\n\
                M4,short\n\
                M5,,twelve,,,\n";
    let done = import_csv(&app, &client, "", file).await;
    assert_eq!((&done["state"], &done["rows"], tally(&done)), (&json!("succeeded"), &json!(7), [2, 0, 0, 5]));
    assert_eq!((&done["bytes"], &done["errors"]), (&done["bytesDone"], &json!(6)));
    let expected = [
        fault(3, "code", "required"),
        fault(5, "axes", "out_of_range"),
        fault(5, "price", "invalid"),
        fault(6, "code", "taken"),
        fault(7, "", "field_count"),
        fault(8, "axes", "invalid"),
    ];
    let mut found = faults(&client, &done).await;
    found.sort();
    assert_eq!(found, expected);

    let rows = all(&client, "machine").await;
    let seen: Vec<Value> =
        rows.iter().map(|m| json!([m["code"], m["name"], m["axes"], m["price"], m["twice"]])).collect();
    let expected = [
        json!(["M1", "Lathe", 5, {"amount": "12.50", "currency": "EUR"}, 10]),
        json!(["M2", "Mill, big", 3, {"amount": "7.00", "currency": "USD"}, 6]),
    ];
    assert_eq!(seen, expected);
    // As if each had been made by itself.
    assert_eq!(
        client.get("/v1/records/machine?search=mil").await.json()["items"].as_array().unwrap().len(),
        1
    );
    let path = format!("/v1/records/machine/{}/revisions", rows[0]["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["items"][0]["action"], "create");
    let operation = client.get(&format!("/v1/operations/{}", done["id"].as_str().unwrap())).await.json();
    assert_eq!((&operation["state"], &operation["result"]["created"]), (&json!("succeeded"), &json!(2)));
    assert_eq!(
        (&operation["done"], &operation["total"], count(&app, "upload").await),
        (&json!(7), &json!(7), 0)
    );
    let listed = client.get("/v1/transfer/imports").await.json();
    assert_eq!(listed["items"], json!([done]));
}

#[tokio::test]
async fn a_batch_leaves_what_single_writes_leave() {
    let (app, client) = app_with_machines().await;
    for (code, name) in [("A", "one two"), ("B", "two three")] {
        client.post("/v1/records/machine", &json!({"code": code, "name": name})).await.expect(201);
    }
    let tables = ["record", "revision", "word", "field_value", "unique_value"];
    let mut single = Vec::new();
    for table in tables {
        single.push(count(&app, table).await);
    }
    import_csv(&app, &client, "", "code,name\nC,one two\nD,two three\n").await;
    for (table, before) in tables.into_iter().zip(single) {
        assert_eq!(count(&app, table).await, before * 2, "{table}");
    }
}

#[tokio::test]
async fn columns_that_stand_for_nothing_are_refused_at_once() {
    let (app, client) = app_with_machines().await;
    let refused = async |query: &str, file: &str| {
        let answer = send(&client, &format!("entity=machine&format=csv{query}"), "text/csv", file).await;
        let json = answer.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        let pairs: Vec<String> = errors
            .iter()
            .map(|error| format!("{} {}", text(&error["pointer"]), text(&error["code"])))
            .collect();
        (answer.status, answer.code(), pairs)
    };
    let invalid = |pairs: &[&str]| {
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        (422, "transfer.invalid_columns".to_owned(), pairs)
    };
    assert_eq!(refused("", "code,colour\nA,red\n").await, invalid(&["/colour unknown_column"]));
    assert_eq!(refused("", "code,name,code\nA,b,c\n").await, invalid(&["/code double_column"]));
    assert_eq!(refused("", "code,,name\n").await, invalid(&[" unknown_column"]));
    let mapping = |json: &str| format!("&mapping={}", encoded(json));
    let mapped = mapping(r#"{"Kennung": "code", "gone": "name", "x": "nothing", "twice": "twice"}"#);
    assert_eq!(
        refused(&mapped, "Kennung,x,twice\n1,2,3\n").await,
        invalid(&["/x unknown_column", "/twice read_only", "/gone missing_column"])
    );
    let constants = format!("&constants={}", encoded(r#"{"axes": 99, "colour": "red"}"#));
    let (status, code, pairs) = refused(&constants, "code\nA\n").await;
    assert_eq!((status, code.as_str()), (400, "transfer.invalid_parameters"));
    assert_eq!(pairs, ["?constants/axes out_of_range", "?constants/colour unknown_field"]);
    assert_eq!(refused("&mode=upsert", "code\nA\n").await.2, ["?by required"]);
    assert_eq!(refused("&mode=upsert&by=name", "code\nA\n").await.2, ["?by not_unique"]);
    assert_eq!(refused("&mode=update&by=id", "code\nA\n").await.2, ["/id missing_column"]);
    assert_eq!(refused("&mapping=%7B", "code\nA\n").await.2, ["?mapping invalid_json"]);
    send(&client, "entity=machine&format=csv", "application/json", "{}").await.expect(415);
    send(&client, "entity=machine&format=jsonl", "text/csv", "code\nA\n").await.expect(415);
    send(&client, "entity=machine&format=csv", "text/csv", "code\n\u{fffd}\n".replace('\u{fffd}', "")).await;
    send(&client, "entity=nothing&format=csv", "text/csv", "code\nA\n").await.expect(404);
    send(&client, "entity=machine&format=csv", "text/csv", b"code\n\xff\n".to_vec()).await.expect(400);
    send(&client, "entity=machine&format=csv", "text/csv", "").await.expect(400);
    assert!(machines(&client).await.is_empty());
    drop(app);
}

#[tokio::test]
async fn columns_are_mapped_and_constants_added() {
    let (app, client) = app_with_machines().await;
    let query = format!(
        "&mapping={}&constants={}",
        encoded(r#"{"Kennung": "code", "Bemerkung": null}"#),
        encoded(r#"{"axes": 7}"#)
    );
    let done = import_csv(&app, &client, &query, "Kennung,Bemerkung,name\nA,x,Lathe\n").await;
    assert_eq!(tally(&done), [1, 0, 0, 0]);
    assert_eq!(machines(&client).await, [("A".to_owned(), json!("Lathe"), json!(7), json!(1))]);
    assert_eq!(done["options"]["mapping"], json!({"Bemerkung": null, "Kennung": "code"}));
}

#[tokio::test]
async fn lines_of_json_are_records() {
    let (app, client) = app_with_machines().await;
    let file = "{\"code\": \"A\", \"axes\": 4, \"price\": {\"amount\": \"1.00\", \"currency\": \"EUR\"}}\n\
                \n{\"code\": \"B\", \"axes\": \"4\"}\n[1]\n{\"code\": \"C\", \"__proto__\": {\"x\": 1}}\n\
                {\"code\": \"D\", \"axes\": 1e999}\n{\"code\": \"E\", \"axes\": 99999999999999999999}\n\
                {\"code\": \"F\", \"name\": null, \"version\": 3}";
    let done = import(&app, &client, "entity=machine&format=jsonl", JSONL, file).await;
    assert_eq!(tally(&done), [2, 0, 0, 5]);
    let expected = [
        fault(3, "axes", "wrong_type"),
        fault(4, "", "invalid_json"),
        fault(5, "__proto__", "unknown_column"),
        fault(6, "", "invalid_json"),
        fault(7, "axes", "invalid"),
    ];
    assert_eq!(faults(&client, &done).await, expected);
}

#[tokio::test]
async fn numbers_of_records_have_no_gap() {
    let (app, client) = app_with_machines().await;
    put(
        &app,
        "demo",
        json!({"key": "ticket", "label": "Ticket", "plural": "Tickets",
        "fields": [{"key": "number", "label": "Number", "type": "text"},
            {"key": "title", "label": "Title", "type": "text", "required": true, "unique": true}],
        "numbering": {"field": "number", "pattern": "T-{SEQ:3}"}}),
    )
    .await;
    let file = "title,number\na,\nb,\na,\n,\nc,T-9\n";
    let done = import(&app, &client, "entity=ticket&format=csv", "text/csv", file).await;
    assert_eq!(tally(&done), [3, 0, 0, 2]);
    client.post("/v1/records/ticket", &json!({"title": "d"})).await.expect(201);
    let mut numbers: Vec<(Value, Value)> = all(&client, "ticket")
        .await
        .iter()
        .map(|ticket| (ticket["title"].clone(), ticket["number"].clone()))
        .collect();
    numbers.sort_by_key(|(title, _)| title.to_string());
    let expected = [("a", "T-001"), ("b", "T-002"), ("c", "T-003"), ("d", "T-004")];
    assert_eq!(numbers, expected.map(|(title, number)| (json!(title), json!(number))));
}

#[tokio::test]
async fn records_that_hold_for_a_time_do_not_overlap() {
    let (app, client) = app_with_machines().await;
    put(
        &app,
        "demo",
        json!({"key": "rate", "label": "Rate", "plural": "Rates",
        "fields": [{"key": "from", "label": "From", "type": "date", "required": true},
            {"key": "until", "label": "Until", "type": "date"}],
        "effective": {"from": "from", "until": "until", "within": []}}),
    )
    .await;
    let file = "from,until\n2026-01-01,2026-01-31\n2026-01-15,2026-02-15\n2026-02-01,\n";
    let done = import(&app, &client, "entity=rate&format=csv", "text/csv", file).await;
    assert_eq!(
        (tally(&done), faults(&client, &done).await),
        ([2, 0, 0, 1], vec![fault(3, "from", "overlap")])
    );
}

#[tokio::test]
async fn what_is_no_workbook_fails_with_words() {
    let (app, client) = app_with_machines().await;
    let done = import(&app, &client, "entity=machine&format=xlsx", XLSX, b"PK\x03\x04 no".to_vec()).await;
    assert_eq!((&done["state"], count(&app, "upload").await), (&json!("failed"), 0));
    let operation = client.get(&format!("/v1/operations/{}", done["id"].as_str().unwrap())).await.json();
    assert_eq!(operation["state"], "failed");
}
