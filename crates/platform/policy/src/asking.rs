//! Who asks, and how: what a request or a question by address says of it.

use std::sync::Arc;

use athyper_kernel_cel::Value;
use athyper_kernel_db::ReadTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::Caller;
use athyper_kernel_policy::{Asker, Circumstances, PolicySet, Subject};
use athyper_kernel_records::find_seen;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};

/// What is asked about, by address.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    pub(crate) entity: Option<String>,
    /// The record.
    pub(crate) record: Option<Uuid>,
}

impl About {
    /// The record as conditions see it, where one is asked about.
    ///
    /// # Errors
    /// 422 for an operation or entity that there is not, 404 for such a record.
    pub(crate) async fn read(&self, tx: &mut ReadTx, deps: &Deps) -> Result<Option<Value>, Error> {
        if deps.catalogue.find(&self.operation).is_none() {
            let fault = FieldError::new("?operation", "unknown", "there is no such operation");
            return Err(Error::WrongQuestion(vec![fault]));
        }
        let Some(text) = &self.entity else {
            return match self.record {
                Some(_) => {
                    let fault =
                        FieldError::new("?record", "no_entity", "a record is one of an entity: name it");
                    Err(Error::WrongQuestion(vec![fault]))
                }
                None => Ok(None),
            };
        };
        let unknown = Error::UnknownReference { pointer: "?entity", what: Thing::Entity };
        let Ok(key) = EntityKey::parse(text) else { return Err(unknown) };
        let Some(entity) = deps.entities.find(tx, &key).await? else { return Err(unknown) };
        let Some(id) = self.record else { return Ok(None) };
        let found = find_seen(tx, &entity, id).await?;
        Ok(Some(found.ok_or(Error::NotFound(Thing::Record))?))
    }
}

/// The one who calls, asking what is in force.
///
/// # Errors
/// 403 for one who is shut out.
pub(crate) async fn caller(
    tx: &mut ReadTx,
    deps: &Deps,
    set: &Arc<PolicySet>,
    caller: &Caller,
) -> Result<(Subject, Asker), Error> {
    let subject = deps.subjects.caller(tx, caller).await?.ok_or(Error::ShutOut)?;
    let asker = set.asker(&subject, circumstances(caller));
    Ok((subject, asker))
}

/// What a request says of its circumstances. How strongly somebody signed in is not known yet, so that whatever asks for more
/// than one factor stays to be done.
fn circumstances(caller: &Caller) -> Circumstances {
    Circumstances {
        channel: if caller.session().is_some() { "browser" } else { "api" }.to_owned(),
        address: caller.address().map(|address| address.to_string()),
        networks: Vec::new(),
        sign_in: 1,
        signed_in_at: None,
    }
}
