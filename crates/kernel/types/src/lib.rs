//! The value types every other crate speaks in: ids, time, money, calendars, texts, pages and number series.
//!
//! Everything here is pure data and pure functions. The single contact with the outside world is
//! [`Clock::system`], which reads the machine's clock.

mod calendar;
mod clock;
mod currency;
mod id;
mod money;
mod page;
mod series;
mod text;

pub use calendar::{
    BusinessCalendar, CalendarConfig, CalendarError, ExtraWorkingDay, MonthDay, TimeOfDay, WeekHours,
    WorkingHours,
};
pub use clock::{Clock, ManualClock};
pub use currency::{Currency, CurrencyError};
pub use id::{
    AuditEvent, AuditEventId, Id, IdError, Job, JobId, Operation, OperationId, PLATFORM_TENANT, Principal,
    PrincipalId, Schedule, ScheduleId, Tenant, TenantId,
};
pub use money::{Money, MoneyError, Rounding};
pub use page::{Cursor, Page, PageError, PageRequest};
pub use series::{SeriesError, SeriesPattern};
pub use text::{Name, Reason, Text, TextError};
