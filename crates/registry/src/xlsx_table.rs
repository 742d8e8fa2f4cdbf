//! Workbooks (.xlsx), cell by cell. `worksheet_range` is never used: a sheet with one cell at the far corner would
//! make it allocate the whole rectangle.

use crate::table::{Cell, ImportError, MAX_COLUMNS, MAX_ROWS, Row};
use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};
use std::io::{Cursor, Read};

/// Most files inside the archive.
const MAX_ENTRIES: usize = 2_000;
/// Most bytes of all files inside the archive.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// Most sheets that are looked at.
const MAX_SHEETS: usize = 20;
/// Longest cell that is kept, in characters; Excel itself stops at 32,767.
const MAX_CELL: usize = 4_000;

/// Reads all visible sheets.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Vec<Row>>, ImportError> {
    inspect(bytes)?;
    let broken = |error: XlsxError| ImportError::Workbook(error.to_string());
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let epoch_1904 = workbook.has_1904_epoch();
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|s| s.visible == SheetVisible::Visible)
        .map(|s| s.name.clone())
        .take(MAX_SHEETS)
        .collect();
    let mut sheets = Vec::new();
    for name in names {
        match sheet(&mut workbook, &name, epoch_1904) {
            Ok(rows) => sheets.push(rows),
            // A chart sheet has no cells.
            Err(SheetError::Workbook(XlsxError::NotAWorksheet(_))) => {}
            Err(SheetError::Workbook(error)) => return Err(broken(error)),
            Err(SheetError::TooManyRows(row)) => return Err(ImportError::TooManyRows(row)),
        }
    }
    Ok(sheets)
}

/// Unpacks everything once into nothing, counting: the sizes that an archive declares are not to be trusted.
fn inspect(bytes: &[u8]) -> Result<(), ImportError> {
    let broken = |error: &dyn std::fmt::Display| ImportError::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    if archive.len() > MAX_ENTRIES {
        return Err(ImportError::Bomb);
    }
    if archive.file_names().any(|n| n.is_ok_and(|n| n.to_lowercase().ends_with("vbaproject.bin"))) {
        return Err(ImportError::Macro);
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|e| broken(&e))?;
        let read = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|e| broken(&e))?;
        left = left.checked_sub(read).ok_or(ImportError::Bomb)?;
    }
    Ok(())
}

enum SheetError {
    Workbook(XlsxError),
    TooManyRows(usize),
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, epoch_1904: bool) -> Result<Vec<Row>, SheetError> {
    let mut reader = workbook.worksheet_cells_reader(name).map_err(SheetError::Workbook)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(found) = reader.next_cell().map_err(SheetError::Workbook)? {
        let (row, column) = found.get_position();
        let (row, column) = (row as usize, column as usize);
        let Some(value) = cell(found.get_value(), epoch_1904) else { continue };
        if row >= MAX_ROWS || rows.len() >= MAX_ROWS {
            return Err(SheetError::TooManyRows(row + 1));
        }
        if column >= MAX_COLUMNS {
            continue;
        }
        // Rows come in order in every file that a program wrote; a hostile one gains nothing but a wrong number.
        if rows.last().is_none_or(|last| last.number != row + 1) {
            rows.push(Row { number: row + 1, cells: Vec::new() });
        }
        if let Some(last) = rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize(column + 1, None);
            }
            if let Some(slot) = last.cells.get_mut(column) {
                *slot = Some(value);
            }
        }
    }
    Ok(rows)
}

fn cell(value: &DataRef, epoch_1904: bool) -> Option<Cell> {
    let text = |t: &str| (!t.trim().is_empty()).then(|| Cell::Text(t.chars().take(MAX_CELL).collect()));
    match value {
        DataRef::Empty => None,
        DataRef::Int(i) => Some(Cell::Number(*i as f64)),
        // Serial dates of old Mac workbooks begin four years and a day later.
        DataRef::Float(f) if epoch_1904 && (20_000.0..80_000.0).contains(f) => Some(Cell::Number(f + 1462.0)),
        DataRef::Float(f) => Some(Cell::Number(*f)),
        DataRef::String(s) => text(s),
        DataRef::SharedString(s) => text(s),
        DataRef::Bool(b) => text(if *b { "是" } else { "否" }),
        DataRef::DateTime(when) => match when.as_datetime() {
            Some(when) => Some(Cell::Date(when.date())),
            None => Some(Cell::Number(when.as_f64())),
        },
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => text(s),
        DataRef::Error(error) => Some(Cell::Broken(error.to_string())),
    }
}
