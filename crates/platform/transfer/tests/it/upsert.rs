//! Rows that change the records that they name.

use serde_json::json;

use crate::support::{all, app_with_machines, fault, faults, import_csv, machines, make, tally};

#[tokio::test]
async fn rows_find_their_record_by_a_value_that_comes_once() {
    let (app, client) = app_with_machines().await;
    make(&client, "machine", json!({"code": "A", "name": "Old", "axes": 5})).await;
    make(&client, "machine", json!({"code": "B", "name": "Same"})).await;
    // The third row is of the record that the second one makes, and the last one of the first.
    let file = "code,name,axes\nA,New,\nC,Made,1\nC,Changed,2\nB,Same,3\n,x,1\nD,y,99\nA,Newer,6\n";
    let done = import_csv(&app, &client, "&mode=upsert&by=code", file).await;
    assert_eq!((tally(&done), &done["rows"]), ([1, 3, 1, 2], &json!(7)));
    assert_eq!(
        faults(&client, &done).await,
        [fault(6, "code", "required"), fault(7, "axes", "out_of_range")]
    );
    assert_eq!(
        machines(&client).await,
        [
            ("A".to_owned(), json!("Newer"), json!(6), json!(3)),
            ("B".to_owned(), json!("Same"), json!(3), json!(1)),
            ("C".to_owned(), json!("Changed"), json!(2), json!(2)),
        ]
    );
    let found = client.get("/v1/records/machine?search=newer").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert!(
        client.get("/v1/records/machine?search=old").await.json()["items"].as_array().unwrap().is_empty()
    );
    assert_eq!(client.get("/v1/records/machine/count?filter=axes%20%3D%3D%206").await.json()["count"], 1);
}

#[tokio::test]
async fn an_update_makes_no_record() {
    let (app, client) = app_with_machines().await;
    let id = make(&client, "machine", json!({"code": "A", "name": "Old"})).await;
    let gone = make(&client, "machine", json!({"code": "G"})).await;
    client.with("if-match", "\"1\"").delete(&format!("/v1/records/machine/{gone}")).await.expect(204);
    let other = uuid::Uuid::nil();
    let file = format!("id,code,name\n{id},Z,New\n{other},X,x\nno,Y,y\n{gone},G,g\n,Q,q\n");
    let done = import_csv(&app, &client, "&mode=update&by=id", &file).await;
    assert_eq!(tally(&done), [0, 1, 0, 4]);
    let expected = [
        fault(3, "id", "unknown_record"),
        fault(4, "id", "invalid"),
        fault(5, "", "records.record_deleted"),
        fault(6, "id", "required"),
    ];
    assert_eq!(faults(&client, &done).await, expected);
    assert_eq!(machines(&client).await, [("Z".to_owned(), json!("New"), json!(3), json!(2))]);
}

#[tokio::test]
async fn an_empty_cell_keeps_or_clears() {
    let (app, client) = app_with_machines().await;
    make(&client, "machine", json!({"code": "A", "name": "Old"})).await;
    let done = import_csv(&app, &client, "&mode=update&by=code", "code,name\nA,\n").await;
    assert_eq!(tally(&done), [0, 0, 1, 0]);
    let done = import_csv(&app, &client, "&mode=update&by=code&empty=clear", "code,name\nA,\n").await;
    assert_eq!(tally(&done), [0, 1, 0, 0]);
    assert_eq!(all(&client, "machine").await[0]["name"], json!(null));
}

#[tokio::test]
async fn values_that_come_once_go_from_one_record_to_another() {
    let (app, client) = app_with_machines().await;
    let a = make(&client, "machine", json!({"code": "A"})).await;
    let b = make(&client, "machine", json!({"code": "B"})).await;
    // In this order all of it can be done, in the other one not: the rows are taken one after the other.
    let file = format!("id,code\n{a},C\n{b},A\n");
    assert_eq!(tally(&import_csv(&app, &client, "&mode=update&by=id", &file).await), [0, 2, 0, 0]);
    let file = format!("id,code\n{a},A\n{b},B\n");
    let done = import_csv(&app, &client, "&mode=update&by=id", &file).await;
    assert_eq!((tally(&done), faults(&client, &done).await), ([0, 1, 0, 1], vec![fault(2, "code", "taken")]));
}
