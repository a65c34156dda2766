//! Changes of records: versions, history, deletion and its consequences, states, what comes once.

use futures::future::join_all;
use serde_json::json;

use super::app_with;
use crate::support::{admin, change, delete, encoded, entity, faults, field, list, make, run};

#[tokio::test]
async fn of_many_changes_of_one_version_one_wins() {
    let app = app_with(&[entity("item", json!([field("name", json!("text"))]))]).await;
    let client = admin(&app);
    let path = format!("/v1/records/item/{}", make(&client, "item", json!({"name": "a"})).await);
    let etag = client.get(&path).await.header("etag");
    let attempts = (0..32).map(|at| {
        let client = client.with("if-match", &etag);
        let path = path.clone();
        async move { client.patch(&path, &json!({"name": format!("b{at}")})).await }
    });
    let answers = join_all(attempts).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 31, "{statuses:?}");
    for lost in answers.iter().filter(|answer| answer.status == 412) {
        assert_eq!((lost.text("/currentVersion"), lost.header("etag")), ("2".to_owned(), "\"2\"".to_owned()));
    }
    assert_eq!(client.get(&path).await.json()["version"], 2);
    assert_eq!(
        client.patch(&path, &json!({"name": "c"})).await.expect(428).code(),
        "request.version_required"
    );
}

#[tokio::test]
async fn every_version_is_kept_and_can_be_gone_back_to() {
    let fields = json!([field("name", json!("text")), field("size", json!("integer"))]);
    let app = app_with(&[entity("item", fields)]).await;
    let client = admin(&app);
    let path = format!("/v1/records/item/{}", make(&client, "item", json!({"name": "a", "size": 1})).await);
    change(&client, &path, json!({"size": 2})).await.expect(200);
    change(&client, &path, json!({"name": "b", "size": null})).await.expect(200);
    // Nothing differs, so nothing is kept.
    change(&client, &path, json!({"name": "b"})).await.expect(200);
    run(&client, &path, "revert", json!({"version": 1})).await.expect(200);
    let record = client.get(&path).await.json();
    assert_eq!((&record["name"], &record["size"], &record["version"]), (&json!("a"), &json!(1), &json!(4)));

    let page = client.get(&format!("{path}/revisions?limit=3")).await.expect(200).json();
    let shown: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|r| (&r["version"], &r["changes"])).collect();
    let name = |before, after| json!({"before": before, "after": after});
    assert_eq!(
        shown,
        [
            (&json!(4), &json!({"name": name(Some("b"), Some("a")), "size": {"before": null, "after": 1}})),
            (&json!(3), &json!({"name": name(Some("a"), Some("b")), "size": {"before": 2, "after": null}})),
            (&json!(2), &json!({"size": {"before": 1, "after": 2}})),
        ]
    );
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = client.get(&format!("{path}/revisions?limit=3&cursor={cursor}")).await.expect(200).json();
    assert_eq!(rest["items"][0]["action"], "create");
    assert_eq!(
        run(&client, &path, "revert", json!({"version": 9})).await.expect(404).code(),
        "records.no_version"
    );
}

#[tokio::test]
async fn a_deleted_record_comes_back_until_it_is_purged() {
    let mut name = field("name", json!("text"));
    name["unique"] = json!(true);
    name["searchable"] = json!(true);
    let app = app_with(&[entity("item", json!([name]))]).await;
    let client = admin(&app);
    let path = format!("/v1/records/item/{}", make(&client, "item", json!({"name": "Mill"})).await);
    delete(&client, &path).await.expect(204);
    for query in ["", "search=mill", "sort=name", "sort=-updatedAt"] {
        assert!(list(&client, "item", query, "name").await.is_empty(), "{query}");
    }
    assert_eq!(list(&client, "item", "deleted=true", "name").await, ["Mill"]);
    assert_eq!(
        change(&client, &path, json!({"name": "x"})).await.expect(409).code(),
        "records.record_deleted"
    );
    // Its name is free, so that somebody may take it, and then it cannot come back.
    let other = format!("/v1/records/item/{}", make(&client, "item", json!({"name": "Mill"})).await);
    assert_eq!(run(&client, &path, "restore", json!({})).await.expect(409).code(), "records.value_taken");
    delete(&client, &other).await.expect(204);
    run(&client, &path, "restore", json!({})).await.expect(200);
    assert_eq!(list(&client, "item", "search=mill", "name").await, ["Mill"]);
    assert_eq!(
        run(&client, &path, "purge", json!({})).await.expect(409).code(),
        "records.record_not_deleted"
    );
    delete(&client, &path).await.expect(204);
    run(&client, &path, "purge", json!({})).await.expect(204);
    client.get(&path).await.expect(404);
}

#[tokio::test]
async fn what_refers_to_a_record_decides_on_its_deletion() {
    let fields = json!([
        field("strict", json!({"reference": {"entity": "site"}})),
        field("part", json!({"reference": {"entity": "site", "onDelete": "cascade"}})),
        field("loose", json!({"references": {"entity": "site", "onDelete": "set_null"}})),
    ]);
    let app =
        app_with(&[entity("site", json!([field("name", json!("text"))])), entity("machine", fields)]).await;
    let client = admin(&app);
    let site = make(&client, "site", json!({"name": "Hall"})).await;
    let path = format!("/v1/records/site/{site}");
    let strict = format!("/v1/records/machine/{}", make(&client, "machine", json!({"strict": site})).await);
    let part = format!("/v1/records/machine/{}", make(&client, "machine", json!({"part": site})).await);
    let loose = format!("/v1/records/machine/{}", make(&client, "machine", json!({"loose": [site]})).await);
    let refused = delete(&client, &path).await.expect(409);
    assert_eq!(refused.code(), "records.referenced");
    change(&client, &strict, json!({"strict": null})).await.expect(200);
    delete(&client, &path).await.expect(204);
    assert!(client.get(&part).await.json()["deletedAt"].is_string());
    assert_eq!(client.get(&loose).await.json()["loose"], json!([]));
    assert!(client.get(&strict).await.json()["deletedAt"].is_null());
}

#[tokio::test]
async fn values_that_come_once_come_once_under_pressure() {
    let mut number = field("number", json!("text"));
    number["unique"] = json!({"within": ["site"]});
    let fields =
        json!([number, field("site", json!("text")), field("a", json!("text")), field("b", json!("text"))]);
    let mut definition = entity("item", fields);
    definition["unique"] = json!([{"fields": ["a", "b"], "message": "this pair is there"}]);
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let values = json!({"number": "1", "site": "x"});
    let attempts = (0..8).map(|_| client.post("/v1/records/item", &values));
    let statuses: Vec<u16> = join_all(attempts).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    make(&client, "item", json!({"number": "1", "site": "y"})).await;
    make(&client, "item", json!({"number": "1"})).await;
    let taken = client.post("/v1/records/item", &json!({"number": "1"})).await.expect(409);
    assert_eq!(faults(&taken), [("/number".to_owned(), "taken".to_owned())]);
    make(&client, "item", json!({"a": "1", "b": "1"})).await;
    make(&client, "item", json!({"a": "1"})).await;
    make(&client, "item", json!({"a": "1"})).await;
    let taken = client.post("/v1/records/item", &json!({"a": "1", "b": "1"})).await.expect(409);
    assert!(taken.json()["errors"][0]["message"].as_str().unwrap().contains("this pair"));
}

#[tokio::test]
async fn states_are_left_by_their_ways_only() {
    let mut definition =
        entity("task", json!([field("name", json!("text")), field("hours", json!("integer"))]));
    definition["states"] = json!({
        "initial": "open",
        "states": [{"key": "open", "label": "Open"}, {"key": "done", "label": "Done", "isLocked": true}],
        "transitions": [
            {"key": "finish", "label": "Finish", "from": ["open"], "to": "done", "condition": "hours > 0"},
            {"key": "reopen", "label": "Reopen", "from": ["done"], "to": "open"}
        ]
    });
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let path = format!("/v1/records/task/{}", make(&client, "task", json!({"name": "a"})).await);
    let refused = run(&client, &path, "transition", json!({"transition": "finish"})).await.expect(422);
    assert_eq!(faults(&refused), [("/transition".to_owned(), "condition".to_owned())]);
    change(&client, &path, json!({"hours": 2})).await.expect(200);
    run(&client, &path, "transition", json!({"transition": "finish"})).await.expect(200);
    assert_eq!(change(&client, &path, json!({"hours": 3})).await.expect(409).code(), "records.locked");
    assert_eq!(delete(&client, &path).await.expect(409).code(), "records.locked");
    let refused = run(&client, &path, "transition", json!({"transition": "finish"})).await.expect(409);
    assert_eq!(refused.code(), "records.no_transition");
    assert_eq!(list(&client, "task", &format!("filter={}", encoded("state == 'done'")), "name").await, ["a"]);
    run(&client, &path, "transition", json!({"transition": "reopen"})).await.expect(200);
}

#[tokio::test]
async fn records_that_hold_for_a_time_do_not_overlap() {
    let mut from = field("from", json!("date"));
    from["required"] = json!(true);
    let fields = json!([field("employee", json!("text")), from, field("until", json!("date"))]);
    let mut definition = entity("salary", fields);
    definition["effective"] = json!({"from": "from", "until": "until", "within": ["employee"]});
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let salary = |employee: &str, from: &str, until: Option<&str>| json!({"employee": employee, "from": from, "until": until});
    make(&client, "salary", salary("ann", "2026-01-01", Some("2026-06-30"))).await;
    make(&client, "salary", salary("ann", "2026-07-01", None)).await;
    make(&client, "salary", salary("bob", "2026-03-01", None)).await;
    for (from, until) in
        [("2026-06-30", Some("2026-06-30")), ("2025-01-01", None), ("2027-01-01", Some("2027-02-01"))]
    {
        let refused = client.post("/v1/records/salary", &salary("ann", from, until)).await.expect(409);
        assert_eq!(refused.code(), "records.overlap", "{from}");
    }
    let wrong =
        client.post("/v1/records/salary", &salary("eve", "2026-02-01", Some("2026-01-01"))).await.expect(422);
    assert_eq!(faults(&wrong), [("/until".to_owned(), "order".to_owned())]);
    let values = salary("zoe", "2026-01-01", None);
    let attempts = (0..6).map(|_| client.post("/v1/records/salary", &values));
    let statuses: Vec<u16> = join_all(attempts).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn of_many_operations_each_has_its_result() {
    let mut name = field("name", json!("text"));
    name["unique"] = json!(true);
    let app = app_with(&[entity("item", json!([name, field("size", json!("integer"))]))]).await;
    let client = admin(&app);
    let (one, two) = (
        make(&client, "item", json!({"name": "a"})).await,
        make(&client, "item", json!({"name": "b"})).await,
    );
    let operations = json!([
        {"operation": "create", "values": {"name": "c"}},
        {"operation": "create", "values": {"name": "a"}},
        {"operation": "create", "values": {"size": "x"}},
        {"operation": "update", "id": one, "version": 1, "values": {"size": 3}},
        {"operation": "update", "id": two, "version": 7, "values": {"size": 3}},
        {"operation": "delete", "id": two, "version": 1}
    ]);
    let results = |answer: &athyper_test_kit::Answer| {
        let json = answer.json();
        let statuses =
            json["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap());
        (statuses.collect::<Vec<_>>(), json["failed"].as_u64().unwrap())
    };
    let atomic = json!({"atomic": true, "operations": operations});
    let answer = client.post("/v1/records/item/bulk", &atomic).await.expect(200);
    assert_eq!(results(&answer), (vec![201, 409, 422, 200, 412, 204], 3));
    assert_eq!(list(&client, "item", "", "name").await.len(), 2);
    let answer = client.post("/v1/records/item/bulk", &json!({"operations": operations})).await.expect(200);
    assert_eq!(results(&answer), (vec![201, 409, 422, 200, 412, 204], 3));
    let mut names = list(&client, "item", "", "name").await;
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, ["a", "c"]);
    let empty = client.post("/v1/records/item/bulk", &json!({"operations": []})).await.expect(422);
    assert_eq!(faults(&empty), [("/operations".to_owned(), "length".to_owned())]);
}
