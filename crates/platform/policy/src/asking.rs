//! What is asked about, by address.

use athyper_kernel_cel::Value;
use athyper_kernel_db::ReadTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
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

/// The refusal of a question about what nobody declared.
pub(crate) fn unknown_operation() -> Error {
    let fault = FieldError::new("?operation", "unknown", "there is no such operation");
    Error::WrongQuestion(vec![fault])
}

impl About {
    /// The record as conditions see it, where one is asked about.
    ///
    /// # Errors
    /// 422 for an operation or entity that there is not, 404 for such a record.
    pub(crate) async fn read(&self, tx: &mut ReadTx, deps: &Deps) -> Result<Option<Value>, Error> {
        if deps.catalogue.find(&self.operation).is_none() {
            return Err(unknown_operation());
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
