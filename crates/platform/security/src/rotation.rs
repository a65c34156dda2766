//! Gives a session another id: at a refresh, and when the rights of its person have changed.

use std::sync::Arc;

use athyper_kernel_http::RequestInfo;
use athyper_kernel_vault::Sealed;
use secrecy::ExposeSecret as _;

use crate::Sessions;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::key::SessionKey;
use crate::model::session::Session;
use crate::model::tokens::SealedPart;
use crate::service::PURPOSE;
use crate::store::sessions;

/// How often it is tried against others who change the session at the same time. The next request tries again.
const ATTEMPTS: u32 = 3;

impl Sessions {
    /// The session with another id, which it keeps under seal for the browsers that show the one before.
    pub(crate) async fn rotated(
        &self,
        session: Arc<Session>,
        info: Option<&RequestInfo>,
    ) -> Result<Arc<Session>, Error> {
        let _gate = self.gate(session.id).await;
        let mut session = self.present(&session).await?;
        let context = self.context_of(&session, info).await?;
        for _ in 0..ATTEMPTS {
            if !session.rotation_due {
                break;
            }
            let key = SessionKey::random(session.tenant_id, session.id)?;
            let mut tx = self.0.parts.database.tenant_tx(&context).await?;
            let (record, vault) = (session.id.to_string(), &self.0.parts.vault);
            let former = Sealed::from_bytes(session.sealed.clone());
            let plain = vault.open(&mut tx, PURPOSE, &record, &former).await?;
            let hash = key.hash();
            let part = SealedPart { key, ..SealedPart::read(plain.expose_secret())? };
            let sealed = vault.seal(&mut tx, PURPOSE, &record, &part.bytes()?).await?;
            if sessions::rotate(&mut tx, &session, sealed.as_bytes(), &hash).await? {
                let told = event(events::SESSION_ROTATED);
                tx.commit(events::of_session(told, &session, "rotation_due", info)).await?;
            } else {
                tx.rollback().await?;
            }
            session = self.present(&session).await?;
        }
        Ok(session)
    }
}
