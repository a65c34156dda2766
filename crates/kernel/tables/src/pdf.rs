//! A table as PDF: pages in landscape, the heads of the columns on each, and as wide as its figures need.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::pdf_text::{bytes, shown, width, wrapped};
use crate::{Cell, Row, Table};

/// Points of a page of A4 across (ISO 216; a point is 1/72 inch).
const PAGE_WIDTH: f32 = 842.0;
const PAGE_HEIGHT: f32 = 595.0;
const MARGIN: f32 = 40.0;
const SIZE: f32 = 8.0;
const LINE: f32 = 11.0;
/// Between two columns.
const GAP: f32 = 10.0;
/// How far a level is moved in.
const INDENT: f32 = 10.0;
/// The first column is not narrower, and a text not wider than the second.
const LEAST_LABEL: f32 = 160.0;
const MOST_TEXT: f32 = 260.0;

const PLAIN: Name<'static> = Name(b"F1");
const STRONG: Name<'static> = Name(b"F2");

/// Said where a character stands by its number.
const NOTE: &str = "[U+...] is a character that this file has no letter for; the CSV and XLSX files have it.";

/// The file.
pub(crate) fn write(table: &Table) -> Vec<u8> {
    let layout = Columns::of(table);
    let mut pages = Pages { layout: &layout, table, done: Vec::new(), content: Content::new(), y: 0.0 };
    pages.begin();
    for row in &table.rows {
        pages.row(row);
    }
    let text_of = |cell: &Cell| matches!(cell, Cell::Text(text) if shown(text) != *text);
    let is_replaced = table.rows.iter().any(|row| row.cells.iter().any(text_of))
        || table.notes.iter().chain(&table.subtitle).chain(&table.columns).any(|text| shown(text) != *text)
        || shown(&table.title) != table.title;
    pages.y -= LINE / 2.0;
    for note in table.notes.iter().map(String::as_str).chain(is_replaced.then_some(NOTE)) {
        pages.paragraph(note, PLAIN);
    }
    let mut done = std::mem::take(&mut pages.done);
    done.push(std::mem::replace(&mut pages.content, Content::new()));
    document(table, layout.page_width, done)
}

/// Where the columns are.
struct Columns {
    page_width: f32,
    /// Left edge and width of each.
    places: Vec<(f32, f32)>,
}

impl Columns {
    fn of(table: &Table) -> Self {
        let widest = |column: usize| {
            let head = table.columns.get(column).map_or(0.0, |head| strong_width(&shown(head)));
            let cells = table
                .rows
                .iter()
                .filter_map(|row| row.cells.get(column))
                .map(|cell| width(&text(cell), SIZE));
            cells.fold(head, f32::max)
        };
        let mut widths: Vec<f32> = (0..table.columns.len()).map(widest).collect();
        for (column, width) in widths.iter_mut().enumerate() {
            *width = match column {
                0 => width.clamp(LEAST_LABEL, MOST_TEXT),
                column if column < table.text_columns => width.min(MOST_TEXT),
                _ => *width,
            } + GAP;
        }
        let needed: f32 = widths.iter().sum();
        let page_width = PAGE_WIDTH.max(needed + 2.0 * MARGIN);
        // What is left over goes to the labels.
        if let Some(first) = widths.first_mut() {
            *first += page_width - 2.0 * MARGIN - needed;
        }
        let mut left = MARGIN;
        let mut places = Vec::with_capacity(widths.len());
        for width in widths {
            places.push((left, width));
            left += width;
        }
        Self { page_width, places }
    }
}

/// Letters of the bold font are wider, those of figures are not.
fn strong_width(text: &str) -> f32 {
    width(text, SIZE) * 1.12
}

/// A cell as it is shown: numbers in groups of three digits.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => shown(text),
        Cell::Number(number) => grouped(&number.to_string()),
    }
}

fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// Pages under way.
struct Pages<'t> {
    layout: &'t Columns,
    table: &'t Table,
    done: Vec<Content>,
    content: Content,
    y: f32,
}

impl Pages<'_> {
    /// Begins a page: the title on the first, the heads of the columns on each.
    fn begin(&mut self) {
        self.y = PAGE_HEIGHT - MARGIN;
        if self.done.is_empty() {
            self.show(MARGIN, &shown(&self.table.title), STRONG, 14.0);
            self.y -= 18.0;
            for line in &self.table.subtitle {
                self.show(MARGIN, &shown(line), PLAIN, SIZE);
                self.y -= LINE;
            }
            self.y -= LINE / 2.0;
        }
        for (column, head) in self.table.columns.iter().enumerate() {
            let head = shown(head);
            let Some((left, wide)) = self.layout.places.get(column).copied() else { continue };
            let at = if column < self.table.text_columns { left } else { left + wide - strong_width(&head) };
            self.show(at, &head, STRONG, SIZE);
        }
        self.y -= 3.0;
        self.rule();
        self.y -= LINE;
    }

    fn room(&mut self, lines: usize) {
        let needed = f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * LINE;
        if self.y - needed < MARGIN {
            self.done.push(std::mem::replace(&mut self.content, Content::new()));
            self.begin();
        }
    }

    fn row(&mut self, row: &Row) {
        let font = if row.is_strong { STRONG } else { PLAIN };
        let indent = INDENT * f32::from(row.level);
        let texts: Vec<Vec<String>> = row
            .cells
            .iter()
            .enumerate()
            .map(|(column, cell)| match self.layout.places.get(column) {
                Some((_, wide)) if column < self.table.text_columns => {
                    let inner = wide - GAP - if column == 0 { indent } else { 0.0 };
                    // A bold text is broken as if it were narrower.
                    wrapped(&text(cell), SIZE, if row.is_strong { inner / 1.12 } else { inner })
                }
                _ => vec![text(cell)],
            })
            .collect();
        let lines = texts.iter().map(Vec::len).max().unwrap_or(1);
        self.room(lines);
        for line in 0..lines {
            for (column, cell) in texts.iter().enumerate() {
                let (Some(text), Some((left, wide))) =
                    (cell.get(line), self.layout.places.get(column).copied())
                else {
                    continue;
                };
                let at = match column {
                    0 => left + indent,
                    column if column < self.table.text_columns => left,
                    _ => left + wide - width(text, SIZE),
                };
                self.show(at, text, font, SIZE);
            }
            self.y -= LINE;
        }
    }

    fn paragraph(&mut self, text: &str, font: Name<'_>) {
        for line in wrapped(&shown(text), SIZE, self.layout.page_width - 2.0 * MARGIN) {
            self.room(1);
            self.show(MARGIN, &line, font, SIZE);
            self.y -= LINE;
        }
    }

    fn show(&mut self, x: f32, text: &str, font: Name<'_>, size: f32) {
        if text.is_empty() {
            return;
        }
        self.content.begin_text();
        self.content.set_font(font, size);
        self.content.next_line(x, self.y);
        self.content.show(Str(&bytes(text)));
        self.content.end_text();
    }

    fn rule(&mut self) {
        self.content.set_line_width(0.5);
        self.content.move_to(MARGIN, self.y);
        self.content.line_to(self.layout.page_width - MARGIN, self.y);
        self.content.stroke();
    }
}

/// The document of these pages; each says which it is.
fn document(table: &Table, page_width: f32, pages: Vec<Content>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let (catalog, tree, plain, strong, info) =
        (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4), Ref::new(5));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    let page_ref = |index: i32| Ref::new(6 + 2 * index);
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids((0..count).map(page_ref)).count(count);
    for (index, mut content) in (0..count).zip(pages) {
        let (id, stream) = (page_ref(index), Ref::new(7 + 2 * index));
        let number = format!("{} / {count}", index + 1);
        content.begin_text();
        content.set_font(PLAIN, SIZE);
        content.next_line(page_width - MARGIN - width(&number, SIZE), MARGIN / 2.0);
        content.show(Str(number.as_bytes()));
        content.end_text();
        let mut page = pdf.page(id);
        page.media_box(Rect::new(0.0, 0.0, page_width, PAGE_HEIGHT));
        page.parent(tree);
        page.contents(stream);
        let mut resources = page.resources();
        resources.fonts().pair(PLAIN, plain).pair(STRONG, strong);
        resources.finish();
        page.finish();
        pdf.stream(stream, &content.finish());
    }
    for (id, name) in [(plain, "Helvetica"), (strong, "Helvetica-Bold")] {
        let mut font = pdf.type1_font(id);
        font.base_font(Name(name.as_bytes()));
        font.encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.document_info(info).title(TextStr(&table.title));
    pdf.finish()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn text_in(file: &[u8], wanted: &str) -> bool {
        let wanted = bytes(wanted);
        file.windows(wanted.len()).any(|window| window == wanted)
    }

    fn row(label: &str, numbers: usize) -> Row {
        let amount = Cell::Number(Decimal::new(-123_456_789, 2));
        let cells = std::iter::once(Cell::Text(label.to_owned())).chain(std::iter::repeat_n(amount, numbers));
        Row { level: 1, is_strong: false, cells: cells.collect() }
    }

    fn table(rows: usize, numbers: usize) -> Table {
        let columns = std::iter::once("Row".to_owned()).chain((0..numbers).map(|at| format!("Column {at}")));
        Table {
            title: "Balance sheet".to_owned(),
            columns: columns.collect(),
            text_columns: 1,
            rows: (0..rows).map(|at| row(&format!("Account {at}"), numbers)).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn all_rows_are_on_pages_that_repeat_the_heads() {
        let file = write(&table(120, 2));
        assert!(file.starts_with(b"%PDF-1.7"));
        assert!(text_in(&file, "/Count 3"));
        for at in 0..120 {
            assert!(text_in(&file, &format!("(Account {at})")), "{at}");
        }
        assert!(text_in(&file, "(3 / 3)"));
        let heads = file.windows(10).filter(|window| window == b"(Column 1)").count();
        assert_eq!(heads, 3);
        assert!(text_in(&file, "(-1,234,567.89)"));
    }

    #[test]
    fn a_page_is_as_wide_as_its_columns() {
        let layout = Columns::of(&table(1, 30));
        let (left, wide) = *layout.places.last().unwrap();
        assert!(layout.page_width > PAGE_WIDTH && left + wide <= layout.page_width - MARGIN + 0.01);
    }

    #[test]
    fn what_has_no_letter_is_told() {
        let file = write(&Table { rows: vec![row("Łódź", 1)], ..table(0, 1) });
        // A text with a letter beyond ASCII is written in hexadecimal digits.
        assert!(text_in(&file, "5B552B303134315D"), "[U+0141]");
        assert!(text_in(&file, "the CSV and XLSX files have it"));
        assert!(!text_in(&write(&table(1, 1)), "XLSX"));
    }

    #[test]
    fn digits_stand_in_groups() {
        for (number, expected) in
            [("0.00", "0.00"), ("-1234.5", "-1,234.5"), ("123456", "123,456"), ("1234567", "1,234,567")]
        {
            assert_eq!(grouped(number), expected);
        }
    }
}
