//! Rows, columns and cells: how a file becomes records and back. Pure, without I/O.

pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod csv_reader;
pub(crate) mod draft;
pub(crate) mod fault;
pub(crate) mod import;
pub(crate) mod json_reader;
pub(crate) mod options;
pub(crate) mod row;
pub(crate) mod sheet_text;
pub(crate) mod workbook;
pub(crate) mod workbook_parts;
pub(crate) mod writer;
