//! From the rows of a table to institutions. A bad row is reported and left out; the others are kept.

use crate::clean::{self, Complaint, half_width};
use crate::columns::{Column, Header, find_header};
use crate::credit_code::{CreditCode, Malformation, credit_code_check};
use crate::table::{Cell, ImportError, Row, read_tables};
use crate::words::normal_form;
use guanlan_model::{Institution, InstitutionStatus, InstitutionType};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;

/// What marks the example row of the template.
pub(crate) const EXAMPLE: &str = "示例";

/// One remark about one cell. Texts are in Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// Row of the sheet or line of the file, from 1.
    pub row: usize,
    /// Header of the column; empty when the whole row is meant.
    pub column: String,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第 {} 行", self.row)?;
        if !self.column.is_empty() {
            write!(f, "「{}」", self.column)?;
        }
        write!(f, "：{}", self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "。{}", self.help) }
    }
}

/// What an import file comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Good rows, in the order of the file.
    pub rows: Vec<Institution>,
    /// Rows that were left out, and why.
    pub errors: Vec<RowProblem>,
    /// What was mended or looks wrong in rows that were kept.
    pub warnings: Vec<RowProblem>,
}

/// Reads a register file: XLSX, or CSV in UTF-8, UTF-16 or GB18030, with Chinese or English headers in any order.
/// At most 20 MiB, 200 000 rows and 100 columns are read.
///
/// # Errors
/// [`ImportError`] when nothing of the file can be read.
pub fn read_register(bytes: &[u8], file_name: &str) -> Result<Import, ImportError> {
    let sheets = read_tables(bytes, file_name)?;
    let mut first_error = None;
    for rows in &sheets {
        match find_header(rows) {
            Ok(header) => return Ok(read_rows(rows, &header)),
            // Of several sheets without a header, the first with any content is the one that was meant.
            Err(error) if !rows.is_empty() => first_error = first_error.or(Some(error)),
            Err(_) => {}
        }
    }
    Err(first_error.unwrap_or(ImportError::Empty))
}

fn read_rows(rows: &[Row], header: &Header) -> Import {
    let mut import = Import::default();
    for (title, remark) in &header.remarks {
        import.warnings.push(problem(header.row, title, Complaint::new(*remark, "")));
    }
    if !header.has(Column::Category) {
        let help = "类别决定转办部门和适用规则，请按名录模板补上这一列";
        let complaint = Complaint::new("表里没有这一列，各机构都按“其他”处理", help);
        import.warnings.push(problem(header.row, Column::Category.zh(), complaint));
    }
    let mut seen = Seen::default();
    for row in rows.iter().filter(|r| r.number > header.row) {
        if row.cells.iter().all(Option::is_none) {
            continue;
        }
        if is_example(row, header) {
            import.warnings.push(problem(row.number, "", Complaint::new("示例行，已跳过", "")));
            continue;
        }
        let mut reading = Reading { row, header, errors: Vec::new(), warnings: Vec::new() };
        let institution = reading.institution();
        let (mut errors, mut warnings) = (reading.errors, reading.warnings);
        if errors.is_empty() {
            seen.check(row.number, &institution, &mut errors, &mut warnings);
        }
        if errors.is_empty() {
            seen.add(row.number, &institution);
            import.rows.push(institution);
            import.warnings.append(&mut warnings);
        } else {
            import.errors.append(&mut errors);
        }
    }
    import
}

fn problem(row: usize, column: &str, complaint: Complaint) -> RowProblem {
    RowProblem { row, column: column.to_owned(), message: complaint.message, help: complaint.help }
}

/// The template's example: 示例 at the front of the id or the name.
fn is_example(row: &Row, header: &Header) -> bool {
    header.columns.iter().filter(|(_, c)| matches!(c, Column::Id | Column::Name | Column::Ignored)).any(|(at, _)| {
        matches!(row.cells.get(*at), Some(Some(Cell::Text(text))) if text.trim_start().starts_with(EXAMPLE))
    })
}

/// One row while it is read.
struct Reading<'a> {
    row: &'a Row,
    header: &'a Header,
    errors: Vec<RowProblem>,
    warnings: Vec<RowProblem>,
}

impl Reading<'_> {
    fn institution(&mut self) -> Institution {
        let name = self.name();
        let credit_code = self.credit_code();
        let id = self.id(&name, &credit_code);
        let (licence_from, licence_to) = self.licence_period();
        Institution {
            id,
            aliases: self.aliases(&name),
            category: self.category(),
            approver: self.text(Column::Approver),
            supervisor: self.text(Column::Supervisor),
            town: self.text(Column::Town),
            address: self.text(Column::Address),
            scope: self.list(Column::Scope),
            licence_no: self.licence_no(),
            licence_from,
            licence_to,
            sites: self.sites(),
            status: self.status(),
            name,
            credit_code,
        }
    }

    fn cells(&self, column: Column) -> impl Iterator<Item = &Cell> {
        self.header
            .columns
            .iter()
            .filter(move |(_, c)| *c == column)
            .filter_map(|(at, _)| self.row.cells.get(*at).and_then(Option::as_ref))
    }

    fn fail(&mut self, column: Column, complaint: Complaint) {
        self.errors.push(problem(self.row.number, column.zh(), complaint));
    }

    fn warn(&mut self, column: Column, message: impl Into<String>, help: &str) {
        self.warnings.push(problem(self.row.number, column.zh(), Complaint::new(message, help)));
    }

    /// Reads the one cell of a column; a complaint fails the row and gives the default.
    fn read<T: Default>(&mut self, column: Column, reader: fn(&Cell) -> Result<T, Complaint>) -> T {
        let read = self.cells(column).next().map(reader);
        match read {
            None => T::default(),
            Some(Ok(value)) => value,
            Some(Err(complaint)) => {
                self.fail(column, complaint);
                T::default()
            }
        }
    }

    fn text(&mut self, column: Column) -> String {
        self.read(column, clean::text)
    }

    fn list(&mut self, column: Column) -> Vec<String> {
        let read: Vec<_> = self.cells(column).map(clean::list).collect();
        let mut items: Vec<String> = Vec::new();
        for list in read {
            match list {
                Ok(list) => list.into_iter().for_each(|item| {
                    if !items.contains(&item) {
                        items.push(item);
                    }
                }),
                Err(complaint) => self.fail(column, complaint),
            }
        }
        items
    }

    fn name(&mut self) -> String {
        // A blank inside a Chinese name is layout.
        let text = self.text(Column::Name);
        let name: String = if text.is_ascii() { text } else { text.replace(' ', "") };
        let length = name.chars().count();
        if length == 0 && self.errors.is_empty() {
            self.fail(Column::Name, Complaint::new("没有填写", "请填写办学许可证或营业执照上的全称"));
        } else if length == 1 || length > 100 {
            self.fail(
                Column::Name,
                Complaint::new(format!("「{name}」不像机构全称"), "请填写办学许可证或营业执照上的全称"),
            );
        } else if (2..=3).contains(&length) {
            self.warn(Column::Name, format!("「{name}」很短，像是简称"), "请核对全称，简称填在“简称/别名”列");
        }
        name
    }

    fn id(&mut self, name: &str, credit_code: &str) -> String {
        let id = self.text(Column::Id);
        if id.is_empty() {
            return generated_id(name, credit_code);
        }
        let plain: String = id.chars().map(half_width).collect();
        if plain.chars().count() > 64
            || plain.chars().any(|c| c.is_whitespace() || matches!(c, '|' | '/' | '\\' | '"'))
        {
            self.fail(
                Column::Id,
                Complaint::new(
                    format!("编号「{id}」太长或含有空格、斜线"),
                    "请用字母和数字，如 Y001；留空则自动编号",
                ),
            );
        }
        plain
    }

    fn aliases(&mut self, name: &str) -> Vec<String> {
        let mut aliases = Vec::new();
        for alias in self.list(Column::Aliases) {
            let length = alias.chars().count();
            if !(2..=40).contains(&length) {
                self.warn(Column::Aliases, format!("「{alias}」太短或太长，未采用"), "别名请用 2 到 40 个字");
            } else if alias != name {
                aliases.push(alias);
            }
        }
        aliases
    }

    fn category(&mut self) -> InstitutionType {
        let text = self.text(Column::Category);
        if text.is_empty() && !self.header.has(Column::Category) {
            return InstitutionType::Other;
        }
        if text.is_empty() {
            self.warn(Column::Category, "没有填写，按“其他”处理", "类别决定转办部门和适用规则，请补填");
            return InstitutionType::Other;
        }
        category(&text).unwrap_or_else(|| {
            let help = format!(
                "请填写：{}",
                InstitutionType::ALL.iter().map(|t| t.zh()).collect::<Vec<_>>().join("、")
            );
            self.fail(Column::Category, Complaint::new(format!("不认得类别「{text}」"), help));
            InstitutionType::Other
        })
    }

    fn status(&mut self) -> InstitutionStatus {
        let text = self.text(Column::Status);
        status(&text).unwrap_or_else(|| {
            self.fail(
                Column::Status,
                Complaint::new(format!("不认得状态「{text}」"), "请填写：正常、停业、注销"),
            );
            InstitutionStatus::Normal
        })
    }

    fn credit_code(&mut self) -> String {
        let written = self.read(Column::CreditCode, clean::number);
        if written.is_empty() {
            return written;
        }
        let (code, mended) = clean::credit_code(&written);
        for note in mended {
            self.warn(Column::CreditCode, format!("{note}：{code}"), "请对照营业执照或登记证书核对");
        }
        match credit_code_check(&code) {
            CreditCode::Valid => {}
            CreditCode::WrongCheckDigit { expected } => self.warn(
                Column::CreditCode,
                format!("{code} 的校验位不对，按前 17 位应为 {expected}"),
                "请对照证照核对；证照如此印制的可以保留",
            ),
            CreditCode::Malformed(Malformation::Length(length)) => {
                self.warn(
                    Column::CreditCode,
                    format!("{code} 有 {length} 位，应为 18 位"),
                    "请对照营业执照或登记证书核对",
                );
            }
            CreditCode::Malformed(Malformation::Character(c, at)) => self.warn(
                Column::CreditCode,
                format!("{code} 第 {at} 位「{c}」不是信用代码用的字符"),
                "信用代码只用数字和大写字母，不用 I、O、S、V、Z，请核对",
            ),
        }
        code
    }

    fn licence_no(&mut self) -> String {
        let written = self.read(Column::LicenceNo, clean::number);
        written.chars().map(half_width).filter(|c| !c.is_whitespace()).collect()
    }

    fn licence_period(&mut self) -> (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>) {
        let (from, to) = self.read(Column::Validity, clean::period);
        let from = self.read(Column::LicenceFrom, clean::date).or(from);
        let to = self.read(Column::LicenceTo, clean::date).or(to);
        if let (Some(first), Some(last)) = (from, to)
            && last < first
        {
            self.fail(
                Column::LicenceTo,
                Complaint::new(format!("有效期止 {last} 早于有效期起 {first}"), "请核对两个日期，可能填反了"),
            );
        }
        (from, to)
    }

    fn sites(&mut self) -> Vec<String> {
        let mut sites = Vec::new();
        for text in self.list(Column::Sites) {
            for part in text.split_whitespace() {
                match clean::site(part) {
                    Ok((site, mended)) => {
                        if mended {
                            self.warn(
                                Column::Sites,
                                format!("「{part}」没有写协议，按 {site} 采集"),
                                "请写全网址",
                            );
                        }
                        sites.push(site);
                    }
                    // The institution is still to be watched in the news.
                    Err(complaint) => {
                        self.warn(Column::Sites, format!("{}，未采用", complaint.message), &complaint.help)
                    }
                }
            }
        }
        sites
    }
}

/// A stable id for a row without one, so that the next import finds the same institution.
fn generated_id(name: &str, credit_code: &str) -> String {
    match credit_code_check(credit_code) {
        CreditCode::Valid | CreditCode::WrongCheckDigit { .. } => format!("C{credit_code}"),
        CreditCode::Malformed(_) => {
            let hash = Sha256::digest(normal_form(name).as_bytes());
            let hex: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            format!("N{hex}")
        }
    }
}

fn category(text: &str) -> Option<InstitutionType> {
    if let Ok(known) = text.parse() {
        return Some(known);
    }
    let plain = text.trim_end_matches("培训").trim_end_matches('类').trim_end_matches("机构");
    Some(match plain {
        "学科" | "学科培训" | "文化课" | "文化教育" => InstitutionType::Subject,
        "文化艺术" | "艺术" | "文艺" => InstitutionType::Arts,
        "体育" | "体育运动" => InstitutionType::Sports,
        "科技" | "科学技术" => InstitutionType::Technology,
        "职业" | "职业技能" | "职业培训" | "职业教育" => InstitutionType::Vocational,
        "早教" | "托育" | "早教托育" | "托幼" | "早教、托育" | "婴幼儿照护" => {
            InstitutionType::Nursery
        }
        "托管" | "校外托管" | "学生托管" | "午托" | "小饭桌" => InstitutionType::Custodial,
        "综合实践" | "研学" | "实践" | "营地" | "研学实践" => InstitutionType::Practice,
        "其他" | "其它" => InstitutionType::Other,
        _ => return None,
    })
}

fn status(text: &str) -> Option<InstitutionStatus> {
    if let Ok(known) = text.parse() {
        return Some(known);
    }
    Some(match text {
        "" | "正常办学" | "在营" | "存续" | "在业" | "开业" | "营业" | "有效" | "正常营业" => {
            InstitutionStatus::Normal
        }
        "已注销" | "吊销" | "已吊销" | "撤销" | "已撤销" | "终止" | "终止办学" => {
            InstitutionStatus::Cancelled
        }
        "停办" | "暂停" | "暂停办学" | "歇业" | "停业整顿" | "停业整改" | "停止办学" => {
            InstitutionStatus::Suspended
        }
        _ => return None,
    })
}

/// Rows that were kept so far, by what must not come twice.
#[derive(Default)]
struct Seen {
    ids: HashMap<String, usize>,
    names: HashMap<String, usize>,
    codes: HashMap<String, usize>,
}

impl Seen {
    fn check(
        &self,
        row: usize,
        new: &Institution,
        errors: &mut Vec<RowProblem>,
        warnings: &mut Vec<RowProblem>,
    ) {
        let id_column = Column::Id.zh();
        if let Some(other) = self.names.get(&normal_form(&new.name)) {
            let message = format!("与第 {other} 行的机构同名，只取前一行");
            errors.push(problem(
                row,
                Column::Name.zh(),
                Complaint::new(message, "如是分支机构，请在全称里写明；否则删去一行"),
            ));
        } else if let Some(other) = self.ids.get(&new.id) {
            let message = format!("编号「{}」与第 {other} 行重复，只取前一行", new.id);
            errors.push(problem(row, id_column, Complaint::new(message, "请给每家机构不同的编号")));
        } else if let Some(other) = self.codes.get(&new.credit_code).filter(|_| !new.credit_code.is_empty()) {
            let message = format!("与第 {other} 行的信用代码相同");
            warnings.push(problem(
                row,
                Column::CreditCode.zh(),
                Complaint::new(message, "总部与分支机构可以相同，否则请核对"),
            ));
        }
    }

    fn add(&mut self, row: usize, new: &Institution) {
        self.ids.insert(new.id.clone(), row);
        self.names.insert(normal_form(&new.name), row);
        self.codes.entry(new.credit_code.clone()).or_insert(row);
    }
}

#[cfg(test)]
mod tests;
