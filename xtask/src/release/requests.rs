//! The commonest requests: records are written, read and listed, and journals posted.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::release::api::Api;

/// Somebody who asks the api, and expects it to do as asked.
struct Caller<'a> {
    api: &'a Api,
    token: String,
}

impl<'a> Caller<'a> {
    fn new(api: &'a Api, user: &str) -> Result<Self> {
        Ok(Self { api, token: api.token(user)? })
    }

    fn get(&self, path: &str) -> Result<()> {
        self.ask("GET", path, None).map(drop)
    }

    /// Gives the answer, head and body.
    fn post(&self, path: &str, body: &Value) -> Result<String> {
        self.ask("POST", path, Some(body))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<String> {
        let answer = self.api.ask(method, path, &self.token, body)?;
        ensure!(answer.starts_with("HTTP/1.1 20"), "{method} {path}: {answer}");
        Ok(answer)
    }
}

/// Has an entity, a company and accounts made, and then so often a record and a journal, which are read as well.
pub(super) fn make(api: &Api, times: usize) -> Result<()> {
    let (admin, accountant) = (Caller::new(api, "admin")?, Caller::new(api, "accountant")?);
    let definition = json!({"key": "item", "label": "Item", "plural": "Items", "fields": [
        {"key": "label", "label": "Label", "type": "text", "indexed": true},
        {"key": "size", "label": "Size", "type": "integer"}]});
    let draft = admin.post("/v1/metadata/entities", &json!({"definition": definition}))?;
    admin.post(&format!("{}/publish", location(&draft)?), &json!({}))?;
    let company = json!({"code": "B", "name": "Books", "baseCurrency": "USD"});
    admin.post("/v1/finance/legal-entities", &company)?;
    for (code, kind) in [("1000", "asset"), ("2000", "liability"), ("4000", "income"), ("5000", "expense")] {
        accountant.post("/v1/finance/accounts", &json!({"code": code, "type": kind}))?;
    }
    let journal = json!({"date": "2025-01-15", "narration": "A sale", "lines": [
        {"account": "1000", "debit": "90.00"}, {"account": "5000", "debit": "30.00"},
        {"account": "2000", "credit": "20.00"}, {"account": "4000", "credit": "100.00"}]});
    for number in 0..times {
        let record = json!({"label": format!("item {number}"), "size": number});
        let made = admin.post("/v1/records/item", &record)?;
        admin.get(location(&made)?)?;
        admin.get("/v1/records/item?limit=20")?;
        let made = accountant.post("/v1/finance/journals", &journal)?;
        let draft = location(&made)?;
        accountant.post(&format!("{draft}/post"), &json!({}))?;
        accountant.get(draft)?;
    }
    Ok(())
}

/// Where something that was made can be found.
fn location(answer: &str) -> Result<&str> {
    let value = answer.lines().find_map(|line| line.strip_prefix("location: "));
    value.map(str::trim).with_context(|| format!("an answer without location: {answer}"))
}
