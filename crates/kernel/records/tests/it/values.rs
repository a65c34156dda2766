//! Values of all types: stored, read back, filtered by, and refused.

use serde_json::{Value, json};

use super::app_with;
use crate::support::{admin, change, encoded, entity, faults, field, indexed, list, make};

/// A definition with 40 fields, one of every type but attachments at least, and values of these fields.
pub(crate) fn everything() -> (Value, Value) {
    let options = json!([{"key": "a", "label": "A"}, {"key": "b", "label": "B"}, {"key": "c", "label": "C"}]);
    let fields = json!([
        {"key": "name", "label": "Name", "type": "text", "required": true, "searchable": true, "indexed": true},
        field("notes", json!("longText")),
        field("manual", json!("richText")),
        field("axes", json!({"integer": {"min": -10, "max": 12}})),
        field("precision", json!({"decimal": {"scale": 4}})),
        field("price", json!({"money": {"currency": "EUR"}})),
        field("weight", json!({"quantity": {"units": ["kg", "t"]}})),
        field("leased", json!("boolean")),
        field("built", json!("date")),
        field("opens", json!("time")),
        field("seen", json!("dateTime")),
        field("cycle", json!("duration")),
        field("grade", json!({"enum": {"options": options}})),
        field("tags", json!({"multiEnum": {"options": options}})),
        field("parent", json!({"reference": {"entity": "everything"}})),
        field("others", json!({"references": {"entity": "everything"}})),
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
        field("area", json!({"computed": {"expression": "axes * 2", "result": "integer"}})),
        {"key": "code", "label": "Code", "type": "text", "unique": true},
        indexed("rank", json!("integer")),
        indexed("rate", json!("decimal")),
        indexed("cost", json!({"money": {}})),
        indexed("due", json!("date")),
        indexed("met", json!("dateTime")),
        indexed("span", json!("duration")),
        indexed("level", json!({"enum": {"options": options}})),
        {"key": "remarks", "label": "Remarks", "type": "longText", "searchable": true},
        indexed("active", json!("boolean")),
        field("fax", json!("phone")),
        field("origin", json!("country")),
        field("entrance", json!("geoPoint")),
    ]);
    let values = json!({
        "name": "Lathe", "notes": "Loud.\nHeavy.", "manual": "# Start", "axes": 3, "precision": "0.0125",
        "price": {"amount": "1250.00", "currency": "EUR"}, "weight": {"value": "2.5", "unit": "t"}, "leased": true,
        "built": "2020-02-29", "opens": "08:30:00", "seen": "2026-03-31T06:30:00.000000Z", "cycle": "PT1H30M",
        "grade": "b", "tags": ["a", "c"], "parent": null, "others": null,
        "lines": [{"day": "2026-01-01", "cost": "3.5"}, {"day": "2026-02-01"}], "settings": {"a": [1, null]},
        "token": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "contact": "ann@example.com", "phone": "+4930901820",
        "site": "https://example.com/", "country": "CH", "currency": "CHF", "colour": "#aabbcc",
        "place": {"latitude": "52.52", "longitude": "13.405"}, "code": "M-1", "rank": 7, "rate": "0.5",
        "cost": {"amount": "-3.00", "currency": "CHF"}, "due": "2026-12-31", "met": "2026-01-01T00:00:00.000001Z",
        "span": "P2D", "level": "a", "remarks": "Zwei Wörter", "active": false, "fax": "+4930901821", "origin": "DE",
        "entrance": {"latitude": "-1", "longitude": "0"}
    });
    (entity("everything", fields), values)
}

#[tokio::test]
async fn a_record_is_read_as_it_was_stored() {
    let (definition, values) = everything();
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let made = client.post("/v1/records/everything", &values).await.expect(201);
    let record = client.get(&made.header("location")).await.expect(200).json();
    assert_eq!(record, made.json());
    for (key, value) in values.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key}");
    }
    assert_eq!((&record["area"], &record["version"]), (&json!(6), &json!(1)));
    assert_eq!(record["createdBy"], record["updatedBy"]);

    // References, to itself as well.
    let path = made.header("location");
    let id = record["id"].clone();
    let changed = change(&client, &path, json!({"parent": id, "others": [id]})).await.expect(200).json();
    assert_eq!((&changed["parent"], &changed["others"]), (&id, &json!([id])));
    assert_eq!(
        list(&client, "everything", "expand=parent,others", "expanded").await[0]["parent"]["name"],
        "Lathe"
    );
}

#[tokio::test]
async fn a_filter_can_ask_for_each_type() {
    let (definition, values) = everything();
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let id = make(&client, "everything", values).await;
    make(&client, "everything", json!({"name": "Empty"})).await;
    let all = [
        "name == 'Lathe'".to_owned(),
        format!("id == '{id}'"),
        "name.startsWith('La') && notes.contains('Heavy') && manual.endsWith('Start')".to_owned(),
        "axes > 2 && axes in [1, 3]".to_owned(),
        "precision < 0.02 && precision == 0.0125".to_owned(),
        "price.amount >= 1250 && price.currency == 'EUR'".to_owned(),
        "weight.value == 2.5 && weight.unit == 't'".to_owned(),
        "leased".to_owned(),
        "built == date('2020-02-29') && built < date('2021-01-01')".to_owned(),
        "opens >= '08:00:00'".to_owned(),
        "seen > timestamp('2026-01-01T00:00:00Z') && createdAt > seen - duration('876000h')".to_owned(),
        "cycle > duration('1h') && cycle < duration('2h')".to_owned(),
        "grade == 'b' && grade != 'a'".to_owned(),
        "'a' in tags && !('b' in tags)".to_owned(),
        "parent == null && has(name)".to_owned(),
        "settings.a[0] == 1".to_owned(),
        "token == '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'".to_owned(),
        "contact.endsWith('@example.com') && phone.startsWith('+49') && site.contains('example')".to_owned(),
        "country == 'CH' && currency == 'CHF' && colour == '#aabbcc'".to_owned(),
        "place.latitude > 52 && place.longitude < 14".to_owned(),
        "area == 6".to_owned(),
        "cost.amount < 0 && rank == 7 && rate == 0.5 && !active && level == 'a'".to_owned(),
        "version == 1 && createdBy != '' && name != 'Empty'".to_owned(),
    ];
    for filter in all {
        let mut found = list(&client, "everything", &format!("filter={}", encoded(&filter)), "name").await;
        found.sort_by_key(Value::to_string);
        let expected = if filter.starts_with("parent") { vec!["Empty", "Lathe"] } else { vec!["Lathe"] };
        assert_eq!(found, expected, "{filter}");
        let count = client.get(&format!("/v1/records/everything/count?filter={}", encoded(&filter))).await;
        assert_eq!(count.expect(200).json()["count"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_named_at_once_and_nothing_is_kept() {
    let (definition, _) = everything();
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let wrong = json!({
        "axes": 13, "precision": "0.00001", "price": {"amount": "1", "currency": "USD"}, "built": "2023-02-29",
        "grade": "z", "lines": [{"cost": "x"}], "area": 3, "__proto__": {"admin": true}, "notes": "x".repeat(10_001),
        "settings": {"__proto__": 1}
    });
    let answer = client.post("/v1/records/everything", &wrong).await.expect(422);
    let mut found = faults(&answer);
    found.sort();
    let expected = [
        ("/__proto__", "unknown_field"),
        ("/area", "read_only"),
        ("/axes", "out_of_range"),
        ("/built", "invalid"),
        ("/grade", "unknown_option"),
        ("/lines/0/cost", "invalid"),
        ("/lines/0/day", "required"),
        ("/notes", "too_long"),
        ("/precision", "too_many_decimals"),
        ("/price", "wrong_currency"),
        ("/settings", "invalid"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    assert_eq!(
        faults(&client.post("/v1/records/everything", &json!({})).await.expect(422)),
        [("/name".to_owned(), "required".to_owned())]
    );
    let unknown = json!({"name": "x", "parent": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"});
    assert_eq!(
        faults(&client.post("/v1/records/everything", &unknown).await.expect(422)),
        [("/parent".to_owned(), "unknown_record".to_owned())]
    );
    let twice = client
        .send(
            http::Method::POST,
            "/v1/records/everything",
            Some("application/json"),
            r#"{"name":"a","name":"b"}"#.into(),
        )
        .await;
    assert_eq!(twice.expect(422).code(), "request.invalid_body");
    assert!(list(&client, "everything", "", "name").await.is_empty());
}
