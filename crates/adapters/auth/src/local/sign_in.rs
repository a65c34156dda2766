//! Sign-in at the built-in issuer: a page of demo users, a code, and tokens for it. It asks for no password: whoever reaches the page is
//! on the developer's machine.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use super::error::LocalIssuerError;
use super::issuer::{LocalIssuer, TokenRequest, subject};
use super::key::random_text;

/// How long a code is good.
const CODE: TimeDelta = TimeDelta::minutes(1);
/// How long an access token is good that a browser's session stands on: short, so that refresh is seen at work.
const ACCESS: TimeDelta = TimeDelta::minutes(5);
/// How long a refresh token is good.
const REFRESH: TimeDelta = TimeDelta::hours(12);
/// Most codes that wait to be exchanged.
const MOST_CODES: usize = 1_000;

/// A sign-in that a person has chosen a user for.
pub(super) struct Code {
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    user: String,
    tenant: String,
    expires_at: DateTime<Utc>,
}

/// What an answer to a request for a code is.
pub(super) enum Asked {
    /// A page on which a user is chosen.
    Page(String),
    /// The way back with a code.
    Back(String),
}

type Fields = HashMap<String, String>;

impl LocalIssuer {
    /// Answers a request for a code; nothing when it is not one for this platform.
    pub(super) fn ask(&self, query: &Fields, now: DateTime<Utc>) -> Result<Option<Asked>, LocalIssuerError> {
        let field = |name: &str| query.get(name).map(String::as_str);
        let redirect_uri = field("redirect_uri").filter(|uri| self.is_callback(uri));
        let (Some(redirect_uri), Some(state)) = (redirect_uri, field("state")) else { return Ok(None) };
        let is_right = field("response_type") == Some("code")
            && field("client_id") == Some(&*self.client_id)
            && field("code_challenge_method").is_none_or(|method| method == "S256");
        if !is_right {
            return Ok(None);
        }
        let (Some(user), Some(tenant)) = (field("user"), field("tenant")) else {
            return Ok(Some(Asked::Page(self.page(query))));
        };
        self.user(&TokenRequest::new(tenant, user))?;
        let code = random_text()?;
        let waiting = Code {
            redirect_uri: redirect_uri.to_owned(),
            challenge: field("code_challenge").map(str::to_owned),
            nonce: field("nonce").map(str::to_owned),
            user: user.to_owned(),
            tenant: tenant.to_owned(),
            expires_at: now + CODE,
        };
        let mut codes = self.codes();
        codes.retain(|_, code| code.expires_at > now);
        if codes.len() >= MOST_CODES {
            return Ok(None);
        }
        codes.insert(code.clone(), waiting);
        drop(codes);
        let answer = [("code", &*code), ("state", state), ("iss", self.issuer_url())];
        Ok(Url::parse_with_params(redirect_uri, answer).ok().map(|url| Asked::Back(url.into())))
    }

    /// Answers a request for tokens; nothing when its grant is not good.
    pub(super) fn give(&self, form: &Fields, now: DateTime<Utc>) -> Result<Option<Value>, LocalIssuerError> {
        let (user, tenant, nonce) = match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => match self.redeem(form, now) {
                Some(code) => (code.user, code.tenant, code.nonce),
                None => return Ok(None),
            },
            Some("refresh_token") => {
                match form.get("refresh_token").and_then(|token| self.read_refresh(token, now)) {
                    Some((user, tenant)) => (user, tenant, None),
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let request = TokenRequest { lifetime: ACCESS, ..TokenRequest::new(&*tenant, &*user) };
        let known = self.user(&request)?;
        let access = self.issue(&request, now)?;
        let access = access.expose_secret();
        let hash = digest(&SHA256, access.as_bytes());
        let half = hash.as_ref().get(..16).unwrap_or_default();
        let issued_at = now.timestamp();
        let id_token = json!({
            "iss": self.issuer_url(), "sub": subject(self.realm_key(), &tenant, &user), "aud": self.client_id,
            "iat": issued_at, "exp": issued_at + ACCESS.num_seconds(), "auth_time": issued_at, "typ": "ID",
            "nonce": nonce, "at_hash": URL_SAFE_NO_PAD.encode(half), "name": known.name,
            "preferred_username": format!("{user}@{tenant}"), "tenantKey": tenant, "roles": known.roles,
        });
        let refresh = json!({
            "iss": self.issuer_url(), "typ": "Refresh", "user": user, "tenant": tenant, "jti": random_text()?,
            "exp": (now + REFRESH).timestamp(),
        });
        Ok(Some(json!({
            "access_token": access, "token_type": "Bearer", "expires_in": ACCESS.num_seconds(),
            "id_token": self.sign(&without_null(id_token))?, "refresh_token": self.sign(&refresh)?,
        })))
    }

    /// A code is good once, for whoever has the verifier.
    fn redeem(&self, form: &Fields, now: DateTime<Utc>) -> Option<Code> {
        let code = self.codes().remove(form.get("code")?)?;
        let answer = form
            .get("code_verifier")
            .map(|verifier| URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
        let is_good = code.expires_at > now
            && form.get("redirect_uri") == Some(&code.redirect_uri)
            && form.get("client_id") == Some(&self.client_id)
            && code.challenge == answer;
        is_good.then_some(code)
    }

    fn page(&self, query: &Fields) -> String {
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><title>Sign in</title><h1>Sign in to {}</h1><p>Demo users of this machine.</p><ul>",
            self.realm_key()
        );
        for tenant in self.tenants() {
            for user in self.users() {
                let mut fields: Vec<(&str, &str)> =
                    query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                fields.extend([("user", user.user), ("tenant", tenant)]);
                let link = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                // Percent-encoding leaves nothing that means anything in an attribute but the ampersand.
                let link = link.replace('&', "&amp;");
                let _ = write!(
                    page,
                    "<li><a href=\"?{link}\">{} ({}) of {tenant}</a></li>",
                    user.name, user.user
                );
            }
        }
        page.push_str("</ul></html>");
        page
    }
}

fn without_null(mut claims: Value) -> Value {
    if let Some(members) = claims.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    claims
}
