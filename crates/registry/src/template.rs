//! The workbook that a person fills in.

use crate::columns::Column;
use crate::import::EXAMPLE;
use guanlan_model::{InstitutionStatus, InstitutionType};
use rust_xlsxwriter::{
    Color, DataValidation, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Rows that carry the choice lists and the text format.
const PREPARED_ROWS: u32 = 2_000;

/// Column, width in characters, whether it holds plain text only, example, and what to put in.
const COLUMNS: &[(Column, f64, bool, &str, &str)] = &[
    (Column::Id, 10.0, true, EXAMPLE, "选填。每家机构固定不变的编号，如 Y001；留空则自动编号。"),
    (Column::Name, 36.0, false, "云溪县青禾文化艺术培训学校有限公司", "必填。办学许可证或营业执照上的全称。"),
    (
        Column::Aliases,
        22.0,
        false,
        "青禾艺校|青禾艺术",
        "选填。招牌名、品牌名、曾用名、公众号名，用 | 或 、 隔开；不填则由全称推出简称。",
    ),
    (Column::Category, 13.0, false, "文化艺术类", "必填。从下拉列表选择；决定转办部门和适用规则。"),
    (Column::Approver, 18.0, false, "行政审批服务局", "选填。批准办学或登记的部门。"),
    (Column::Supervisor, 14.0, false, "教体局", "选填。行业主管部门。"),
    (Column::Town, 12.0, false, "城关镇", "选填。所在乡镇或街道。"),
    (
        Column::Address,
        34.0,
        false,
        "云溪县城关镇人民路18号3层",
        "建议填写。登记的办学地址，写到门牌号；用来分辨同名机构。",
    ),
    (Column::Scope, 26.0, false, "舞蹈、美术", "建议填写。批准的办学内容，用 、 隔开。"),
    (Column::LicenceNo, 26.0, true, "教民1369982010000037号", "选填。办学许可证号或备案号。本列为文本格式。"),
    (
        Column::CreditCode,
        24.0,
        true,
        "91350100M000100Y43",
        "建议填写。18 位；本列为文本格式，不要改成数字，否则末几位会丢失。",
    ),
    (Column::LicenceFrom, 13.0, true, "2024-03-01", "选填。如 2024-03-01 或 2024年3月1日。"),
    (Column::LicenceTo, 13.0, true, "2028-02-29", "建议填写。许可证到期日；长期有效写“长期”。"),
    (
        Column::Sites,
        30.0,
        false,
        "https://www.qinghe.example/",
        "选填。机构自己公开的网页，http:// 或 https:// 开头，多个用 | 隔开。",
    ),
    (Column::Status, 9.0, false, "正常", "必填。正常、停业或注销。"),
];

/// The register template as an .xlsx file: a sheet 名录 with a frozen header, choice lists for 类别 and 状态, text format
/// for codes and one example row that import skips; and a sheet 填写说明.
///
/// # Errors
/// When the workbook cannot be written, which only happens out of memory.
pub fn template_xlsx() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    write_register(book.add_worksheet())?;
    write_guide(book.add_worksheet())?;
    book.save_to_buffer()
}

fn header_format() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00DC_E6F1))
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
}

fn write_register(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("名录")?;
    sheet.set_freeze_panes(1, 2)?;
    let header = header_format();
    let text = Format::new().set_num_format("@");
    let example = Format::new().set_num_format("@").set_font_color(Color::Gray).set_italic();
    for (at, (column, width, plain, sample, _)) in (0u16..).zip(COLUMNS) {
        sheet.set_column_width(at, *width)?;
        if *plain {
            sheet.set_column_format(at, &text)?;
        }
        sheet.write_with_format(0, at, column.zh(), &header)?;
        sheet.write_with_format(1, at, *sample, &example)?;
        let choices: Vec<&str> = match column {
            Column::Category => InstitutionType::ALL.iter().map(|t| t.zh()).collect(),
            Column::Status => InstitutionStatus::ALL.iter().map(|s| s.zh()).collect(),
            _ => continue,
        };
        let list = DataValidation::new()
            .allow_list_strings(&choices)?
            .set_error_title("请从列表中选择")?
            .set_error_message(format!("可填：{}", choices.join("、")))?;
        sheet.add_data_validation(1, at, PREPARED_ROWS, at, &list)?;
    }
    Ok(())
}

fn write_guide(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("填写说明")?;
    sheet.set_column_width(0, 20)?;
    sheet.set_column_width(1, 90)?;
    let header = header_format();
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.write_with_format(0, 0, "列", &header)?;
    sheet.write_with_format(0, 1, "怎样填写", &header)?;
    for (row, (column, _, _, _, guide)) in (1u32..).zip(COLUMNS) {
        sheet.write_with_format(row, 0, column.zh(), &wrap)?;
        sheet.write_with_format(row, 1, *guide, &wrap)?;
    }
    let notes = [
        "灰色的示例行导入时自动跳过，可以保留，也可以删去。",
        "列的先后可以调整，多余的列不会读取；表头文字请保留。",
        "有错的行会逐行逐列指出，其余的行照常导入；改好后重新导入，只会更新有变化的机构。",
        "不要填写举办者、教师、学生的姓名和电话：本系统只监测机构，不监测个人。",
    ];
    for (row, note) in (COLUMNS.len() as u32 + 2..).zip(notes) {
        sheet.write_with_format(row, 1, note, &wrap)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Column;

    #[test]
    fn every_header_of_the_template_is_understood() {
        for (column, ..) in COLUMNS {
            assert_eq!(Column::from_header(column.zh()), Some(*column));
        }
    }

    #[test]
    fn it_is_a_workbook() {
        assert!(template_xlsx().expect("written").starts_with(b"PK"));
    }
}
