//! Each judgement on two texts that differ in what it turns on: one blames the institution, its twin does not.

use super::Mechanisms;
use super::tests::{article, day, found, screener};
use guanlan_model::Kind;

/// What is found without the second look, which would judge some of these texts by their wording alone.
fn judged(kind: Kind, title: &str, body: &str) -> Vec<String> {
    let rules_alone = screener().with_mechanisms(Mechanisms { wording: false, ..Mechanisms::default() });
    let owner = (kind == Kind::Promo).then_some("Y1");
    found(&rules_alone.screen(&article(kind, owner, title, body), day()))
}

fn news(title: &str, body: &str) -> Vec<String> {
    judged(Kind::News, title, body)
}

/// Bodies with what is found in them; the harmless twin first.
fn told(pairs: &[(&str, &str, &str)]) {
    for (harmless, blaming, finding) in pairs {
        assert_eq!(news("本地新闻", harmless), Vec::<String>::new(), "{harmless}");
        assert_eq!(news("本地新闻", blaming), [*finding], "{blaming}");
    }
}

#[test]
fn who_acts_is_the_nearest_that_can() {
    told(&[
        (
            "青松舞蹈的学员正在上课。一家饭店后厨突然起火。",
            "青松舞蹈的学员正在上课。教室突然起火。",
            "Y1/fire",
        ),
        ("男孩从青松舞蹈下课，放学路上遭人殴打。", "男孩从青松舞蹈下课，称在教室遭人殴打。", "Y1/harm"),
        (
            "一家仓库突然起火，楼上的青松舞蹈连夜搬走了器材。",
            "仓库突然起火，起火的正是青松舞蹈的器材间。",
            "Y1/fire",
        ),
        (
            "消防部门在青松舞蹈北侧检查一处工地，灭火器过期。",
            "消防部门在青松舞蹈二楼检查，灭火器过期。",
            "Y1/fire",
        ),
    ]);
}

#[test]
fn a_name_that_has_nothing_to_do_with_it_is_left_out() {
    let apart = "网传跑路的是外地一家店，与青松舞蹈没有任何关系。";
    assert_eq!(news("情况说明", apart), Vec::<String>::new());
}

#[test]
fn what_is_told_of_others_or_of_old_blames_nobody() {
    told(&[
        (
            "青松舞蹈的家长聊起行业。有的转型，有的跑路。",
            "青松舞蹈的家长赶到门口。老板已经跑路。",
            "Y1/closure",
        ),
        (
            "青松舞蹈办了二十年。小时候家里曾发生火情，起火那晚她记得清楚。",
            "青松舞蹈办了二十年。昨晚舞蹈室起火，学员被困。",
            "Y1/fire",
        ),
        (
            "县领导来到青松舞蹈。会议强调，对退费难等问题要从严查处。",
            "县领导来到青松舞蹈。家长反映退费难，要求查处。",
            "Y1/closure",
        ),
    ]);
}

#[test]
fn a_victim_is_what_is_preyed_upon() {
    told(&[
        ("有人冒用青松舞蹈的名义收钱后跑路。", "青松舞蹈冒用他人身份信息收钱后跑路。", "Y1/closure"),
        (
            "编造“青松舞蹈跑路”消息的网民被行政拘留。",
            "青松舞蹈编造上课记录，老板跑路，警方立案侦查。",
            "Y1/closure",
        ),
    ]);
}

#[test]
fn what_was_put_right_is_over_and_what_is_ordered_is_not() {
    told(&[
        (
            "通报如下：\n1.青松舞蹈。灭火器过期，已整改销案。\n2.某饭店。油烟道未清洗。",
            "通报如下：\n1.青松舞蹈。灭火器过期，未整改。\n2.某饭店。油烟道未清洗。",
            "Y1/fire",
        ),
        ("青松舞蹈退费难，经调解，学费全额退还。", "青松舞蹈退费难，教体局责令学费全额退还。", "Y1/closure"),
    ]);
}

#[test]
fn a_page_is_judged_by_what_it_offers() {
    let promo = |body: &str| judged(Kind::Promo, "招贴", body);
    for (harmless, offering) in [
        ("问：能签约保过吗？\n答：不能。", "问：能签约保过吗？\n答：能，白纸黑字。"),
        ("别家承诺保过，我们不签。", "我们承诺保过，别家不敢签。"),
        ("过去我们也写过保过，如今不写了。", "如今我们敢写：保过！"),
        ("有人冒充老师说保过，请报警。", "老师说：保过，请放心。"),
    ] {
        assert_eq!(promo(harmless), Vec::<String>::new(), "{harmless}");
        assert_eq!(promo(offering), ["Y1/guarantee"], "{offering}");
    }
}
