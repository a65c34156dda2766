//! Workbooks of the writer and of others, read.

use std::io::{Cursor, Read as _, Write as _};

use bytes::Bytes;
use proptest::prelude::*;

use athyper_kernel_tables::{SheetCell, SheetWriter};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::model::row::Cells;

const WORKBOOK: &str = "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
                        <sheets><sheet name=\"Records\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
const WORKBOOK_RELATIONS: &str =
    "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

fn read(file: Vec<u8>) -> Result<Vec<Row>, String> {
    let mut reader = WorkbookReader::new(&Bytes::from(file))?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

fn written(table: &[Vec<String>]) -> Vec<u8> {
    let mut writer = SheetWriter::begin("Records").unwrap();
    let mut file = Vec::new();
    for row in table {
        let cells: Vec<SheetCell> = row.iter().cloned().map(SheetCell::Text).collect();
        writer.row(&cells).unwrap();
        file.extend(writer.take());
    }
    file.extend(writer.finish().unwrap());
    file
}

/// A workbook of these parts.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in parts {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn sheet(rows: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let own = [
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
        ("xl/worksheets/sheet1.xml", sheet.as_str()),
    ];
    archive(&[&own[..], more].concat())
}

fn texts(row: &Row) -> Vec<String> {
    match &row.content {
        Ok(Cells::Texts(texts)) => texts.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn cells_of_all_kinds_are_texts() {
    let styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>\
                  <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
                  <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
    let strings = "<sst><si><t>one &amp; all</t></si><si><r><t>ri</t></r><r><t>ch</t></r>\
                   <rPh><t>no</t></rPh></si><si/></sst>";
    let rows = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"s\"><v>1</v></c></row>\
                <row r=\"3\"/><row r=\"4\"><c r=\"B4\"/></row>\
                <row r=\"7\"><c s=\"1\"><v>46112</v></c><c><v>1.50</v></c><c t=\"b\"><v>1</v></c>\
                <c t=\"str\"><f>A1</f><v>x</v></c><c t=\"e\"><v>#N/A</v></c><c t=\"s\"><v>99</v></c></row>";
    let file = sheet(rows, &[("xl/styles.xml", styles), ("xl/sharedStrings.xml", strings)]);
    let found = read(file).unwrap();
    assert_eq!(found.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 7]);
    assert_eq!(texts(&found[0]), ["one & all", "", "rich"]);
    assert_eq!(texts(&found[1]), ["2026-03-31", "1.5", "true", "x", "#N/A", ""]);
}

#[test]
fn what_is_no_workbook_is_refused_in_words() {
    for file in [
        Vec::new(),
        b"PK\x03\x04".to_vec(),
        b"a,b\n1,2\n".to_vec(),
        archive(&[("x", "y")]),
        archive(&[("xl/workbook.xml", "<workbook><sheets>")]),
        archive(&[("xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a \"&a;&a;\">]><workbook/>")]),
        sheet("<row><c><v>1</v>", &[]),
        sheet("<row><c><v>1</c></row>", &[]),
    ] {
        assert!(read(file.clone()).is_err(), "{:?}", String::from_utf8_lossy(&file));
    }
}

#[test]
fn a_small_archive_does_not_become_a_large_one() {
    let long = format!("<row><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", " ".repeat(64 << 20));
    let file = sheet(&long, &[]);
    assert!(file.len() < 100 << 10);
    assert!(read(file).unwrap_err().contains("more than"));
    let runs =
        format!("<row><c t=\"inlineStr\"><is>{}</is></c></row>", "<r><t>0123456789</t></r>".repeat(200_000));
    assert_eq!(read(sheet(&runs, &[])).unwrap()[0].content.as_ref().unwrap_err().code, "too_long");
    let strings = "<si/>".repeat(3_000_000);
    assert!(read(sheet("", &[("xl/sharedStrings.xml", &strings)])).unwrap_err().contains("texts"));
    let wide = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(3_000));
    assert_eq!(read(sheet(&wide, &[])).unwrap()[0].content.as_ref().unwrap_err().code, "too_many_columns");
    let far = "<row r=\"99999999999999999999\"><c r=\"ZZZZZZ1\"><v>1</v></c></row>";
    assert_eq!(read(sheet(far, &[])).unwrap()[0].content.as_ref().unwrap_err().code, "too_many_columns");
}

#[test]
fn what_is_damaged_ends_with_words() {
    let whole = written(&[vec!["a".to_owned(), "b".repeat(500)]]);
    for cut in 0..whole.len() {
        let _ = read(whole[..cut].to_vec());
        let mut bent = whole.clone();
        bent[cut] ^= 0x55;
        let _ = read(bent);
    }
    let mut all = String::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(whole)).unwrap();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut all).unwrap();
    assert!(all.ends_with("</worksheet>"), "{all}");
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        table in proptest::collection::vec(proptest::collection::vec("\\PC{1,8}|[\0-\u{1f}<>&_x]{1,5}", 1..4), 1..6),
    ) {
        let rows = read(written(&table)).unwrap();
        prop_assert_eq!(rows.iter().map(texts).collect::<Vec<_>>(), table);
    }
}
