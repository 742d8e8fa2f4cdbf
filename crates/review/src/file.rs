//! Reading `departments.toml`.

use crate::departments::{Department, Departments, Route};
use guanlan_model::{Category, InstitutionType};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

const BUILTIN: &str = include_str!("../../../config/departments.toml");

/// Why `departments.toml` cannot be used. `Display` is Chinese and says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DepartmentsError {
    /// The file cannot be read.
    #[error("无法读取部门文件 {}：{source}。在空文件夹里运行 guanlan init 可以生成一份", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("{} 第 {line} 行第 {column} 列：{message}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong and what to do.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    department: Vec<DepartmentEntry>,
    #[serde(default)]
    route: Vec<RouteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DepartmentEntry {
    name: Spanned<String>,
    #[serde(default)]
    full: String,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    email: Option<Spanned<String>>,
    #[serde(default)]
    outside: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteEntry {
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    categories: Vec<Spanned<String>>,
    #[serde(default)]
    institution_types: Vec<Spanned<String>>,
    #[serde(default)]
    towns: Vec<String>,
    when_lead: Option<Spanned<String>>,
    lead: Option<Spanned<String>>,
    #[serde(default)]
    add_co: Vec<Spanned<String>>,
}

/// A complaint about a place of the text.
struct Wrong {
    at: Range<usize>,
    message: String,
}

impl Departments {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`DepartmentsError`] with line and column.
    pub fn load(path: &Path) -> Result<Departments, DepartmentsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DepartmentsError::Unreadable { path: path.to_owned(), source })?;
        Departments::parse(&text, path)
    }

    /// Checks the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// [`DepartmentsError::Invalid`].
    pub fn parse(text: &str, path: &Path) -> Result<Departments, DepartmentsError> {
        read(text).map_err(|wrong| {
            let before = text.get(..wrong.at.start.min(text.len())).unwrap_or_default();
            DepartmentsError::Invalid {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: wrong.message,
            }
        })
    }

    /// The compiled-in file: the eight departments of the sample county.
    pub fn builtin() -> Departments {
        match read(BUILTIN) {
            Ok(departments) => departments,
            Err(wrong) => {
                unreachable!("config/departments.toml is compiled in and tested: {}", wrong.message)
            }
        }
    }
}

fn read(text: &str) -> Result<Departments, Wrong> {
    let file: File = toml::from_str(text)
        .map_err(|error| Wrong { at: error.span().unwrap_or(0..0), message: in_chinese(error.message()) })?;
    if file.department.is_empty() {
        return Err(Wrong {
            at: 0..0, message: "没有列出任何部门，请至少写一个 [[department]]".into()
        });
    }
    let mut departments = Vec::new();
    let mut index = HashMap::new();
    for entry in &file.department {
        let at = departments.len();
        name(&mut index, &entry.name, at)?;
        for alias in &entry.aliases {
            name(&mut index, alias, at)?;
        }
        if !entry.full.is_empty() {
            index.entry(entry.full.clone()).or_insert(at);
        }
        departments.push(Department {
            name: entry.name.get_ref().clone(),
            full: if entry.full.is_empty() { entry.name.get_ref().clone() } else { entry.full.clone() },
            aliases: entry.aliases.iter().map(|a| a.get_ref().clone()).collect(),
            email: email(entry.email.as_ref())?,
            outside: entry.outside,
        });
    }
    let routes =
        file.route.iter().map(|entry| route(entry, &departments, &index)).collect::<Result<_, _>>()?;
    Ok(Departments { departments, index, routes })
}

fn name(index: &mut HashMap<String, usize>, word: &Spanned<String>, at: usize) -> Result<(), Wrong> {
    let text = word.get_ref();
    let wrong = |message: String| Wrong { at: word.span(), message };
    if text.is_empty() || text.trim() != text {
        return Err(wrong(format!("部门名称「{text}」是空的或两端有空格")));
    }
    match index.insert(text.clone(), at) {
        Some(other) if other != at => Err(wrong(format!("「{text}」已是另一个部门的名称或别名，请删去一处"))),
        _ => Ok(()),
    }
}

fn email(written: Option<&Spanned<String>>) -> Result<Option<String>, Wrong> {
    let Some(word) = written.filter(|w| !w.get_ref().is_empty()) else { return Ok(None) };
    let text = word.get_ref();
    let parts: Vec<&str> = text.split('@').collect();
    let good = matches!(parts.as_slice(), [user, host] if !user.is_empty() && host.contains('.'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>'));
    if good {
        Ok(Some(text.clone()))
    } else {
        Err(Wrong {
            at: word.span(),
            message: format!("「{text}」不是邮箱地址，请写一个地址，如 a@b.example；没有就留空"),
        })
    }
}

fn route(
    entry: &RouteEntry,
    departments: &[Department],
    index: &HashMap<String, usize>,
) -> Result<Route, Wrong> {
    let known = |word: &Spanned<String>| -> Result<String, Wrong> {
        let found = index.get(word.get_ref()).and_then(|at| departments.get(*at));
        found.map(|d| d.name.clone()).ok_or_else(|| Wrong {
            at: word.span(),
            message: format!("没有名为「{}」的部门，请先在上面列出，或改用已有的名称", word.get_ref()),
        })
    };
    let lead = entry.lead.as_ref().map(&known).transpose()?;
    if let Some(word) = &entry.lead
        && index.get(word.get_ref()).and_then(|at| departments.get(*at)).is_some_and(|d| d.outside)
    {
        let message = format!("「{}」标为 outside，只能协办；请改用 add_co，或去掉 outside", word.get_ref());
        return Err(Wrong { at: word.span(), message });
    }
    Ok(Route {
        rules: entry.rules.clone(),
        categories: words(&entry.categories, "问题类别", Category::ALL.iter().map(|c| c.code()))?,
        institution_types: words(
            &entry.institution_types,
            "机构类别",
            InstitutionType::ALL.iter().map(|c| c.code()),
        )?,
        towns: entry.towns.clone(),
        when_lead: entry.when_lead.as_ref().map(&known).transpose()?,
        lead,
        add_co: entry.add_co.iter().map(known).collect::<Result<_, _>>()?,
    })
}

fn words<T: std::str::FromStr>(
    list: &[Spanned<String>],
    what: &str,
    all: impl Iterator<Item = &'static str>,
) -> Result<Vec<T>, Wrong> {
    let all: Vec<&str> = all.collect();
    list.iter()
        .map(|word| {
            word.get_ref().parse().map_err(|_| Wrong {
                at: word.span(),
                message: format!("不认得{what}「{}」，可用：{}", word.get_ref(), all.join("、")),
            })
        })
        .collect()
}

/// The parser's wording for the mistakes that people make, in Chinese; the rest as it is.
fn in_chinese(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [word, known @ ..] if message.starts_with("unknown field") => {
            format!("未知的键「{word}」，可用的键：{}", known.join("、"))
        }
        [word, ..] if message.starts_with("missing field") => format!("缺少「{word}」"),
        [word, ..] if message.starts_with("duplicate key") => format!("「{word}」写了两次"),
        _ if message.starts_with("invalid type") => format!("值的类型不对（{message}）"),
        _ => format!("不是正确的 TOML（{message}）"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_file_lists_the_eight_departments_in_official_order() {
        let departments = Departments::builtin();
        assert_eq!(
            departments.names(),
            [
                "教体局",
                "公安局",
                "民政局",
                "行政审批服务局",
                "人社局",
                "市场监管局",
                "卫健局",
                "消防救援大队"
            ]
        );
        assert_eq!(departments.get("教育局").map(|d| d.name.as_str()), Some("教体局"));
        assert_eq!(departments.get("县公安局").map(|d| d.name.as_str()), Some("公安局"));
        assert!(departments.get("文旅局").is_some_and(|d| d.outside));
        assert!(departments.departments.iter().all(|d| d.email.is_none()));
        assert!(departments.get("气象局").is_none());
    }

    #[test]
    fn mistakes_are_shown_with_their_place() {
        let head = "[[department]]\nname = \"教体局\"\n";
        let cases = [
            ("", 1, 1, "缺少「department」"),
            ("department = []", 1, 1, "没有列出任何部门"),
            ("[[department]]\nname = \"教体局\"\nemial = \"\"", 3, 1, "未知的键「emial」"),
            ("[[department]]\nname = 3", 2, 8, "值的类型不对"),
            ("[[department]]\nname = \" 教体局\"", 2, 8, "两端有空格"),
            (
                "[[department]]\nname = \"教体局\"\naliases = [\"甲\"]\n[[department]]\nname = \"甲\"",
                5,
                8,
                "另一个部门",
            ),
            ("[[department]]\nname = \"教体局\"\nemail = \"a b@c.example\"", 3, 9, "不是邮箱地址"),
            ("[[department]\n", 1, 14, "不是正确的 TOML"),
            (
                "[[department]]\nname = \"教体局\"\n[[route]]\nlead = \"气象局\"",
                4,
                8,
                "没有名为「气象局」的部门",
            ),
            (
                "[[department]]\nname = \"教体局\"\n[[route]]\ncategories = [\"fees\", \"火灾\"]",
                4,
                23,
                "不认得问题类别「火灾」",
            ),
            (
                "[[department]]\nname = \"教体局\"\n[[route]]\ninstitution_types = [\"x\"]",
                4,
                22,
                "不认得机构类别「x」",
            ),
            (
                "[[department]]\nname = \"教体局\"\noutside = true\n[[route]]\nlead = \"教体局\"",
                5,
                8,
                "只能协办",
            ),
        ];
        for (text, line, column, expected) in cases {
            let error = Departments::parse(text, Path::new("departments.toml")).expect_err(text);
            let shown = error.to_string();
            assert!(shown.contains(expected), "{text}\n{shown}");
            assert!(
                shown.starts_with(&format!("departments.toml 第 {line} 行第 {column} 列")),
                "{text}\n{shown}"
            );
        }
        assert!(Departments::parse(head, Path::new("x")).is_ok());
        let missing = Departments::load(Path::new("/nonexistent/departments.toml")).expect_err("no file");
        assert!(missing.to_string().contains("guanlan init"), "{missing}");
    }

    #[test]
    fn categories_and_types_may_be_written_in_chinese() {
        let text = "[[department]]\nname = \"教体局\"\n[[route]]\ncategories = [\"收费\"]\ninstitution_types = [\"托管\"]\nlead = \"教体局\"";
        let departments = Departments::parse(text, Path::new("x")).expect("valid");
        assert_eq!(departments.routes[0].categories, [Category::Fees]);
        assert_eq!(departments.routes[0].institution_types, [InstitutionType::Custodial]);
    }
}
