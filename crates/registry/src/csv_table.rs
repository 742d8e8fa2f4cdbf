//! Text tables: CSV, tabs or semicolons, in UTF-8, UTF-16 or GB18030.

use crate::table::{Cell, ImportError, MAX_COLUMNS, MAX_ROWS, Row};
use encoding_rs::{Encoding, GB18030};

/// Reads a text table.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>, ImportError> {
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record
            .map_err(|error| ImportError::Csv { line: error.position().map_or(1, csv::Position::line) })?;
        let number = record.position().map_or(rows.len() + 1, |p| line_of(&text, p));
        if rows.len() >= MAX_ROWS {
            return Err(ImportError::TooManyRows(number));
        }
        let cells: Vec<Option<Cell>> = record
            .iter()
            .take(MAX_COLUMNS)
            .map(|field| (!field.trim().is_empty()).then(|| Cell::Text(field.to_owned())))
            .collect();
        if cells.iter().any(Option::is_some) {
            rows.push(Row { number, cells });
        }
    }
    Ok(rows)
}

/// The line a record begins on. The reader's position is where it began to look, before any empty lines.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    position.line() as usize + empty
}

/// A byte order mark decides; else UTF-8 if it is valid; else GB18030, which holds GBK and GB 2312.
fn decode(bytes: &[u8]) -> Result<String, ImportError> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, _, broken) = encoding.decode(bytes);
        return if broken { Err(ImportError::Encoding) } else { Ok(text.into_owned()) };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if text.contains('\0') { Err(ImportError::Encoding) } else { Ok(text.to_owned()) };
    }
    let (text, _, broken) = GB18030.decode(bytes);
    if broken || text.contains('\0') { Err(ImportError::Encoding) } else { Ok(text.into_owned()) }
}

/// The commonest of comma, tab and semicolon in the first lines.
fn delimiter(text: &str) -> u8 {
    let head: String = text.lines().take(5).collect();
    let count = |c: char| head.matches(c).count();
    [(b',', count(',')), (b'\t', count('\t')), (b';', count(';'))]
        .into_iter()
        .rev()
        .max_by_key(|(_, n)| *n)
        .map_or(b',', |(d, _)| d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<Vec<String>> {
        let rows = read(bytes).expect("readable");
        rows.into_iter()
            .map(|r| {
                r.cells
                    .into_iter()
                    .map(|c| match c {
                        Some(Cell::Text(t)) => t,
                        _ => String::new(),
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn encodings_and_delimiters_are_recognised() {
        let text = "机构名称,简称\n云溪县小荷舞蹈培训有限公司,小荷\n";
        let expected = vec![
            vec!["机构名称".to_owned(), "简称".into()],
            vec!["云溪县小荷舞蹈培训有限公司".into(), "小荷".into()],
        ];
        assert_eq!(texts(text.as_bytes()), expected);
        assert_eq!(texts(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(texts(&GB18030.encode(text).0), expected);
        assert_eq!(texts(text.replace(',', "\t").as_bytes()), expected);
        assert_eq!(texts(text.replace(',', ";").as_bytes()), expected);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(texts(&utf16), expected);
    }

    #[test]
    fn quotes_hold_commas_and_newlines_and_lines_are_counted() {
        let rows = read("名称,地址\n\n\"甲,乙\n丙\",x\n丁,\"\"\"好\"\"\"\n".as_bytes()).expect("readable");
        assert_eq!(rows.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(rows[1].cells[0], Some(Cell::Text("甲,乙\n丙".into())));
        assert_eq!(rows[2].cells[1], Some(Cell::Text("\"好\"".into())));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff"), Err(ImportError::Encoding));
        assert_eq!(read(b"a,b\0c\n"), Err(ImportError::Encoding));
    }
}
