//! The rules that need no database.

pub(crate) mod exact;
pub(crate) mod invoice;
pub(crate) mod journal;
pub(crate) mod number;
pub(crate) mod payment;
pub(crate) mod pricing;
pub(crate) mod series;
pub(crate) mod settle;
pub(crate) mod tax;
pub(crate) mod terms;
pub(crate) mod text;
