//! What the TOML reader says, in Chinese.

use crate::query::nearest;

/// How messages of the reader begin, and what they mean. The first that fits is taken.
const MESSAGES: &[(&str, &str)] = &[
    ("duplicate key", "同一处写了两次这个键"),
    ("string values must be quoted", "等号后面缺少值，或文字没有加引号"),
    ("invalid basic string", "引号没有闭合，或字符串里有不能直接写的字符"),
    ("invalid literal string", "单引号没有闭合，或字符串里有不能直接写的字符"),
    ("invalid multi-line", "三引号没有闭合，或字符串里有不能直接写的字符"),
    ("invalid string", "字符串有误，请检查引号"),
    ("missing opening quote", "字符串开头缺少引号"),
    ("missing escaped value", "反斜杠后面缺少字符；正则以外的文字请用单引号"),
    ("too few unicode value digits", "\\u 后面的十六进制数字不够"),
    ("invalid unquoted key", "键里有汉字或符号时要加引号，例如 \"职业培训\" = …"),
    ("unquoted keys cannot be empty", "等号前面缺少键"),
    ("keys cannot be multi-line", "键不能用三引号"),
    ("invalid key", "键有误；有汉字或符号时要加引号"),
    ("key with no value", "键后面缺少等号和值"),
    ("missing value", "等号后面缺少值"),
    ("missing assignment", "键和值之间缺少等号"),
    ("missing key", "等号前面缺少键"),
    ("extra `=`", "多了一个等号"),
    ("extra assignment", "两项之间缺少逗号，或多了一个等号"),
    ("unexpected `=` in array", "方括号里不能写等号"),
    ("missing comma between array elements", "方括号里的两项之间缺少逗号"),
    ("missing comma between key-value pairs", "花括号里的两项之间缺少逗号"),
    ("extra comma", "多了一个逗号"),
    ("unclosed array table", "[[…]] 没有闭合"),
    ("unclosed array", "方括号没有闭合"),
    ("unclosed inline table", "花括号没有闭合"),
    ("unclosed table", "[…] 没有闭合"),
    ("missing array opening", "缺少左方括号"),
    ("missing inline table opening", "缺少左花括号"),
    ("missing table open", "缺少左方括号"),
    ("invalid inline table element", "花括号里应写 键 = 值"),
    ("invalid key-value pair", "这一行应写成 键 = 值"),
    ("unexpected key or value", "这里多出一个键或值"),
    ("unexpected content", "这里有多余的内容"),
    ("invalid table", "表头应写成 [名称]"),
    ("invalid boolean", "只能是 true 或 false"),
    ("unexpected leading zero", "数字前面不能有多余的 0"),
    ("redundant", "数字前面有多余的符号"),
    ("unexpected sign", "数字前面有多余的符号"),
    ("invalid integer", "这里应为整数"),
    ("invalid float", "这里应为数字"),
    ("invalid", "写法不对，请检查引号、逗号和括号"),
    ("carriage return", "换行符不完整，请另存为普通文本"),
    ("cannot recurse", "嵌套太深"),
    ("cannot extend", "这个键已经有值，不能再往里加"),
];

/// Kinds of value, as the reader calls them.
const KINDS: &[(&str, &str)] = &[
    ("string", "文字"),
    ("str", "文字"),
    ("integer", "整数"),
    ("usize", "不小于 0 的整数"),
    ("floating point", "小数"),
    ("boolean", "true 或 false"),
    ("bool", "true 或 false"),
    ("sequence", "方括号列表"),
    ("array", "方括号列表"),
    ("map", "表"),
    ("table", "表"),
    ("struct", "表"),
    ("datetime", "日期"),
];

/// A message of the reader in Chinese; names in backticks are kept.
pub(super) fn in_chinese(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let named: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    if let Some(rest) = first.strip_prefix("invalid type: ") {
        let (found, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
        return format!("这里应为{}，写成了{}", kind(expected), kind(found));
    }
    match (first, named.as_slice()) {
        (_, [field, known @ ..]) if first.starts_with("unknown field") => {
            let can =
                if known.is_empty() { String::new() } else { format!("　可用：{}", known.join("、")) };
            let near = nearest(field, known).map(|near| format!("，是否指 {near}？")).unwrap_or_default();
            format!("不认识的键 {field}{near}{can}")
        }
        (_, [field, ..]) if first.starts_with("missing field") => format!("缺少键 {field}"),
        _ => {
            let known = MESSAGES.iter().find(|(english, _)| first.starts_with(english));
            known.map_or("TOML 写法有误，请检查引号、逗号和括号", |(_, chinese)| chinese).to_owned()
        }
    }
}

fn kind(words: &str) -> &'static str {
    let words = words.trim_start_matches("a ").trim_start_matches("an ");
    KINDS
        .iter()
        .find(|(english, _)| words.starts_with(english))
        .map_or("别的内容", |(_, chinese)| chinese)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What operators get wrong in a file, and part of what they are told.
    #[test]
    fn mistakes_are_explained_in_chinese_only() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Small {
            name: String,
            co: Vec<String>,
            on: bool,
        }
        let mut wrong = Vec::new();
        for (text, told) in [
            ("name = 甲", "文字没有加引号"),
            ("name = \"甲", "引号没有闭合"),
            ("name = '甲", "单引号没有闭合"),
            ("name = \"甲\"\nname = \"乙\"", "写了两次"),
            ("name \"甲\"", "缺少等号"),
            ("name = ", "缺少值"),
            ("= 1", "等号前面缺少键"),
            ("名称 = \"甲\"", "键里有汉字或符号时要加引号"),
            ("co = [\"甲\" \"乙\"]", "两项之间缺少逗号"),
            ("co = [\"甲\"", "方括号没有闭合"),
            ("co = { a = 1 b = 2 }", "两项之间缺少逗号"),
            ("[[rule", "没有闭合"),
            ("name = \"甲\" 乙", "多出一个键或值"),
            ("name = 3\nco = []\non = true", "这里应为文字，写成了整数"),
            ("name = \"甲\"\nco = \"乙\"\non = true", "这里应为方括号列表，写成了文字"),
            ("name = \"甲\"\nco = []\non = \"是\"", "这里应为true 或 false，写成了文字"),
            ("name = \"甲\"\nco = []", "缺少键 on"),
            ("nmae = \"甲\"", "不认识的键 nmae，是否指 name？　可用：name、co、on"),
            ("name = 01", "多余的 0"),
        ] {
            let error = toml::from_str::<Small>(text).unwrap_err();
            let shown = in_chinese(error.message());
            if !shown.contains(told) {
                wrong.push(format!("{text}: {shown} ({})", error.message()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
