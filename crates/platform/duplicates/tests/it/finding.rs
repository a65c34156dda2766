//! Duplicates are found, however their records came to be what they are.

use serde_json::{Value, json};

use crate::support::{HOMES, World, ids, person, sorted};

#[tokio::test]
async fn groups_follow_every_write() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "Ann Lee", "mail": "ann@example.com"})).await;
        let b = world.make("person", json!({"name": "LEE, Ánn", "mail": "Ann+x@example.com"})).await;
        let c = world.make("person", json!({"name": "Ann Lee", "site": "Rome"})).await;
        world.make("person", json!({"phone": "+12025550100"})).await;
        world.make("person", json!({"phone": "+12025550100"})).await;
        let both = sorted(&[&a, &b]);
        let expected = [("mail".to_owned(), both.clone()), ("name".to_owned(), both.clone())];
        assert_eq!(world.groups("person").await, expected, "{home:?}");
        assert_eq!(world.candidates("person", &a).await, std::slice::from_ref(&b));
        assert!(world.candidates("person", &c).await.is_empty());

        world.change("person", &c, json!({"site": null})).await.expect(200);
        assert_eq!(world.candidates("person", &a).await, sorted(&[&b, &c]));
        world.change("person", &b, json!({"mail": "bo@example.com"})).await.expect(200);
        assert_eq!(world.groups("person").await, [("name".to_owned(), sorted(&[&a, &b, &c]))]);
        world.delete("person", &b).await.expect(204);
        assert_eq!(world.groups("person").await, [("name".to_owned(), sorted(&[&a, &c]))]);
        world.run("person", &b, "restore", json!({})).await.expect(200);
        world.run("person", &b, "revert", json!({"version": 1})).await.expect(200);
        let three = sorted(&[&a, &b, &c]);
        assert_eq!(world.groups("person").await, [("mail".to_owned(), both), ("name".to_owned(), three)]);

        let made = json!({"operations": [
            {"operation": "create", "values": {"mail": "x@example.com"}},
            {"operation": "create", "values": {"mail": "X@example.com"}},
            {"operation": "delete", "id": a, "version": 1}
        ]});
        let done = world.client.post(&world.records("person", "/bulk"), &made).await.expect(200).json();
        assert_eq!(done["failed"], 0, "{done}");
        let made =
            sorted(&[done["results"][0]["id"].as_str().unwrap(), done["results"][1]["id"].as_str().unwrap()]);
        let expected = [("mail".to_owned(), made), ("name".to_owned(), sorted(&[&b, &c]))];
        assert_eq!(world.groups("person").await, expected);
    }
}

#[tokio::test]
async fn only_groups_of_a_rule_are_listed_when_one_is_named() {
    let world = World::new(HOMES[0], &[person()]).await;
    for name in ["Ann", "Ann", "Bo", "Bo", "Cy", "Cy"] {
        world.make("person", json!({"name": name, "mail": "one@example.com"})).await;
    }
    let of = |query: &str| world.duplicates("person", &format!("groups?{query}"));
    let page = world.client.get(&of("rule=name&limit=2")).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["items"][0]["reason"]["fields"], json!([{"field": "name", "method": "words"}]));
    let next = page["nextCursor"].as_str().unwrap();
    let rest = world.client.get(&of(&format!("rule=name&limit=2&cursor={next}"))).await.expect(200).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["nextCursor"]), (1, &json!(null)));
    assert_eq!(
        world.client.get(&of(&format!("cursor={next}"))).await.expect(400).code(),
        "request.invalid_page"
    );
    assert_eq!(world.client.get(&of("rule=nothing")).await.expect(400).code(), "duplicates.unknown_rule");
    let page = world.client.get(&of("rule=mail")).await.expect(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["count"]), (1, &json!(6)));
}

#[tokio::test]
async fn a_large_group_is_shown_by_its_first() {
    let world = World::new(HOMES[0], &[person()]).await;
    let operation = json!({"operation": "create", "values": {"mail": "one@example.com"}});
    let many = json!({"operations": vec![operation; 130]});
    world.client.post(&world.records("person", "/bulk"), &many).await.expect(200);
    let page = world.client.get(&world.duplicates("person", "groups")).await.expect(200).json();
    let group = &page["items"][0];
    assert_eq!((&group["count"], group["records"].as_array().unwrap().len()), (&json!(130), 20));
}

#[tokio::test]
async fn values_are_looked_up_before_they_are_saved() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"name": "Ann Lee", "mail": "ann@example.com"})).await;
        let check = |body: Value| {
            let (client, path) = (world.client.clone(), world.duplicates("person", "check"));
            async move { client.post(&path, &body).await }
        };
        let found =
            check(json!({"values": {"name": "lee ann", "mail": "ANN@example.com"}})).await.expect(200).json();
        assert_eq!((ids(&found["candidates"]), &found["hasMore"]), (vec![a.clone()], &json!(false)));
        let reasons = found["candidates"][0]["reasons"].as_array().unwrap();
        assert_eq!(reasons.len(), 2);
        assert_eq!(found["candidates"][0]["record"]["mail"], "ann@example.com");
        let own = check(json!({"values": {"name": "lee ann"}, "record": a})).await.expect(200).json();
        assert_eq!(own["candidates"], json!([]));
        let none = check(json!({"values": {}})).await.expect(200).json();
        assert_eq!(none["candidates"], json!([]));
        check(json!({"values": {"nothing": 1}})).await.expect(422);
        assert_eq!(world.count("match_key").await, 2);
    }
}

#[tokio::test]
async fn a_pair_that_was_dismissed_is_not_told_of_until_that_is_taken_back() {
    for home in HOMES {
        let world = World::new(home, &[person()]).await;
        let a = world.make("person", json!({"mail": "ann@example.com"})).await;
        let b = world.make("person", json!({"mail": "ann@example.com"})).await;
        let path = world.duplicates("person", "dismissals");
        let body = json!({"records": [b, a], "reason": "father and son"});
        let made = world.client.post(&path, &body).await.expect(201);
        assert_eq!(made.json()["reason"], "father and son");
        // Said again, it stays as it was said first.
        let again = world.client.post(&path, &json!({"records": [a, b]})).await.expect(201);
        assert_eq!(again.json(), made.json());
        assert!(world.groups("person").await.is_empty());
        assert!(world.candidates("person", &a).await.is_empty());
        let changed = world.change("person", &a, json!({"name": "Ann"})).await.expect(200).json();
        assert!(changed.get("duplicates").is_none(), "{changed}");

        let c = world.make("person", json!({"mail": "ann@example.com"})).await;
        assert_eq!(world.groups("person").await, [("mail".to_owned(), sorted(&[&a, &b, &c]))]);
        world.client.post(&path, &json!({"records": [a, c]})).await.expect(201);
        assert_eq!(world.groups("person").await, [("mail".to_owned(), sorted(&[&b, &c]))]);

        let listed = world.client.get(&format!("{path}?record={a}&limit=1")).await.expect(200).json();
        assert!(listed["nextCursor"].is_string(), "{listed}");
        let place = made.header("location");
        world.client.delete(&place).await.expect(428);
        world.client.with("if-match", "\"2\"").delete(&place).await.expect(412);
        world.client.with("if-match", "\"1\"").delete(&place).await.expect(204);
        world.client.with("if-match", "\"1\"").delete(&place).await.expect(404);
        assert_eq!(world.groups("person").await, [("mail".to_owned(), sorted(&[&a, &b, &c]))]);
        assert_eq!(world.candidates("person", &a).await, std::slice::from_ref(&b));

        for (wrong, pointer) in [
            (json!({"records": [a, a]}), "/records/1"),
            (json!({"records": [a, "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"]}), "/records/1"),
            (json!({"records": [a, b], "reason": "x".repeat(501)}), "/reason"),
        ] {
            let refused = world.client.post(&path, &wrong).await.expect(422);
            assert_eq!(refused.text("/errors/0/pointer"), pointer);
        }
        world.delete("person", &a).await.expect(204);
        world.run("person", &a, "purge", json!({})).await.expect(204);
        assert_eq!(world.count("dismissal").await, 0);
    }
}
