//! The requests that are measured, as bytes.

use std::sync::Arc;

use super::load::{Dice, Request, Work};
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
pub(super) fn live() -> Work {
    let request = b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    Arc::new(|_: &mut Dice| Request::new(request.to_vec(), "200"))
}

/// Gets a record by its id.
pub(super) fn get_one(scene: &Scene) -> Work {
    let (tenants, records) = (Arc::clone(&scene.tenants), scene.size.records);
    Arc::new(move |dice: &mut Dice| {
        let path = format!("/v1/records/item/{}", Scene::record(dice.below(records)));
        Request::new(get(&path, &one_of(&tenants, dice).admin), "200")
    })
}

/// Lists the twenty newest records.
pub(super) fn list_20(scene: &Scene) -> Work {
    let tenants = Arc::clone(&scene.tenants);
    Arc::new(move |dice: &mut Dice| {
        Request::new(get("/v1/records/item?limit=20", &one_of(&tenants, dice).admin), "200")
    })
}

/// Makes a record.
pub(super) fn create(scene: &Scene) -> Work {
    let tenants = Arc::clone(&scene.tenants);
    Arc::new(move |dice: &mut Dice| {
        let (size, label) = (dice.below(100), dice.below(1_000_000));
        let body = format!(r#"{{"size":{size},"label":"l{label}","note":"a note of some length"}}"#);
        Request::new(post("/v1/records/item", &one_of(&tenants, dice).admin, &body), "201")
    })
}

/// Writes a draft of four lines and posts it, in one of so many tenants: two requests.
pub(super) fn post_journal(scene: &Scene, most: usize) -> Work {
    let (tenants, body) = (Arc::clone(&scene.tenants), journal().to_string());
    Arc::new(move |dice: &mut Dice| {
        let token = one_of(&tenants[..most], dice).accountant.clone();
        let draft = Request::new(post("/v1/finance/journals", &token, &body), "201");
        draft.then(move |made| {
            let at = made.windows(6).position(|part| part == b"\"id\":\"").unwrap() + 6;
            let path = format!("/v1/finance/journals/{}/post", str::from_utf8(&made[at..at + 36]).unwrap());
            Request::new(post(&path, &token, ""), "200")
        })
    })
}

fn one_of<'a>(tenants: &'a [Tenant], dice: &mut Dice) -> &'a Tenant {
    &tenants[dice.below(tenants.len())]
}
