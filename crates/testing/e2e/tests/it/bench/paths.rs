//! The requests that are measured, as bytes.

use std::sync::Arc;

use super::load::{Connection, Dice, Work};
use super::scene::{Scene, Tenant, journal};

/// A request without its body.
fn head(method: &str, path: &str, token: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n")
}

fn get(path: &str, token: &str) -> Vec<u8> {
    format!("{}\r\n", head("GET", path, token)).into_bytes()
}

fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    let head = head("POST", path, token);
    format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Asks whether the process lives: what a request costs that neither authenticates nor reads.
pub(super) fn live(_: &Scene) -> Work {
    let request = b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    Arc::new(|connection: &mut Connection, _: &mut Dice| {
        connection.ask(request, b"200");
    })
}

/// Gets a record by its id.
pub(super) fn get_one(scene: &Scene) -> Work {
    let (tenants, records) = (Arc::clone(&scene.tenants), scene.size.records);
    Arc::new(move |connection: &mut Connection, dice: &mut Dice| {
        let path = format!("/v1/records/item/{}", Scene::record(dice.below(records)));
        let request = get(&path, &one_of(&tenants, dice).admin);
        connection.ask(&request, b"200");
    })
}

/// Lists the twenty newest records.
pub(super) fn list_20(scene: &Scene) -> Work {
    let tenants = Arc::clone(&scene.tenants);
    Arc::new(move |connection: &mut Connection, dice: &mut Dice| {
        connection.ask(&get("/v1/records/item?limit=20", &one_of(&tenants, dice).admin), b"200");
    })
}

/// Makes a record.
pub(super) fn create(scene: &Scene) -> Work {
    let tenants = Arc::clone(&scene.tenants);
    Arc::new(move |connection: &mut Connection, dice: &mut Dice| {
        let (size, label) = (dice.below(100), dice.below(1_000_000));
        let body = format!(r#"{{"size":{size},"label":"l{label}","note":"a note of some length"}}"#);
        connection.ask(&post("/v1/records/item", &one_of(&tenants, dice).admin, &body), b"201");
    })
}

/// Writes a draft of four lines and posts it, in one of so many tenants: two requests.
pub(super) fn post_journal(scene: &Scene, most: usize) -> Work {
    let (tenants, body) = (Arc::clone(&scene.tenants), journal().to_string());
    Arc::new(move |connection: &mut Connection, dice: &mut Dice| {
        let token = &one_of(&tenants[..most], dice).accountant;
        let made = connection.ask(&post("/v1/finance/journals", token, &body), b"201");
        let at = made.windows(6).position(|part| part == b"\"id\":\"").unwrap() + 6;
        let path = format!("/v1/finance/journals/{}/post", str::from_utf8(&made[at..at + 36]).unwrap());
        connection.ask(&post(&path, token, ""), b"200");
    })
}

fn one_of<'a>(tenants: &'a [Tenant], dice: &mut Dice) -> &'a Tenant {
    &tenants[dice.below(tenants.len())]
}
