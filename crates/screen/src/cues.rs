//! Words that say what kind of telling a sentence is: a drill, a denial, a warning, an official act, somebody else.
//!
//! They go into the same automaton as the rules and the names, so looking for them costs nothing extra.

use std::ops::Range;

/// What a cue word says about the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cue {
    /// An exercise: the fire is not real.
    Drill,
    /// Teaching about dangers.
    Lecture,
    /// A performance, a contest, a work of art.
    Stage,
    /// A story, a play, a game: what is told did not happen.
    Fiction,
    /// Rules for everybody: a notice, an appeal, a warning.
    Policy,
    /// The claim is said to be false.
    Denial,
    /// The claim is said to be true, wholly or partly.
    Upheld,
    /// The problem is over and somebody checked it.
    Cleared,
    /// The institution's name or property was abused by somebody else.
    Victim,
    /// The trade in general, or competitors.
    Others,
    /// Something that may happen.
    Doubt,
    /// An authority acted.
    Acted,
    /// "该机构" and its kind.
    Reference,
    /// "上述机构": all that were named together.
    Plural,
    /// A place or business that is no training institution.
    Bystander,
    /// "涉案的是": the name that follows belongs to everything told before.
    Reveal,
    /// A list of the good ones.
    Whitelist,
    /// An institution takes back what it said.
    Withdrawn,
    /// Another unnamed institution: "某艺术培训公司".
    Unnamed,
    /// Praise for what somebody did.
    Praise,
    /// An order or a promise: what follows has not been done yet.
    Pending,
    /// Figures of a campaign: nobody in particular.
    Tally,
    /// Somebody complains, sues or investigates: a case, not general advice.
    Complaint,
    /// A plain denial in front of what it denies.
    Never,
    /// What an institution says it does not do; on its own page only: in news 拒绝 and 没有 are the fault itself.
    Refusal,
    /// Nothing was found wrong here.
    Sound,
    /// "对存在问题的单位": everybody who was listed with a problem.
    Listed,
    /// Signs that a place operates: it recruits, charges, teaches.
    Operating,
}

const COUNT: usize = 28;

const WORDS: [(Cue, &[&str]); COUNT] = [
    (Cue::Drill, &["演练", "演习", "逃生体验", "疏散体验", "模拟火场", "桌面推演", "实战拉动"]),
    (
        Cue::Lecture,
        &[
            "宣讲", "普法", "法治讲座", "安全讲座", "公益讲座", "健康讲座", "知识讲座", "安全课", "警示片", "警示教育", "安全教育", "法治教育", "法治课",
            "反诈课", "反诈宣传", "禁毒教育", "防溺水教育", "防性侵教育", "防性侵课", "急救培训", "急救课", "急救知识", "安全培训", "知识竞赛", "以案释法", "开学第一课",
            "宣传活动", "宣传周", "宣传月", "宣传日", "进校园活动", "培训班开班", "专题培训", "业务培训",
        ],
    ),
    (
        Cue::Stage,
        &[
            "登上舞台", "登台", "晚会", "演出", "展演", "汇演", "夺冠", "摘金", "金奖", "冠军", "公开赛", "锦标赛", "联赛", "邀请赛", "争霸赛", "画展", "书画展", "运动会", "文艺", "音乐会",
        ],
    ),
    (
        Cue::Fiction,
        &["演绎", "饰演", "扮演", "剧情", "情景剧", "话剧", "小品", "群舞", "剧目", "对局", "棋手", "绘本", "小说", "影片", "微电影", "讲述了", "故事里", "游戏里"],
    ),
    (
        Cue::Policy,
        &[
            "的通知", "实施意见", "工作方案", "实施方案", "管理办法", "倡议书", "倡议", "一封信", "提醒", "提示", "须知", "指南", "解读", "征求意见", "承诺书", "公约", "警惕", "谨防", "当心", "小心", "防范",
            "温馨提示", "风险提示", "消费提示", "预警", "问答", "启事", "工作会", "部署会", "推进会", "动员会",
        ],
    ),
    (
        Cue::Denial,
        &[
            "辟谣", "谣言", "谣传", "不信谣", "造谣", "不实信息", "不实内容", "虚假信息", "系误传", "纯属", "与事实不符", "不属实", "均不实", "情况不实", "内容不实",
            "回应：不实", "编造", "没有事实依据", "无事实依据", "张冠李戴", "移花接木", "系误解", "系误读",
        ],
    ),
    (Cue::Upheld, &["部分属实", "基本属实", "情况属实", "反映属实", "确有其事", "确实存在", "查证属实", "查实"]),
    (
        Cue::Cleared,
        &[
            "复查合格", "复查通过", "通过复查", "复验合格", "验收合格", "通过验收", "整改到位", "整改完毕", "整改完成", "完成整改", "全部整改", "整改合格", "销号",
            "移出黑名单", "移出异常名录", "信用修复", "恢复开放", "恢复营业", "恢复招生", "隐患已消除", "隐患已排除", "隐患全部消除", "全部退清", "全部退还", "全部退完",
            "全额退还", "全额退款", "全额退费", "退费完毕", "已全部退", "已全额退", "退款已到账", "妥善解决", "圆满解决", "有序退出", "平稳退出", "有序关停", "依法注销",
        ],
    ),
    (
        Cue::Victim,
        &[
            "冒用", "盗用", "冒充", "冒名", "假冒", "仿冒", "失窃", "被盗", "被撬", "遭窃", "盗窃", "偷走", "诈骗了该", "敲诈", "勒索", "被骗走", "遭诈骗", "遭到诈骗",
            "与该公司无关", "与该机构无关", "与该校无关", "与该园无关", "与我校无关", "与本校无关", "与我公司无关", "与本机构无关", "受害方", "公司报警", "机构报警", "园方报警", "公司已报警", "机构已报警", "我校已报警", "第一时间报案", "被拉黑", "恶意差评", "被恶意",
        ],
    ),
    (
        Cue::Others,
        &[
            "隔壁", "同行", "行业里", "行业内", "业内有", "个别机构", "一些机构", "有的机构", "某些机构", "部分机构", "有些机构", "少数机构", "别的机构", "其他机构", "外地一", "外地某",
            "有的卷", "有的把", "有的人", "别家", "他处", "全国多地", "多地发生", "各地都", "近年来各地", "外省", "外市",
        ],
    ),
    (Cue::Doubt, &["如果", "假如", "若是", "一旦", "万一", "如有", "如遇", "如发现", "若发现", "凡是", "谨防", "警惕", "切勿", "避免", "以防", "防止", "防范", "怎样", "如何", "识别", "辨别", "揭秘"]),
    (
        Cue::Acted,
        &[
            "责令", "罚款", "处罚", "立案", "约谈", "查处", "吊销", "没收", "刑拘", "刑事拘留", "行政拘留", "逮捕", "判处", "判决", "整改通知", "查封", "被取缔", "予以取缔",
            "停业整顿", "限期整改", "限期改正", "通报批评", "移送", "黑名单", "强制措施", "公诉", "获刑", "警告", "停止招生", "暂停招生", "叫停", "受理报案", "经查", "查明",
        ],
    ),
    (
        Cue::Reference,
        &[
            "该机构", "该校", "该中心", "该公司", "该店", "该馆", "该园", "该院", "该班", "该托管", "该俱乐部", "该培训", "该场馆", "该营地", "该企业", "该单位", "该画室",
            "该书院", "该点", "涉事机构", "涉事学校", "涉事场馆", "涉事托管", "校方", "店方", "园方", "馆方", "机构负责人", "机构方", "这家机构", "这家培训", "这家店", "这所学校",
            "这家托管", "该基地", "该当事人", "当事人",
        ],
    ),
    (
        Cue::Plural,
        &["上述", "两家", "三家", "四家", "五家", "六家", "几家", "这些机构", "均被", "均存在", "均未", "分别", "以上机构", "2家", "3家", "4家", "5家", "6家"],
    ),
    (
        Cue::Bystander,
        &[
            "火锅店", "餐馆", "饭店", "餐厅", "饭馆", "烧烤", "奶茶店", "面馆", "早餐店", "食堂", "理发店", "美容店", "美发店", "超市", "便利店", "副食店", "眼镜店", "服装店",
            "药店", "网吧", "酒店", "宾馆", "仓库", "车间", "工厂", "厂房", "工地", "山火", "景区", "早市", "菜市场", "农贸市场", "银行", "加油站", "车行", "修车", "快递",
            "出租屋", "民房起火", "住户家", "居民家", "健身房", "影院", "网红店", "水果店", "洗车", "货车", "摩托车", "肇事", "过马路", "放学路上", "回家路上", "途中", "轿车", "司机", "游戏厅", "棋牌室", "诊所", "外卖",
        ],
    ),
    (
        Cue::Reveal,
        &["涉案的是", "涉事的是", "经营主体为", "经营主体是", "事发", "涉事", "指认", "正是", "就是", "名为", "名叫", "注册名称", "登记名称", "即位于", "位于"],
    ),
    (
        Cue::Whitelist,
        &["白名单", "年检合格", "年检优秀", "优秀机构", "示范机构", "诚信机构", "先进单位", "红榜", "表扬", "予以肯定", "通报表扬", "检查合格", "星级", "规范机构", "合格机构"],
    ),
    (
        Cue::Withdrawn,
        &[
            "已撤下", "全部撤下", "已下架", "全部下架", "已删除", "全部删除", "已停用", "停止使用", "不再使用", "已收回", "予以更正", "特此更正", "更正声明", "致歉", "撤回",
            "自查", "即日起停止", "已停止招生", "停止招生", "不再招生", "停止招收", "暂停招生", "已清退", "全部退还", "全额退还",
        ],
    ),
    (
        Cue::Unnamed,
        &[
            "某培训", "某艺术", "某教育", "某托管", "某机构", "某校外", "某美术", "某舞蹈", "某体育", "某科技", "某职业", "某早教", "某文化", "某书画", "某琴行", "某健身", "某个体",
            "另一家", "另一所", "另有一家",
        ],
    ),
    (
        Cue::Praise,
        &[
            "见义勇为", "救人", "勇救", "跳江", "通报表扬", "予以表扬", "给予表扬", "表彰", "嘉奖", "点赞", "拾金不昧", "锦旗", "感谢信", "身边好人", "最美", "爱心", "义务帮", "义务辅导", "义务教", "报平安",
            "强制报告制度", "腾出空位", "伸出援手", "免费接收", "主动接收", "承接学员",
        ],
    ),
    (
        Cue::Pending,
        &["责令", "要求", "督促", "限期", "限于", "承诺", "表示将", "将于", "应当", "应于", "须在", "尚未", "仍未", "至今", "拒绝", "拒不", "未能", "没有", "协调", "逾期", "计划", "或全额", "正在"],
    ),
    (
        Cue::Tally,
        &[
            "今年以来", "去年以来", "年初以来", "近年来", "截至目前，全", "截至目前全", "专项行动", "专项整治", "联合整治", "集中整治", "全县共", "全市共", "我县共", "累计", "全县已", "全市已",
            "各级各部门", "下一步", "该局负责人表示", "局负责人表示", "有关负责人表示", "将持续", "将进一步", "将继续", "将对全", "举一反三", "引以为戒",
        ],
    ),
    (
        Cue::Complaint,
        &["反映", "投诉", "维权", "讨说法", "女士", "先生", "暗访", "爆料", "起诉", "诉至", "法院", "记者调查", "报案", "家长称", "家长说", "家长告诉", "查处", "通报如下", "赔付", "赔偿", "调解", "索赔"],
    ),
    (Cue::Never, &["从不", "从来不", "绝不", "决不", "未发现", "没有发现", "未见", "不存在", "并非", "不搞", "不办", "不卖", "无需", "没有任何"]),
    (
        Cue::Refusal,
        &[
            "不收", "不教", "不讲", "不设", "不做", "不加", "不推销", "不售", "不开展", "不开设", "不招", "不排名", "不评比", "不打", "不骂", "不罚", "不含", "不涉及", "不代", "不承诺",
            "不保证", "不虚", "不夸大", "不贩卖", "不制造", "不聘", "不搭售", "不捆绑", "不提供", "不支持", "不接受", "不鼓励", "不主张", "不赞成", "不建议", "不提倡", "不允许", "不得", "不许",
            "不准", "不以", "不强制", "不强迫", "不勉强", "不逼", "不组织", "不参加", "不安排", "不布置", "不进行", "没有", "杜绝", "严禁", "禁止", "谢绝", "拒绝", "请勿", "切勿", "勿", "远离",
        ],
    ),
    (
        Cue::Sound,
        &[
            "合格", "良好", "规范", "齐全", "完好", "未发现", "没有发现", "符合", "肯定", "优秀", "畅通", "到位", "完整", "正常", "达标", "表扬", "示范", "A级", "a级", "无问题", "有序",
        ],
    ),
    (Cue::Listed, &["对存在", "存在问题的", "存在隐患的", "上述", "以上", "对第", "对序号", "被通报的", "涉事机构", "问题机构"]),
    (
        Cue::Operating,
        &[
            "招生", "学员", "学生", "开班", "授课", "补课", "收费", "营业执照", "办学许可", "许可证", "无证", "擅自", "取缔", "查封", "投诉", "举报", "试听", "家长", "报名", "辅导", "托管",
        ],
    ),
];

/// Every cue word, in the order in which [`Cues`] expects their patterns.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|(_, words)| words.iter().copied())
}

/// The cues of one document by what they say, each sorted by place.
#[derive(Debug, Default)]
pub(crate) struct Cues {
    found: [Vec<(usize, usize)>; COUNT],
}

/// Maps a pattern's ordinal among [`words`] to its cue.
#[derive(Debug)]
pub(crate) struct CueTable {
    /// Ordinal of the first word of each cue.
    starts: Vec<usize>,
}

impl CueTable {
    pub(crate) fn new() -> CueTable {
        let mut starts = Vec::with_capacity(COUNT);
        let mut at = 0;
        for (_, words) in &WORDS {
            starts.push(at);
            at += words.len();
        }
        CueTable { starts }
    }

    /// Files one found cue word.
    pub(crate) fn note(&self, cues: &mut Cues, ordinal: usize, start: usize, end: usize) {
        let slot = self.starts.partition_point(|s| *s <= ordinal).saturating_sub(1);
        if let Some(places) = cues.found.get_mut(slot) {
            places.push((start, end));
        }
    }
}

impl Cues {
    fn places(&self, cue: Cue) -> &[(usize, usize)] {
        let slot = WORDS.iter().position(|(c, _)| *c == cue);
        slot.and_then(|s| self.found.get(s)).map_or(&[], Vec::as_slice)
    }

    /// All cues of a kind.
    pub(crate) fn all(&self, cue: Cue) -> &[(usize, usize)] {
        self.places(cue)
    }

    /// The cues of a kind that begin inside a range.
    pub(crate) fn within(&self, cue: Cue, range: Range<usize>) -> &[(usize, usize)] {
        let places = self.places(cue);
        let from = places.partition_point(|(s, _)| *s < range.start);
        let upto = places.partition_point(|(s, _)| *s < range.end);
        &places[from..upto.max(from)]
    }

    /// The first cue of a kind that begins inside a range.
    pub(crate) fn first_in(&self, cue: Cue, range: Range<usize>) -> Option<(usize, usize)> {
        let places = self.places(cue);
        places.get(places.partition_point(|(s, _)| *s < range.start)).copied().filter(|(s, _)| *s < range.end)
    }

    /// True when a cue of a kind begins inside a range.
    pub(crate) fn any_in(&self, cue: Cue, range: Range<usize>) -> bool {
        self.first_in(cue, range).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_cue() {
        let table = CueTable::new();
        let mut ordinal = 0;
        for (cue, words) in &WORDS {
            for _ in *words {
                let mut cues = Cues::default();
                table.note(&mut cues, ordinal, 3, 5);
                assert_eq!(cues.first_in(*cue, 0..9), Some((3, 5)));
                ordinal += 1;
            }
        }
    }
}
