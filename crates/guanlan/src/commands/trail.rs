//! The trail of one article as text: `guanlan screen --explain`.

use guanlan_model::{Article, Span};
use guanlan_screen::trail::{Hit, Named, Outcome, Trail, Weighed};

/// The whole trail, ready to print.
pub fn text(article: &Article, trail: &Trail) -> String {
    let mut page = Page::default();
    page.head(article, trail);
    page.named(trail);
    page.hits(trail);
    page.findings(trail);
    page.suppressed(trail);
    page.leads(trail);
    page.out
}

#[derive(Default)]
struct Page {
    out: String,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.push_str(&"  ".repeat(depth));
        // An article must not steer the reader's terminal.
        let steers =
            |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        self.out.extend(text.trim_end().chars().map(|c| if steers(c) { ' ' } else { c }));
        self.out.push('\n');
    }

    fn head(&mut self, article: &Article, trail: &Trail) {
        let title = if article.title.is_empty() { "（无标题）" } else { article.title.as_str() };
        self.line(0, &format!("文章 {}（{}）　{}", trail.id, article.kind.zh(), one_line(title)));
        let owner =
            trail.owner.as_ref().map(|o| format!("　页面属于 {}（{}）", o.name, o.id)).unwrap_or_default();
        self.line(1, &format!("许可是否有效按 {} 判断　规则包 {}{owner}", trail.day, trail.pack));
    }

    fn named(&mut self, trail: &Trail) {
        self.line(0, &heading("提到的机构", trail.named.len(), "处"));
        for (number, named) in trail.named.iter().enumerate() {
            self.line(1, &format!("{}. {}", number + 1, mention(named)));
            if !named.evidence.is_empty() {
                self.line(2, &format!("佐证：{}", named.evidence.join("；")));
            }
        }
        for span in &trail.elsewhere {
            self.line(1, &format!("不算：{}，是外地的同名机构", place(span)));
        }
    }

    fn hits(&mut self, trail: &Trail) {
        self.line(0, &heading("命中的规则", trail.hits.len(), "处"));
        for (number, hit) in trail.hits.iter().enumerate() {
            self.line(1, &format!("{}. {}（{}）：{}", number + 1, hit.name, hit.rule, stretches(hit)));
            if hit.outcomes.is_empty() {
                self.line(2, "没有关联到名录内的机构");
            }
            for outcome in &hit.outcomes {
                self.line(2, &result(outcome));
            }
        }
        let forms: Vec<String> = trail.forms.iter().map(|(form, n)| format!("{} {n}", form.zh())).collect();
        if !forms.is_empty() {
            let (exact, evasive) = trail.exact_and_evasive();
            self.line(1, &format!("写法：照原样 {exact} 处，变形 {evasive} 处（{}）", forms.join("，")));
        }
    }

    fn findings(&mut self, trail: &Trail) {
        self.line(0, &heading("成立", trail.findings.len(), "项"));
        for (number, Weighed { finding, parts }) in trail.findings.iter().enumerate() {
            self.line(
                1,
                &format!(
                    "{}. {}　{}（{}）　{}　把握 {:.2}",
                    number + 1,
                    finding.institution,
                    finding.category.zh(),
                    finding.rule,
                    finding.severity.zh(),
                    finding.confidence
                ),
            );
            self.line(2, &finding.reason);
            let parts: Vec<String> =
                parts.iter().map(|(what, weight)| format!("{what} {weight:+.2}")).collect();
            if !parts.is_empty() {
                self.line(2, &format!("把握由来（对数几率）：{}", parts.join("，")));
            }
            let departments = &finding.departments;
            let co = if departments.co.is_empty() {
                String::new()
            } else {
                format!("，{}协办", departments.co.join("、"))
            };
            if !departments.lead.is_empty() {
                self.line(2, &format!("转办：{}主办{co}", departments.lead));
            }
            if !finding.basis.is_empty() {
                self.line(2, &format!("依据：{}", finding.basis.join("；")));
            }
        }
    }

    fn suppressed(&mut self, trail: &Trail) {
        self.line(0, &heading("挡下", trail.suppressed.len(), "项"));
        for held in &trail.suppressed {
            let whom = if held.institution.is_empty() { "无机构" } else { held.institution.as_str() };
            self.line(1, &format!("{whom}　{}：{}", held.rule, held.by));
        }
    }

    fn leads(&mut self, trail: &Trail) {
        if !trail.leads.is_empty() {
            self.line(0, &heading("线索", trail.leads.len(), "条"));
        }
        for lead in &trail.leads {
            self.line(1, &format!("{}：{}", lead.name, lead.reason));
        }
    }
}

fn heading(what: &str, count: usize, unit: &str) -> String {
    if count == 0 { format!("{what}：无") } else { format!("{what}（{count} {unit}）") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 正文第 12–15 字“人去楼空”.
fn place(span: &Span) -> String {
    let field = if span.field == "title" { "标题" } else { "正文" };
    format!("{field}第 {}–{} 字“{}”", span.start + 1, span.end, one_line(&span.text))
}

fn mention(named: &Named) -> String {
    let (party, span) = (&named.party, &named.span);
    let full = if party.name == span.text { String::new() } else { format!(" = {}", party.name) };
    let (via, sure) = (named.via.zh(), named.confidence);
    format!("{}{full}（{}）　{via}，把握 {sure:.2}", place(span), party.id)
}

/// Every stretch with what it took to read it.
fn stretches(hit: &Hit) -> String {
    let shown = hit.spans.iter().zip(&hit.meant).map(|(span, meant)| {
        let form = match (span.form, meant.as_str()) {
            (guanlan_model::Form::Exact, _) => String::new(),
            (form, "") => format!("（{}）", form.zh()),
            (form, meant) => format!("（{}，即“{meant}”）", form.zh()),
        };
        format!("{}{form}", place(span))
    });
    shown.collect::<Vec<_>>().join("，")
}

fn result(outcome: &Outcome) -> String {
    let fact = outcome.fact.as_ref().map(|f| format!("；{f}")).unwrap_or_default();
    let (party, tie) = (&outcome.party, &outcome.tie);
    match &outcome.held_by {
        None => format!("成立 → {}（{}）：{tie}{fact}", party.name, party.id),
        Some(by) => format!("挡下 × {}（{}）：{tie}；{by}", party.name, party.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use guanlan_registry::{Register, read_register};
    use guanlan_rules::load_texts;
    use guanlan_screen::Screener;

    const REGISTER: &str = "\
id,name,aliases,category,approver,supervisor,town,address,scope,licence_no,uscc,phone,status,licence_until
Y1,云溪县青松文化艺术培训有限公司,青松舞蹈,文化艺术类,教体局,教体局,城关镇,城关镇人民路1号,舞蹈,,,,正常,2030-01-01
Y2,云溪县蓝天职业培训学校,蓝天职校,职业培训,人社局,人社局,城关镇,城关镇人民路2号,会计,,,,正常,2030-01-01
";

    const PACK: &str = r#"
[pack]
name = "试验"
[approver."教体局"]
"职业培训" = "人社局"
[suppressors]
promo = ["严禁"]
news = ["提醒"]
[lists]
"暗号学科" = []
[disguised]
"暗号学科" = ["数学"]
[[rule]]
id = "closure"
name = "闭店跑路"
category = "closure-refund"
severity = "urgent"
applies_to = ["news"]
match = '(跑路 | 人去楼空) (学费 | 家长)'
suppress = '谣言'
lead = "教体局"
co = ["公安局"]
basis_policy = ["民办教育促进法 第62条"]
[[rule]]
id = "coded"
name = "暗号"
category = "covert"
severity = "high"
applies_to = ["promo"]
match = '@暗号学科'
[[rule]]
id = "guarantee"
name = "保证性承诺"
category = "advertising"
severity = "high"
applies_to = ["promo"]
institution_types = ["学科类", "文化艺术类"]
match = '保过'
"#;

    fn explained(lines: &[&str]) -> String {
        let register = Register::new(read_register(REGISTER.as_bytes(), "名录.csv").unwrap().rows);
        let screener = Screener::new(register, &load_texts("试验", &[("a.toml", PACK)]).unwrap()).unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let trails = lines.iter().map(|line| {
            let article: Article = serde_json::from_str(line).unwrap();
            let trail = screener.explain(&article, today);
            let findings: Vec<_> = trail.findings.iter().map(|w| w.finding.clone()).collect();
            let screened = screener.screen(&article, today);
            assert_eq!((findings, &trail.suppressed), (screened.findings, &screened.suppressed));
            steady(&text(&article, &trail))
        });
        trails.collect::<Vec<_>>().join("\n")
    }

    /// Without the figures that change whenever the weights are fitted anew.
    fn steady(text: &str) -> String {
        let line = |line: &str| match line.split_once("（对数几率）：") {
            Some((head, _)) => format!("{head}：…"),
            None if line.contains("（") && line.contains("　把握 ") => {
                line.split("　把握 ").next().unwrap_or_default().to_owned() + "　把握 …"
            }
            None => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_whole_way_is_told() {
        insta::assert_snapshot!(explained(&[
            r#"{"id":"n-1","kind":"news","title":"多名家长讨要学费","body":"云溪县青松文化艺术培训有限公司人去楼空，家长称学费未退。\n有关部门提醒家长，谨防跑路。"}"#,
            r#"{"id":"n-4","kind":"news","title":"","body":"网传蓝天职校跑路，家长担心学费，经查是谣言。\u001b[31m"}"#,
            r#"{"id":"n-2","kind":"news","title":"职校停课","body":"蓝天职校人去楼空，学费没有着落。"}"#,
            r#"{"id":"p-1","kind":"promo","owner":"Y1","title":"","body":"周末数xue小组招募，签约保\u200b過。\n严禁保过宣传。"}"#,
            r#"{"id":"p-2","kind":"promo","owner":"Y2","title":"","body":"会计证保过。"}"#,
            r#"{"id":"n-3","kind":"news","title":"县里通报天气","body":"明天有雨。"}"#,
        ]));
    }
}
