//! References by what the other record is called.

use serde_json::json;

use crate::support::{JSONL, all, app_with_machines, encoded, fault, faults, import, make, put, tally};

#[tokio::test]
async fn a_reference_is_named_by_a_value_that_comes_once() {
    let (app, client) = app_with_machines().await;
    put(
        &app,
        "demo",
        json!({"key": "job", "label": "Job", "plural": "Jobs", "fields": [
            {"key": "title", "label": "Title", "type": "text"},
            {"key": "machine", "label": "Machine", "type": {"reference": {"entity": "machine"}}},
            {"key": "others", "label": "Others", "type": {"references": {"entity": "machine"}}}
        ]}),
    )
    .await;
    let a = make(&client, "machine", json!({"code": "A"})).await;
    let b = make(&client, "machine", json!({"code": "B"})).await;
    let query = format!("entity=job&format=csv&mapping={}", encoded(r#"{"Alle": "others.code"}"#));
    let file = format!("title,machine.code,Alle\n1,A,B; A\n2,X,\n3,,\n4,B,A;Y\n5,{a},\n");
    let done = import(&app, &client, &query, "text/csv", file.as_str()).await;
    assert_eq!(tally(&done), [2, 0, 0, 3]);
    let expected = [
        fault(3, "machine.code", "unknown_record"),
        fault(5, "Alle", "unknown_record"),
        fault(6, "machine.code", "unknown_record"),
    ];
    assert_eq!(faults(&client, &done).await, expected);
    let jobs = all(&client, "job").await;
    assert_eq!((&jobs[0]["machine"], &jobs[0]["others"]), (&json!(a), &json!([b, a])));

    let file = "{\"title\": \"6\", \"machine.code\": \"B\", \"others.code\": [\"A\"]}\n\
                {\"machine.code\": \"B\", \"machine\": null}\n{\"machine.name\": \"x\"}\n";
    let done = import(&app, &client, "entity=job&format=jsonl", JSONL, file).await;
    let expected = [fault(2, "machine", "double_column"), fault(3, "machine.name", "unknown_column")];
    assert_eq!((tally(&done), faults(&client, &done).await), ([1, 0, 0, 2], expected.to_vec()));

    // By id, one that there is not.
    let file = format!("title,machine\n7,{b}\n8,{}\n", uuid::Uuid::nil());
    let done = import(&app, &client, "entity=job&format=csv", "text/csv", file.as_str()).await;
    assert_eq!(faults(&client, &done).await, [fault(3, "machine", "unknown_record")]);
}
