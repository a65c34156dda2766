//! Typed identifiers: a UUID that knows what it identifies.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};
use uuid::{Timestamp, Uuid};

use crate::Clock;

/// Length of a UUID in its hyphenated spelling, in bytes (RFC 9562 section 4).
const HYPHENATED_LEN: usize = 36;

/// The id of a `T`. The type parameter only keeps the id of one thing from being passed for another;
/// `T` is a marker and is never stored.
///
/// In text and in JSON an id is a hyphenated UUID in lower case.
///
/// Give each id an alias (`type InvoiceId = Id<Invoice>`) and use the alias in the fields of types that derive
/// [`ToSchema`]: for a type spelled with its parameter that derive asks a schema of the marker as well.
pub struct Id<T> {
    uuid: Uuid,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// A new id: UUID version 7 (RFC 9562 section 5.7) with the clock's time in milliseconds and 74 random bits.
    ///
    /// Ids of different milliseconds sort by time; ids of one millisecond sort at random. A clock before 1970
    /// counts as 1970.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let now = clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        // Zero counter bits: uuid fills everything after the milliseconds with random bits.
        let time = Timestamp::from_unix_time(seconds, now.timestamp_subsec_nanos(), 0, 0);
        Self::from_uuid(Uuid::new_v7(time))
    }

    /// Takes a UUID of any version, for example one read from the database.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }

    /// The id of nothing: all bits zero.
    #[must_use]
    pub const fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    /// The bare UUID, for example to bind it to a statement.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

// The usual traits are written by hand: deriving them would ask the same traits of the marker `T`.

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

/// A text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a hyphenated UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct IdError;

impl<T> FromStr for Id<T> {
    type Err = IdError;

    /// Reads the hyphenated spelling only, so that an id has one spelling up to letter case.
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != HYPHENATED_LEN {
            return Err(IdError);
        }
        Uuid::try_parse(text).map(Self::from_uuid).map_err(|_| IdError)
    }
}

impl<T> TryFrom<&str> for Id<T> {
    type Error = IdError;

    fn try_from(text: &str) -> Result<Self, IdError> {
        text.parse()
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<T> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .into()
    }
}

impl<T> ToSchema for Id<T> {
    /// `JobId` for an `Id<Job>`, so that the ids of different things stay apart in the API description.
    fn name() -> Cow<'static, str> {
        let marker = std::any::type_name::<T>();
        let marker = marker.split_once('<').map_or(marker, |(name, _)| name);
        let marker = marker.rsplit_once("::").map_or(marker, |(_, name)| name);
        Cow::Owned(format!("{marker}Id"))
    }
}

/// Marks the id of a tenant: one customer, whose data no other tenant sees.
#[derive(Debug)]
pub enum Tenant {}
/// Marks the id of one job of the queue.
#[derive(Debug)]
pub enum Job {}
/// Marks the id of a long-running operation a client can watch.
#[derive(Debug)]
pub enum Operation {}
/// Marks the id of one entry of the audit trail.
#[derive(Debug)]
pub enum AuditEvent {}
/// Marks the id of a recurring schedule.
#[derive(Debug)]
pub enum Schedule {}
/// Marks the id of a principal: a person or a service that acts.
#[derive(Debug)]
pub enum Principal {}

/// The id of a tenant.
pub type TenantId = Id<Tenant>;
/// The id of a job.
pub type JobId = Id<Job>;
/// The id of a long-running operation.
pub type OperationId = Id<Operation>;
/// The id of an audit event.
pub type AuditEventId = Id<AuditEvent>;
/// The id of a schedule.
pub type ScheduleId = Id<Schedule>;
/// The id of a principal.
pub type PrincipalId = Id<Principal>;

/// The tenant that stands for the platform itself, whose audit trail is kept under it: the nil UUID.
pub const PLATFORM_TENANT: TenantId = Id::nil();

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    const TEXT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn start() -> DateTime<Utc> {
        "2026-03-01T10:00:00.250Z".parse().unwrap()
    }

    #[test]
    fn a_new_id_is_version_seven_and_carries_the_clocks_milliseconds() {
        let (clock, _) = Clock::manual(start());
        let id = JobId::new(&clock).uuid();
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, u64::try_from(start().timestamp()).unwrap());
        assert_eq!(nanos, 250_000_000);
    }

    #[test]
    fn ids_differ_within_an_instant_and_sort_by_time() {
        let (clock, hand) = Clock::manual(start());
        let mut seen = HashSet::new();
        let mut latest = JobId::nil();
        for _ in 0..200 {
            let id = JobId::new(&clock);
            assert!(seen.insert(id));
            assert!(id > latest);
            latest = id;
            assert_ne!(JobId::new(&clock), id);
            hand.advance(TimeDelta::milliseconds(1));
        }
    }

    #[test]
    fn text_and_json_round_trip() {
        let id: TenantId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(format!("{id:?}"), TEXT);
        assert_eq!(TenantId::try_from(TEXT), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<TenantId>(&json).unwrap(), id);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["", "1", &TEXT.replace('-', ""), &format!("{{{TEXT}}}"), &TEXT.replace('a', "g")] {
            assert_eq!(text.parse::<TenantId>(), Err(IdError), "{text}");
        }
        assert!(serde_json::from_str::<TenantId>("\"x\"").is_err());
        assert!(serde_json::from_str::<TenantId>("7").is_err());
    }

    #[test]
    fn the_platform_is_the_nil_tenant() {
        assert_eq!(PLATFORM_TENANT.uuid(), Uuid::nil());
    }

    #[test]
    fn the_schema_is_a_uuid_string_named_after_its_marker() {
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "only the schema of this type is looked at")]
        struct Watched {
            job: JobId,
            parent: Option<JobId>,
            tenants: Vec<TenantId>,
        }

        let schema = serde_json::to_value(JobId::schema()).unwrap();
        assert_eq!(schema, serde_json::json!({ "type": "string", "format": "uuid" }));

        let watched = serde_json::to_value(Watched::schema()).unwrap();
        assert_eq!(watched["properties"]["job"]["$ref"], "#/components/schemas/JobId");
        assert_eq!(watched["properties"]["parent"]["oneOf"][0]["$ref"], "#/components/schemas/JobId");
        assert_eq!(watched["properties"]["tenants"]["items"]["$ref"], "#/components/schemas/TenantId");

        let mut components = Vec::new();
        Watched::schemas(&mut components);
        let names: HashSet<_> = components.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, HashSet::from(["JobId".to_owned(), "TenantId".to_owned()]));
    }
}
