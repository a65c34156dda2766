//! Records become files, which become the same records again.

use athyper_test_kit::Client;
use serde_json::{Value, json};

use crate::support::{
    JSONL, XLSX, all, app, app_with_machines, encoded, faults, import, import_csv, make, put, tally,
};

/// A definition with a field of every type but attachments, and values of these fields.
fn everything(key: &str) -> (Value, Value) {
    let options = json!([{"key": "a", "label": "A"}, {"key": "b", "label": "B"}, {"key": "c", "label": "C"}]);
    let field = |key: &str, kind: Value| json!({"key": key, "label": key, "type": kind});
    let fields = json!([
        {"key": "name", "label": "Name", "type": "text", "required": true, "unique": true},
        field("notes", json!("longText")),
        field("manual", json!("richText")),
        field("axes", json!("integer")),
        field("precision", json!({"decimal": {"scale": 12}})),
        field("price", json!("money")),
        field("weight", json!({"quantity": {"units": ["kg", "t"]}})),
        field("leased", json!("boolean")),
        field("built", json!("date")),
        field("opens", json!("time")),
        field("seen", json!("dateTime")),
        field("cycle", json!("duration")),
        field("grade", json!({"enum": {"options": options}})),
        field("tags", json!({"multiEnum": {"options": options}})),
        field("parent", json!({"reference": {"entity": "other"}})),
        field("others", json!({"references": {"entity": "other"}})),
        field("lines", json!({"child": {"fields": [
            {"key": "day", "label": "Day", "type": "date", "required": true}, field("cost", json!("decimal"))]}})),
        field("settings", json!("json")),
        field("token", json!("uuid")),
        field("contact", json!("email")),
        field("phone", json!("phone")),
        field("site", json!("url")),
        field("country", json!("country")),
        field("currency", json!("currency")),
        field("colour", json!("colour")),
        field("place", json!("geoPoint")),
        field("file", json!("attachment")),
        field("area", json!({"computed": {"expression": "axes * 2", "result": "integer"}})),
    ]);
    let values = json!({
        "name": "=1+1", "notes": " Loud.\r\nHeavy, \"very\".\n", "manual": "'=x\u{b} _x0041_ & <b>", "axes": -3,
        "precision": "-1234567890123456.0125", "price": {"amount": "-1250.00", "currency": "EUR"},
        "weight": {"value": "2.5", "unit": "t"}, "leased": false, "built": "2020-02-29", "opens": "08:30:00",
        "seen": "2026-03-31T06:30:00.123456Z", "cycle": "PT1H30M", "grade": "b", "tags": ["a", "c"],
        "lines": [{"day": "2026-01-01", "cost": "3.5"}, {"day": "2026-02-01"}],
        "settings": {"b": [1, null, "x;y"], "a": 2}, "token": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "contact": "ann@example.com", "phone": "+4930901820", "site": "https://example.com/", "country": "CH",
        "currency": "CHF", "colour": "#aabbcc", "place": {"latitude": "-52.52", "longitude": "13.405"}
    });
    (json!({"key": key, "label": key, "plural": key, "fields": fields}), values)
}

/// All records of an entity by their name.
async fn by_name(client: &Client, entity: &str) -> Vec<Value> {
    let mut found = all(client, entity).await;
    found.sort_by_key(|record| record["name"].to_string());
    found
}

#[tokio::test]
async fn each_type_comes_back_from_each_form() {
    let app = app().await;
    let client = app.user("demo", "admin");
    put(
        &app,
        "demo",
        json!({"key": "other", "label": "O", "plural": "O", "fields": [
        {"key": "name", "label": "Name", "type": "text"}]}),
    )
    .await;
    let (one, two) = (
        make(&client, "other", json!({"name": "1"})).await,
        make(&client, "other", json!({"name": "2"})).await,
    );
    let (definition, mut values) = everything("original");
    put(&app, "demo", definition).await;
    values["parent"] = json!(one);
    values["others"] = json!([two, one]);
    make(&client, "original", values).await;
    make(&client, "original", json!({"name": "Empty"})).await;
    make(&client, "original", json!({"name": "-", "settings": -5, "axes": 0, "leased": true})).await;
    let original = by_name(&client, "original").await;

    for (format, media_type) in [("csv", "text/csv"), ("jsonl", JSONL), ("xlsx", XLSX)] {
        let copy = format!("copy_{format}");
        put(&app, "demo", everything(&copy).0).await;
        let file =
            client.get(&format!("/v1/transfer/exports?entity=original&format={format}")).await.expect(200);
        assert!(file.header("content-type").starts_with(media_type));
        assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"original.{format}\""));
        let done =
            import(&app, &client, &format!("entity={copy}&format={format}"), media_type, file.body.to_vec())
                .await;
        assert_eq!(tally(&done), [3, 0, 0, 0], "{format} {:?}", faults(&client, &done).await);
        let own = |record: &Value| {
            let members = record.as_object().unwrap().clone();
            let is_own =
                |key: &str| !key.starts_with("created") && !key.starts_with("updated") && key != "id";
            members.into_iter().filter(|(key, _)| is_own(key)).collect::<Vec<_>>()
        };
        let copies = by_name(&client, &copy).await;
        for (copied, original) in copies.iter().zip(&original) {
            assert_eq!(own(copied), own(original), "{format}");
        }
        // And over the records themselves: nothing changes.
        let query = format!("entity=original&format={format}&mode=update&by=id&empty=clear");
        let done = import(&app, &client, &query, media_type, file.body.to_vec()).await;
        assert_eq!(tally(&done), [0, 0, 3, 0], "{format} {:?}", faults(&client, &done).await);
    }
}

#[tokio::test]
async fn no_cell_of_a_csv_file_is_a_formula() {
    let (app, client) = app_with_machines().await;
    for code in ["=HYPERLINK(\"x\")", "+1", "-1", "@x", "'=y", "plain"] {
        make(&client, "machine", json!({"code": code, "axes": 1})).await;
    }
    let file = client
        .get("/v1/transfer/exports?entity=machine&format=csv&fields=code,axes&sort=code")
        .await
        .expect(200);
    let text = String::from_utf8(file.body.to_vec()).unwrap();
    assert_eq!(
        text,
        "code,axes\r\n''=y,1\r\n'+1,1\r\n'-1,1\r\n\"'=HYPERLINK(\"\"x\"\")\",1\r\n'@x,1\r\nplain,1\r\n"
    );
    drop(app);
}

#[tokio::test]
async fn an_export_is_a_list_without_pages() {
    let (app, client) = app_with_machines().await;
    let rows: Vec<String> = (0..1_234).map(|row| format!("M{row:04},{}", row % 7)).collect();
    let file = rows.join("\n");
    import_csv(&app, &client, "", &format!("code,axes\n{file}")).await;
    let lines = async |query: &str| {
        let answer =
            client.get(&format!("/v1/transfer/exports?entity=machine&format=jsonl{query}")).await.expect(200);
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let codes = |lines: &[Value]| lines.iter().map(|line| line["code"].clone()).collect::<Vec<_>>();
    let all = lines("&sort=code").await;
    assert_eq!(all.len(), 1_234);
    assert_eq!(codes(&all[..2]), ["M0000", "M0001"]);
    let some = lines(&format!("&fields=code&sort=-axes&filter={}", encoded("axes > 4"))).await;
    assert_eq!(some.len(), 352);
    assert_eq!(some[0].as_object().unwrap().len(), 1);
    assert!(lines(&format!("&filter={}", encoded("axes > 40"))).await.is_empty());
    let empty =
        client.get("/v1/transfer/exports?entity=machine&format=csv&filter=axes%3E40").await.expect(200);
    assert_eq!(&empty.body[..], b"id,code,name,axes,price,twice\r\n");

    for wrong in ["&filter=axes%20%3E", "&sort=price", "&fields=nothing", "&search=%2C", "&x=1"] {
        let path = format!("/v1/transfer/exports?entity=machine&format=csv{wrong}");
        assert_eq!(client.get(&path).await.expect(400).code(), "request.invalid_query", "{wrong}");
    }
    client.get("/v1/transfer/exports?entity=nothing&format=csv").await.expect(404);
    let mut admin = app.db.superuser().await;
    let events: i64 =
        sqlx::query_scalar("select count(*) from audit.event where type = 'transfer.export_records'")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    assert_eq!(events, 4);
}
