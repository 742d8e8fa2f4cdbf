//! A spreadsheet or text table as rows of cells, read within limits from an untrusted file.

use crate::{csv_table, xlsx_table};
use chrono::NaiveDate;

/// Largest file.
pub(crate) const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Most rows.
pub(crate) const MAX_ROWS: usize = 200_000;
/// Most columns; what stands further right is not read.
pub(crate) const MAX_COLUMNS: usize = 100;

/// Why a whole file could not be read. The Chinese text of `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Nothing in it.
    #[error("文件是空的，请选择填好的名录文件")]
    Empty,
    /// Beyond 20 MiB.
    #[error("文件有 {} MB，超过 {} MB 的上限；请删去图片和多余的工作表，或拆成几个文件分别导入", .0 / (1024 * 1024), MAX_BYTES / (1024 * 1024))]
    TooLarge(usize),
    /// Beyond 200 000 rows.
    #[error(
        "表格超过 {MAX_ROWS} 行（在第 {0} 行仍有内容）；请删去表格下方多余的内容，或拆成几个文件分别导入"
    )]
    TooManyRows(usize),
    /// Unpacks to more than a register can need.
    #[error(
        "文件解压后过大，不像正常的名录；请在 Excel 中新建一个工作簿，只复制名录内容后另存为 .xlsx 再导入"
    )]
    Bomb,
    /// A workbook with macros.
    #[error("文件含有宏（.xlsm），为安全起见不予读取；请在 Excel 中另存为“Excel 工作簿（.xlsx）”再导入")]
    Macro,
    /// The binary format before 2007.
    #[error("这是旧版 .xls 文件；请在 Excel 或 WPS 中另存为“Excel 工作簿（.xlsx）”再导入")]
    OldExcel,
    /// A web page or XML named like a workbook, as some systems export.
    #[error("这是网页格式的表格，只是扩展名像 Excel；请用 Excel 或 WPS 打开后另存为 .xlsx 再导入")]
    WebPage,
    /// A workbook that its own reader refuses.
    #[error(
        "无法读取这个工作簿（{0}）；可能已损坏或设有打开口令，请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"
    )]
    Workbook(String),
    /// Neither UTF-8 nor GB18030 nor UTF-16.
    #[error("无法识别文件的文字编码；请在 Excel 中另存为“CSV UTF-8（逗号分隔）”或 .xlsx 再导入")]
    Encoding,
    /// A text table that is not well-formed.
    #[error("第 {line} 行附近无法按 CSV 解析；请检查引号是否成对，或另存为 .xlsx 再导入")]
    Csv {
        /// Line of the file, from 1.
        line: u64,
    },
    /// No row looks like a header.
    #[error("没有找到表头：前 {searched} 行里至少要有“机构名称”和另一个认得的列名{}；请使用名录模板的表头", seen_note(.seen))]
    NoHeader {
        /// Rows that were searched.
        searched: usize,
        /// The first cells that were seen instead.
        seen: Vec<String>,
    },
}

fn seen_note(seen: &[String]) -> String {
    if seen.is_empty() { String::new() } else { format!("（读到的是：{}）", seen.join("、")) }
}

/// One cell. Formulas come as the value that was stored with them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    Date(NaiveDate),
    /// A formula error such as `#REF!`.
    Broken(String),
}

/// One row that has at least one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Row of the sheet or line of the file, from 1.
    pub number: usize,
    /// Cells by column; `None` where there is nothing.
    pub cells: Vec<Option<Cell>>,
}

/// The sheets of a file, each with its rows. A text file is one sheet.
pub(crate) fn read_tables(bytes: &[u8], file_name: &str) -> Result<Vec<Vec<Row>>, ImportError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let lower = file_name.to_lowercase();
    if lower.ends_with(".xlsm") || lower.ends_with(".xlam") || lower.ends_with(".xltm") {
        return Err(ImportError::Macro);
    }
    if bytes.starts_with(b"PK") {
        return xlsx_table::read(bytes);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(ImportError::OldExcel);
    }
    let head: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(16).collect();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).to_ascii_lowercase();
    if [b"<html".as_slice(), b"<!doctype", b"<?xml", b"<table", b"<meta"]
        .iter()
        .any(|tag| head.starts_with(tag))
    {
        return Err(ImportError::WebPage);
    }
    Ok(vec![csv_table::read(bytes)?])
}
