//! What the records service asks of others: who keeps the files that records hold, and the views that lists are read by. The
//! composition root joins them. Where nobody is joined, no record holds a file and there is no view.

use std::collections::BTreeMap;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, ReadTx, TenantConnection, TenantTx};
use athyper_kernel_entity::AttachmentType;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_record_model::{Entity, EntityId, RecordId, Slot, query_error};
use serde_json::Value;
use uuid::Uuid;

use crate::deps::Records;

/// The record that holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its entity.
    pub entity: EntityId,
    /// Its id.
    pub record: RecordId,
}

/// A file that a record names.
#[derive(Clone, Debug)]
pub struct NamedFile<'e> {
    /// The file's id.
    pub id: Uuid,
    /// The slot of the field that names it.
    pub slot: Slot,
    /// Where it is named, as a JSON pointer.
    pub pointer: String,
    /// What the field takes.
    pub bounds: &'e AttachmentType,
}

/// Keeps the files that records hold.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Lets a record hold the files that it names, and lets go of those that it held in these slots before. Gives what is wrong
    /// with the files that it names; then nothing has changed, and the record is not to be written.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn hold(
        &self,
        tx: &mut TenantTx,
        holder: Holder,
        slots: &[Slot],
        named: &[NamedFile<'_>],
    ) -> Result<Vec<FieldError>, DbError>;

    /// Lets go of all files that a record holds.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn release(&self, tx: &mut TenantTx, holder: Holder) -> Result<(), DbError>;

    /// Those of these files that are there, by id, as they are given with a record that names them.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn show(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[Uuid],
    ) -> Result<BTreeMap<String, Value>, DbError>;
}

/// What a view says of a list, each as the parameter of this name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewParameters {
    /// Only records for which this condition holds (CEL over the fields).
    pub filter: Option<String>,
    /// Only records with all of these words.
    pub search: Option<String>,
    /// The order.
    pub sort: Option<String>,
    /// Fields to give.
    pub fields: Option<String>,
    /// What is given too.
    pub expand: Option<String>,
}

/// Keeps the views that lists are read by.
#[async_trait]
pub trait Views: Send + Sync {
    /// What a view of this entity says that the caller sees and that can be used now.
    ///
    /// # Errors
    /// When there is none, or the entity is no longer what the view was made for.
    async fn parameters(
        &self,
        tx: &mut ReadTx,
        records: &Records,
        entity: &Entity,
        view: Uuid,
    ) -> Result<ViewParameters, Problem>;
}

/// Where nobody keeps files or views.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nobody;

#[async_trait]
impl Attachments for Nobody {
    async fn hold(
        &self,
        _: &mut TenantTx,
        _: Holder,
        _: &[Slot],
        named: &[NamedFile<'_>],
    ) -> Result<Vec<FieldError>, DbError> {
        let unknown = |file: &NamedFile<'_>| {
            FieldError::new(file.pointer.clone(), "unknown_attachment", "there is no such file")
        };
        Ok(named.iter().map(unknown).collect())
    }

    async fn release(&self, _: &mut TenantTx, _: Holder) -> Result<(), DbError> {
        Ok(())
    }

    async fn show(
        &self,
        _: &mut dyn TenantConnection,
        _: &[Uuid],
    ) -> Result<BTreeMap<String, Value>, DbError> {
        Ok(BTreeMap::new())
    }
}

#[async_trait]
impl Views for Nobody {
    async fn parameters(
        &self,
        _: &mut ReadTx,
        _: &Records,
        _: &Entity,
        _: Uuid,
    ) -> Result<ViewParameters, Problem> {
        Err(query_error("view", "unknown_view", "there is no such view".to_owned()).into())
    }
}
