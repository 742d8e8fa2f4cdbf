//! Which column of a table means what.

use crate::table::{Cell, ImportError, Row};
use crate::words::normal_form;

/// Rows that are searched for the header; titles and notes may stand above it.
const HEADER_ROWS: usize = 12;

/// A field of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Id,
    Name,
    Aliases,
    Category,
    Approver,
    Supervisor,
    Town,
    Address,
    Scope,
    LicenceNo,
    CreditCode,
    LicenceFrom,
    LicenceTo,
    Validity,
    Sites,
    Status,
    /// Known, and of no use here.
    Ignored,
}

/// Header names in normal form without blanks and remarks in brackets.
const NAMES: &[(Column, &[&str])] = &[
    (Column::Id, &["id", "编号", "机构编号", "名录编号"]),
    (Column::Name, &["name", "机构名称", "机构全称", "名称", "全称", "单位名称", "学校名称", "培训机构名称"]),
    (
        Column::Aliases,
        &[
            "aliases",
            "简称",
            "别名",
            "简称别名",
            "别名简称",
            "品牌",
            "品牌名",
            "品牌名称",
            "招牌名称",
            "曾用名",
            "公众号",
            "公众号名称",
            "对外名称",
        ],
    ),
    (Column::Category, &["category", "类别", "机构类别", "机构类型", "类型", "培训类别", "办学类别"]),
    (Column::Approver, &["approver", "审批机关", "审批部门", "发证机关", "许可机关"]),
    (
        Column::Supervisor,
        &["supervisor", "主管部门", "业务主管部门", "业务主管单位", "行业主管部门", "监管部门"],
    ),
    (
        Column::Town,
        &[
            "town",
            "乡镇街道",
            "乡镇",
            "街道",
            "镇街",
            "所属乡镇",
            "所属街道",
            "所在乡镇",
            "所属镇街",
            "所在乡镇街道",
        ],
    ),
    (
        Column::Address,
        &["address", "办学地址", "地址", "机构地址", "经营地址", "注册地址", "培训地址", "办学地点"],
    ),
    (
        Column::Scope,
        &["scope", "办学内容", "培训内容", "培训项目", "办学范围", "经营范围", "批准内容", "审批内容"],
    ),
    (
        Column::LicenceNo,
        &[
            "licenceno",
            "办学许可证号",
            "许可证号",
            "办学许可证编号",
            "许可证编号",
            "证号",
            "备案号",
            "许可证号码",
        ],
    ),
    (Column::CreditCode, &["creditcode", "统一社会信用代码", "信用代码", "社会信用代码", "统一信用代码"]),
    (
        Column::LicenceFrom,
        &["licencefrom", "有效期起", "许可证有效期起", "有效期自", "发证日期", "起始日期", "有效期开始"],
    ),
    (
        Column::LicenceTo,
        &[
            "licenceto",
            "有效期止",
            "许可证有效期止",
            "有效期至",
            "有效期截止",
            "截止日期",
            "到期日期",
            "有效期结束",
        ],
    ),
    (Column::Validity, &["有效期", "有效期限", "有效期起止", "许可证有效期", "办学许可证有效期"]),
    (Column::Sites, &["sites", "网址", "网站", "官网", "网站地址", "公开网页", "自有网页"]),
    (Column::Status, &["status", "状态", "办学状态", "机构状态", "经营状态"]),
    (
        Column::Ignored,
        &[
            "序号",
            "no",
            "备注",
            "学段",
            "举办者",
            "法定代表人",
            "校长",
            "负责人",
            "联系人",
            "联系电话",
            "电话",
            "登记机关",
            "年检结论",
            "公示日期",
        ],
    ),
];

impl Column {
    /// The name in the template and in messages.
    pub fn zh(self) -> &'static str {
        match self {
            Column::Id => "编号",
            Column::Name => "机构名称",
            Column::Aliases => "简称/别名",
            Column::Category => "类别",
            Column::Approver => "审批机关",
            Column::Supervisor => "主管部门",
            Column::Town => "乡镇街道",
            Column::Address => "办学地址",
            Column::Scope => "办学内容",
            Column::LicenceNo => "办学许可证号",
            Column::CreditCode => "统一社会信用代码",
            Column::LicenceFrom => "有效期起",
            Column::LicenceTo => "有效期止",
            Column::Validity => "有效期",
            Column::Sites => "网址",
            Column::Status => "状态",
            Column::Ignored => "其他",
        }
    }

    /// Reads a header cell.
    pub fn from_header(text: &str) -> Option<Column> {
        let mut depth = 0usize;
        let plain: String = normal_form(text)
            .chars()
            .filter(|c| {
                match c {
                    '(' | '（' | '[' | '【' => depth += 1,
                    ')' | '）' | ']' | '】' => {
                        depth = depth.saturating_sub(1);
                        return false;
                    }
                    _ => {}
                }
                depth == 0 && !c.is_whitespace() && !matches!(c, '*' | '/' | '、' | '_' | '-' | '：' | ':')
            })
            .collect();
        NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
    }

    /// Several columns of these add up; of the others the first counts.
    fn may_repeat(self) -> bool {
        matches!(self, Column::Aliases | Column::Sites | Column::Ignored)
    }
}

/// The header of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// Its row, from 1.
    pub row: usize,
    /// Column index and meaning, left to right.
    pub columns: Vec<(usize, Column)>,
    /// Headers that nobody knows or that come twice, with what is done about them.
    pub remarks: Vec<(String, &'static str)>,
}

impl Header {
    /// True when the table has this column.
    pub fn has(&self, column: Column) -> bool {
        self.columns.iter().any(|(_, c)| *c == column)
    }
}

/// Finds the first row that names the institution's name and one more known column.
pub(crate) fn find_header(rows: &[Row]) -> Result<Header, ImportError> {
    for row in rows.iter().take(HEADER_ROWS) {
        let found: Vec<(usize, Column)> = row
            .cells
            .iter()
            .enumerate()
            .filter_map(|(at, cell)| match cell {
                Some(Cell::Text(text)) => Column::from_header(text).map(|c| (at, c)),
                _ => None,
            })
            .collect();
        let useful = found.iter().filter(|(_, c)| *c != Column::Ignored).count();
        if useful >= 2 && found.iter().any(|(_, c)| *c == Column::Name) {
            return Ok(settle(row, found));
        }
    }
    let seen = rows
        .first()
        .map(|row| {
            row.cells
                .iter()
                .flatten()
                .filter_map(|c| if let Cell::Text(t) = c { Some(t.chars().take(12).collect()) } else { None })
                .take(6)
                .collect()
        })
        .unwrap_or_default();
    Err(ImportError::NoHeader { searched: rows.len().min(HEADER_ROWS), seen })
}

fn settle(row: &Row, found: Vec<(usize, Column)>) -> Header {
    let mut columns: Vec<(usize, Column)> = Vec::new();
    let mut remarks = Vec::new();
    let title = |at: usize| match row.cells.get(at) {
        Some(Some(Cell::Text(text))) => text.split_whitespace().collect::<String>(),
        _ => String::new(),
    };
    for (at, column) in &found {
        if !column.may_repeat() && columns.iter().any(|(_, c)| c == column) {
            remarks.push((title(*at), "与前面的列重复，未读取"));
        } else {
            columns.push((*at, *column));
        }
    }
    for at in 0..row.cells.len() {
        if !found.iter().any(|(known, _)| *known == at) && !title(at).is_empty() {
            remarks.push((title(at), "不是名录的列，未读取"));
        }
    }
    Header { row: row.number, columns, remarks }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize, cells: &[&str]) -> Row {
        let cells = cells.iter().map(|c| (!c.is_empty()).then(|| Cell::Text((*c).into()))).collect();
        Row { number, cells }
    }

    #[test]
    fn headers_are_read_as_people_write_them() {
        let cases = [
            ("机构名称", Some(Column::Name)),
            (" 机构 名称 *", Some(Column::Name)),
            ("机构名称（必填）", Some(Column::Name)),
            ("简称/别名", Some(Column::Aliases)),
            ("乡镇（街道）", Some(Column::Town)),
            ("乡镇、街道", Some(Column::Town)),
            ("licence_no", Some(Column::LicenceNo)),
            ("統一社會信用代碼", Some(Column::CreditCode)),
            ("ID", Some(Column::Id)),
            ("序号", Some(Column::Ignored)),
            ("心得", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Column::from_header(text), expected, "{text}");
        }
    }

    #[test]
    fn the_header_may_stand_below_a_title() {
        let rows = [
            row(1, &["云溪县校外培训机构名单"]),
            row(3, &["序号", "机构名称", "类别", "心得", "类型"]),
            row(4, &["1", "甲", "学科类", "", ""]),
        ];
        let header = find_header(&rows).expect("header");
        assert_eq!(header.row, 3);
        assert_eq!(header.columns, [(0, Column::Ignored), (1, Column::Name), (2, Column::Category)]);
        let remarks: Vec<&str> = header.remarks.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(remarks, ["类型", "心得"]);
    }

    #[test]
    fn without_a_header_the_message_says_what_was_seen() {
        let error = find_header(&[row(1, &["单位", "电话"])]).expect_err("no header");
        assert!(error.to_string().contains("单位、电话"), "{error}");
    }
}
