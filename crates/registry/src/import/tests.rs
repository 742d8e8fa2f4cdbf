use super::*;
use chrono::NaiveDate;
use proptest::prelude::*;

fn csv(text: &str) -> Import {
    read_register(text.as_bytes(), "名录.csv").expect("readable")
}

#[test]
fn a_full_row_in_chinese_and_in_english() {
    let chinese = "序号,状态,机构名称,简称/别名,类别,审批机关,主管部门,乡镇街道,办学地址,办学内容,办学许可证号,统一社会信用代码,有效期起,有效期止,网址,编号\n\
        1,正常,云溪县小荷舞蹈培训有限公司,小荷|小荷舞蹈,文化艺术类,行政审批服务局,教体局,城关镇,云溪县城关镇人民路18号,舞蹈、声乐,教民1369982010000037号,91350100M000100Y43,2024年3月1日,2028/2/29,https://www.xiaohe.example/,Y001\n";
    let english = "id,name,aliases,category,approver,supervisor,town,address,scope,licence_no,credit_code,licence_from,licence_to,sites,status\n\
        Y001,云溪县小荷舞蹈培训有限公司,小荷|小荷舞蹈,arts,行政审批服务局,教体局,城关镇,云溪县城关镇人民路18号,舞蹈、声乐,教民1369982010000037号,91350100M000100Y43,2024-03-01,2028-02-29,https://www.xiaohe.example/,normal\n";
    for text in [chinese, english] {
        let import = csv(text);
        assert_eq!((import.errors.as_slice(), import.warnings.as_slice()), ([].as_slice(), [].as_slice()));
        let row = &import.rows[0];
        assert_eq!(row.id, "Y001");
        assert_eq!(row.aliases, ["小荷", "小荷舞蹈"]);
        assert_eq!(row.category, InstitutionType::Arts);
        assert_eq!(row.scope, ["舞蹈", "声乐"]);
        assert_eq!(row.licence_from, NaiveDate::from_ymd_opt(2024, 3, 1));
        assert_eq!(row.licence_to, NaiveDate::from_ymd_opt(2028, 2, 29));
        assert_eq!(row.sites, ["https://www.xiaohe.example/"]);
        assert_eq!(row.status, InstitutionStatus::Normal);
    }
}

/// One bad cell each: column, value, part of the message; the good row behind it is imported all the same.
#[test]
fn bad_cells_fail_their_row_with_place_and_help() {
    let cases = [
        ("机构名称", "", "没有填写"),
        ("机构名称", "甲", "不像机构全称"),
        ("类别", "火箭类", "不认得类别「火箭类」"),
        ("状态", "跑了", "不认得状态「跑了」"),
        ("统一社会信用代码", "9.13E+17", "末几位已经丢失"),
        ("办学许可证号", "1.37E+15", "末几位已经丢失"),
        ("有效期止", "明年春天", "看不懂日期「明年春天」"),
        ("编号", "Y 1", "含有空格"),
    ];
    for (column, value, expected) in cases {
        let columns = ["编号", "机构名称", "类别", "状态", "统一社会信用代码", "办学许可证号", "有效期止"];
        let bad: Vec<&str> = columns
            .iter()
            .map(|c| match *c {
                c if c == column => value,
                "机构名称" => "云溪县甲乙培训学校",
                "类别" => "学科类",
                _ => "",
            })
            .collect();
        let text = format!("{}\n{}\n,云溪县丙丁培训学校,体育类,,,,\n", columns.join(","), bad.join(","));
        let import = csv(&text);
        assert_eq!(import.errors.len(), 1, "{column}={value}: {import:?}");
        let error = &import.errors[0];
        assert_eq!((error.row, error.column.as_str()), (2, column), "{error}");
        assert!(error.message.contains(expected), "{error}");
        assert!(!error.help.is_empty(), "{error}");
        assert_eq!(import.rows.len(), 1);
        assert_eq!(import.rows[0].name, "云溪县丙丁培训学校");
    }
}

#[test]
fn credit_codes_are_mended_and_doubted_but_kept() {
    let cases = [
        ("9135O100M000100Y43", "91350100M000100Y43", "字母 O 已改为数字 0"),
        ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43", ""),
        ("91350211M0000XUF46", "91350211M0000XUF46", "校验位不对，按前 17 位应为"),
        ("350100000012345", "350100000012345", "有 15 位，应为 18 位"),
        ("91350100M000100Y4Z", "91350100M000100Y4Z", "第 18 位「Z」"),
    ];
    for (written, kept, warning) in cases {
        let import = csv(&format!("机构名称,类别,信用代码\n云溪县甲乙培训学校,学科类,{written}\n"));
        assert_eq!(import.rows.len(), 1, "{written}: {:?}", import.errors);
        assert_eq!(import.rows[0].credit_code, kept);
        match warning {
            "" => assert_eq!(import.warnings, []),
            _ => assert!(import.warnings[0].message.contains(warning), "{}", import.warnings[0]),
        }
    }
}

#[test]
fn a_missing_column_is_said_once() {
    let import = csv("机构名称,办学地址\n云溪县甲乙培训学校,城关镇\n云溪县丙丁培训学校,城关镇\n");
    assert_eq!(import.rows.len(), 2);
    let warnings: Vec<(usize, &str)> = import.warnings.iter().map(|w| (w.row, w.column.as_str())).collect();
    assert_eq!(warnings, [(1, "类别")]);
}

#[test]
fn the_sample_register_is_faultless() {
    let sample = include_bytes!("../../../../config/register-sample.csv");
    let import = read_register(sample, "register-sample.csv").expect("readable");
    assert_eq!((import.errors.as_slice(), import.warnings.as_slice()), ([].as_slice(), [].as_slice()));
    assert_eq!(import.rows.len(), 24);
    for row in &import.rows {
        assert_eq!(credit_code_check(&row.credit_code), CreditCode::Valid, "{}", row.name);
        assert!(row.sites.is_empty() && row.licence_to.is_some() && !row.town.is_empty(), "{}", row.name);
    }
}

#[test]
fn rows_without_an_id_get_the_same_one_every_time() {
    let text =
        "机构名称,类别,信用代码\n云溪县甲乙培训学校,学科类,91350100M000100Y43\n云溪县丙丁培训学校,学科类,\n";
    let (first, second) = (csv(text), csv(text));
    assert_eq!(first, second);
    assert_eq!(first.rows[0].id, "C91350100M000100Y43");
    assert!(first.rows[1].id.starts_with('N') && first.rows[1].id.len() == 13);
}

#[test]
fn doubles_are_reported() {
    let import = csv("编号,机构名称,类别,信用代码\n\
        Y1,云溪县甲乙培训学校,学科类,91350100M000100Y43\n\
        Y1,云溪县丙丁培训学校,学科类,\n\
        Y3,云溪县甲乙培训 学校,学科类,\n\
        Y4,云溪县戊己培训学校,学科类,91350100M000100Y43\n");
    let ids: Vec<&str> = import.rows.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["Y1", "Y4"]);
    let errors: Vec<(usize, &str)> = import.errors.iter().map(|e| (e.row, e.column.as_str())).collect();
    assert_eq!(errors, [(3, "编号"), (4, "机构名称")]);
    assert!(import.warnings.iter().any(|w| w.row == 5 && w.message.contains("第 2 行的信用代码相同")));
}

#[test]
fn a_reversed_licence_period_is_refused_and_one_column_may_hold_both_days() {
    let import = csv("机构名称,类别,有效期起,有效期止\n云溪县甲乙培训学校,学科类,2028-01-01,2024-01-01\n");
    assert!(import.errors[0].message.contains("早于"), "{:?}", import.errors);
    let import = csv("机构名称,类别,有效期\n云溪县甲乙培训学校,学科类,2024-01-01至2027-12-31\n");
    assert_eq!(import.rows[0].licence_to, NaiveDate::from_ymd_opt(2027, 12, 31));
}

#[test]
fn whole_files_that_cannot_be_read_say_what_to_do() {
    let html = "\u{feff}<html><table><tr><td>机构名称</td></tr></table></html>";
    let cases: Vec<(&[u8], &str, &str)> = vec![
        (b"", "a.csv", "文件是空的"),
        (b" \n ", "a.csv", "文件是空的"),
        (html.as_bytes(), "a.xls", "网页格式"),
        (&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1], "a.xls", "旧版 .xls"),
        (b"PK\x03\x04rest", "a.xlsx", "无法读取这个工作簿"),
        (b"PK\x03\x04rest", "a.xlsm", "含有宏"),
        ("甲,乙\n1,2\n".as_bytes(), "a.csv", "没有找到表头"),
        (b"\xff\xff\xff\xff,\n", "a.csv", "文字编码"),
    ];
    for (bytes, name, expected) in cases {
        let error = read_register(bytes, name).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
    let large = vec![b'a'; crate::table::MAX_BYTES + 1];
    assert!(matches!(read_register(&large, "a.csv"), Err(ImportError::TooLarge(_))));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_register(&bytes, "a.csv");
    }

    #[test]
    fn no_cells_panic_and_every_row_is_accounted_for(rows in proptest::collection::vec(
        proptest::collection::vec("[甲乙丙学校0-9OI.年月日至/|、\u{200b} a-zE+-]{0,14}", 16), 1..8,
    )) {
        let header = "编号,机构名称,简称,类别,审批机关,主管部门,乡镇街道,办学地址,办学内容,办学许可证号,信用代码,有效期起,有效期止,有效期,网址,状态\n";
        let body: String = rows.iter().map(|cells| format!("{}\n", cells.join(","))).collect();
        let import = read_register(format!("{header}{body}").as_bytes(), "a.csv");
        let Ok(import) = import else { return Err(TestCaseError::fail("the header is there")) };
        let failed: std::collections::HashSet<usize> = import.errors.iter().map(|e| e.row).collect();
        prop_assert_eq!(import.rows.len() + failed.len(), rows.iter().filter(|cells| cells.iter().any(|c| !c.trim().is_empty())).count());
    }
}

mod workbooks {
    use super::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    use std::io::{Cursor, Read, Write};

    fn saved(mut book: Workbook) -> Vec<u8> {
        book.save_to_buffer().expect("written")
    }

    #[test]
    fn a_real_sheet_with_title_dates_and_numbers() {
        let mut book = Workbook::new();
        book.add_worksheet().set_name("封面").expect("name").write(0, 0, "云溪县教体局").expect("cell");
        let sheet = book.add_worksheet();
        let title = Format::new();
        sheet.merge_range(0, 0, 0, 4, "云溪县校外培训机构名单（2026年）", &title).expect("merge");
        for (column, header) in
            ["序号", "机构名称", "类别", "有效期起", "有效期止", "统一社会信用代码"].iter().enumerate()
        {
            sheet.write(2, column as u16, *header).expect("cell");
        }
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write(3, 0, 1).expect("cell");
        sheet.write(3, 1, "云溪县甲乙培训学校").expect("cell");
        sheet.write(3, 2, "学科类").expect("cell");
        let from = ExcelDateTime::from_ymd(2024, 3, 1).expect("date");
        sheet.write_with_format(3, 3, &from, &day).expect("cell");
        sheet.write(3, 4, 46_812).expect("cell");
        sheet.write(4, 1, "云溪县丙丁培训学校").expect("cell");
        sheet.write(4, 2, "学科类").expect("cell");
        sheet.write(4, 5, 913_501_000_001_000_432.0).expect("cell");
        let import = read_register(&saved(book), "名录.xlsx").expect("readable");
        assert_eq!(import.rows.len(), 1, "{import:?}");
        assert_eq!(import.rows[0].licence_from, NaiveDate::from_ymd_opt(2024, 3, 1));
        assert_eq!(import.rows[0].licence_to, NaiveDate::from_ymd_opt(2028, 2, 29));
        assert_eq!(import.errors.len(), 1);
        assert_eq!(import.errors[0].row, 5);
        assert!(import.errors[0].help.contains("设为文本格式"));
    }

    /// The same workbook counting its days from 1904, as old Macs did.
    fn with_epoch_1904(bytes: &[u8]) -> Vec<u8> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a workbook");
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).expect("an entry");
            let name = file.name().expect("a name").into_owned();
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("content");
            if name == "xl/workbook.xml" {
                let text = String::from_utf8(content).expect("text");
                assert!(text.contains("<workbookPr "));
                content = text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ").into_bytes();
            }
            out.start_file(name, zip::write::SimpleFileOptions::default()).expect("entry");
            out.write_all(&content).expect("written");
        }
        out.finish().expect("zip").into_inner()
    }

    #[test]
    fn days_counted_from_1904_are_right() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, header) in ["机构名称", "类别", "有效期起", "有效期止"].iter().enumerate()
        {
            sheet.write(0, column as u16, *header).expect("cell");
        }
        sheet.write(1, 0, "云溪县甲乙培训学校").expect("cell");
        sheet.write(1, 1, "学科类").expect("cell");
        // 2024-03-01 and 2028-02-29, less the 1,462 days between the two epochs.
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_with_format(1, 2, 45_352 - 1_462, &day).expect("cell");
        sheet.write(1, 3, 46_812 - 1_462).expect("cell");
        let import = read_register(&with_epoch_1904(&saved(book)), "a.xlsx").expect("readable");
        assert_eq!(import.rows[0].licence_from, NaiveDate::from_ymd_opt(2024, 3, 1));
        assert_eq!(import.rows[0].licence_to, NaiveDate::from_ymd_opt(2028, 2, 29));
    }

    #[test]
    fn the_template_imports_as_empty_with_its_example_skipped() {
        let import =
            read_register(&crate::template_xlsx().expect("template"), "名录模板.xlsx").expect("readable");
        assert_eq!(import.rows, []);
        assert_eq!(import.errors, []);
        assert_eq!(import.warnings.len(), 1);
        assert!(import.warnings[0].message.contains("示例行"));
    }

    #[test]
    fn one_cell_in_the_far_corner_is_refused_without_allocating_the_sheet() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "机构名称").expect("cell");
        sheet.write(1_048_575, 16_383, "x").expect("cell");
        let error = read_register(&saved(book), "a.xlsx").expect_err("too many rows");
        assert_eq!(error, ImportError::TooManyRows(1_048_576));
    }

    #[test]
    fn a_workbook_that_unpacks_too_large_is_refused() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).expect("entry");
        std::io::copy(&mut std::io::repeat(b'a').take(300 * 1024 * 1024), &mut zip).expect("packed");
        let bytes = zip.finish().expect("zip").into_inner();
        assert!(bytes.len() < crate::table::MAX_BYTES);
        assert_eq!(read_register(&bytes, "a.xlsx"), Err(ImportError::Bomb));
    }

    #[test]
    fn macros_are_refused_whatever_the_file_is_called() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/vbaProject.bin", zip::write::SimpleFileOptions::default()).expect("entry");
        zip.write_all(b"x").expect("written");
        let bytes = zip.finish().expect("zip").into_inner();
        assert_eq!(read_register(&bytes, "a.xlsx"), Err(ImportError::Macro));
    }

    #[test]
    fn damaged_workbooks_never_panic() {
        let whole = crate::template_xlsx().expect("template");
        for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            let _ = read_register(&whole[..cut], "a.xlsx");
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            let _ = read_register(&flipped, "a.xlsx");
        }
    }
}
