//! Federation asks issuers and web servers that tenants name; the identity adapter speaks to them, under its guard.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_adapter_auth::{IssuerClient, ProviderParts, ProviderSettings, fetch_text};
use athyper_federation::Connection;
use athyper_federation::ports::Outside;
use url::Url;

struct Guarded(ProviderParts);

/// Who asks what lies outside.
pub fn outside(parts: ProviderParts) -> Arc<dyn Outside> {
    Arc::new(Guarded(parts))
}

/// A provider as the client of issuers takes it.
pub(crate) fn settings(connection: Connection) -> ProviderSettings {
    ProviderSettings {
        name: format!("provider {}", connection.id),
        issuer: connection.issuer,
        client_id: connection.client_id,
        client_secret: connection.client_secret,
        scopes: connection.scopes,
    }
}

#[async_trait]
impl Outside for Guarded {
    async fn probe(&self, connection: &Connection) -> Vec<String> {
        match IssuerClient::of_provider(settings(connection.clone()), &self.0) {
            Ok(client) => client.probe().await,
            Err(_) => vec!["the issuer is no address that may be spoken to".to_owned()],
        }
    }

    async fn text(&self, url: &Url) -> Result<String, String> {
        fetch_text(self.0.reach, url).await
    }
}
