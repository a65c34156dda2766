//! The examples of RFC 7644, section 3.5.2, and what clients send instead.

use athyper_kernel_scim::{GROUP, PatchOperation, ResourceKind, ScimType, USER, accept, apply};
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> Value {
    json!({
        "userName": "bjensen", "active": true, "nickName": "Babs",
        "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"}],
        ENTERPRISE: {"department": "Tours", "manager": {"value": "m1"}}
    })
}

fn group() -> Value {
    json!({"displayName": "Tour Guides", "members": [
        {"value": "u1", "$ref": "/Users/u1", "type": "User"}, {"value": "u2", "$ref": "/Users/u2", "type": "User"}]})
}

fn patched(kind: &ResourceKind, resource: Value, operations: Value) -> Result<Value, ScimType> {
    let request = serde_json::from_value(json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations
    }));
    let Value::Object(mut resource) = resource else { panic!("an object") };
    let all = PatchOperation::all(kind, &request.unwrap()).map_err(|error| error.kind)?;
    apply(&mut resource, &all).map_err(|error| error.kind)?;
    Ok(resource.into())
}

fn of_user(operation: Value) -> Result<Value, ScimType> {
    patched(&USER, user(), json!([operation]))
}

fn of_group(operation: Value) -> Result<Value, ScimType> {
    patched(&GROUP, group(), json!([operation]))
}

/// The ids of the members.
fn members(group: &Value) -> Vec<&str> {
    group["members"].as_array().into_iter().flatten().filter_map(|member| member["value"].as_str()).collect()
}

#[test]
fn members_are_added_and_none_twice() {
    let added = of_group(json!({"op": "add", "path": "members", "value": [
        {"display": "Babs", "$ref": "/Users/u3", "value": "u3"}, {"value": "u1"}]}));
    assert_eq!(members(&added.unwrap()), ["u1", "u2", "u3"]);
    let replaced = of_group(json!({"op": "replace", "path": "members", "value": [{"value": "u9"}]}));
    assert_eq!(members(&replaced.unwrap()), ["u9"]);
}

#[test]
fn members_are_removed_by_a_filter_by_value_and_all_together() {
    let by_filter = of_group(json!({"op": "remove", "path": "members[value eq \"u1\"]"}));
    assert_eq!(members(&by_filter.unwrap()), ["u2"]);
    let by_value = of_group(json!({"op": "Remove", "path": "members", "value": [{"value": "u2"}]}));
    assert_eq!(members(&by_value.unwrap()), ["u1"]);
    let all = of_group(json!({"op": "remove", "path": "members"})).unwrap();
    assert_eq!(all, json!({"displayName": "Tour Guides"}));
    let again = of_group(json!({"op": "remove", "path": "members[value eq \"u7\"]"}));
    assert_eq!(again.unwrap(), group());
}

/// RFC 7644, page 38: attributes of several kinds without a path.
#[test]
fn an_addition_without_a_path_names_its_attributes() {
    let added = of_user(json!({"op": "add", "value": {
        "emails": [{"value": "babs@example.org", "type": "other"}], "nickname": "Bab", "shoeSize": 41, "id": "7",
        "schemas": [], "name.middleName": "J", (format!("{ENTERPRISE}:employeeNumber")): "701984",
        ENTERPRISE: {"organization": "Studios"}
    }}));
    let added = added.unwrap();
    assert_eq!(added["nickName"], "Bab");
    assert_eq!(added["emails"].as_array().unwrap().len(), 3);
    assert_eq!(added["name"], json!({"givenName": "Barbara", "familyName": "Jensen", "middleName": "J"}));
    assert_eq!(
        added[ENTERPRISE],
        json!({"department": "Tours", "manager": {"value": "m1"}, "employeeNumber": "701984",
            "organization": "Studios"})
    );
    assert!(added.get("id").is_none() && added.get("shoeSize").is_none());
}

#[test]
fn values_are_chosen_by_a_filter() {
    let path = "emails[type eq \"work\" and value ew \"example.com\"]";
    let replaced =
        of_user(json!({"op": "replace", "path": format!("{path}.value"), "value": "b@example.com"}));
    assert_eq!(
        replaced.unwrap()["emails"][0],
        json!({"value": "b@example.com", "type": "work", "primary": true})
    );
    let merged =
        of_user(json!({"op": "replace", "path": "emails[type eq \"HOME\"]", "value": {"primary": true}}));
    let merged = merged.unwrap();
    assert_eq!(
        (&merged["emails"][0]["primary"], &merged["emails"][1]["primary"]),
        (&json!(false), &json!(true))
    );
    let removed = of_user(json!({"op": "remove", "path": path})).unwrap();
    assert_eq!(removed["emails"], json!([{"value": "babs@jensen.org", "type": "home"}]));
}

/// What a large directory sends: capital letters, booleans as strings, values that are not there yet.
#[test]
fn what_clients_bend_is_understood() {
    let patched = patched(
        &USER,
        user(),
        json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
            {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "m2"},
            {"op": "Replace", "value": {"displayName": "Babs Jensen", "name.givenName": "Babs"}}
        ]),
    );
    let patched = patched.unwrap();
    assert_eq!(patched["active"], false);
    assert_eq!(patched["phoneNumbers"], json!([{"type": "mobile", "value": "1"}]));
    assert_eq!(patched[ENTERPRISE]["manager"], json!({"value": "m2"}));
    assert_eq!(
        (&patched["displayName"], &patched["name"]["givenName"]),
        (&json!("Babs Jensen"), &json!("Babs"))
    );
}

#[test]
fn a_new_primary_value_is_the_only_one() {
    let added = of_user(json!({"op": "add", "path": "emails", "value": {"value": "n@b.c", "primary": true}}));
    let primary: Vec<_> =
        added.unwrap()["emails"].as_array().unwrap().iter().map(|one| one["primary"] == true).collect();
    assert_eq!(primary, [false, false, true]);
}

#[test]
fn attributes_are_removed() {
    let removed = patched(
        &USER,
        user(),
        json!([{"op": "remove", "path": "nickName"}, {"op": "remove", "path": "name.givenName"},
            {"op": "remove", "path": ENTERPRISE}, {"op": "replace", "path": "emails", "value": []}]),
    );
    assert_eq!(
        removed.unwrap(),
        json!({"userName": "bjensen", "active": true, "name": {"familyName": "Jensen"}})
    );
}

#[test]
fn what_cannot_be_done_is_named() {
    for (operation, expected) in [
        (json!({"op": "move", "path": "title"}), ScimType::InvalidSyntax),
        (json!({"op": "remove"}), ScimType::NoTarget),
        (json!({"op": "add", "path": "shoeSize", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "emails[type eq", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "emails[type eq]", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "emails[size eq \"1\"]", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "name[givenName eq \"a\"]", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "replace", "path": "id", "value": "1"}), ScimType::Mutability),
        (json!({"op": "add", "path": "groups", "value": [{"value": "1"}]}), ScimType::Mutability),
        (json!({"op": "add", "path": "meta.version", "value": "1"}), ScimType::Mutability),
        (json!({"op": "remove", "path": "userName"}), ScimType::Mutability),
        (json!({"op": "remove", "path": "active"}), ScimType::Mutability),
        (
            json!({"op": "replace", "path": "emails[type eq \"x\"].value", "value": "a@b.c"}),
            ScimType::NoTarget,
        ),
        (json!({"op": "replace", "path": "title", "value": 1}), ScimType::InvalidValue),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), ScimType::InvalidValue),
        (json!({"op": "add", "value": "x"}), ScimType::InvalidValue),
    ] {
        assert_eq!(of_user(operation.clone()).unwrap_err(), expected, "{operation}");
    }
    let moved = of_group(json!({"op": "replace", "path": "members[value eq \"u1\"].value", "value": "u5"}));
    assert_eq!(moved.unwrap_err(), ScimType::Mutability);
}

/// A patch of what was sent keeps the form that [`accept`] gives.
#[test]
fn what_is_patched_is_accepted_again() {
    let body = |resource: &Value| {
        let mut body = resource.clone();
        body["schemas"] = json!([USER.schema.urn]);
        body
    };
    let accepted = Value::from(accept(&USER, &body(&user())).unwrap());
    let patched =
        patched(&USER, accepted, json!([{"op": "add", "path": "title", "value": "Guide"}])).unwrap();
    let again = Value::from(accept(&USER, &body(&patched)).unwrap());
    assert_eq!(again, patched);
}
