//! I12: every name is found by exact search, whenever it became known.

use super::*;

const FRAMES: [&str; 20] = [
    "记者从县教体局获悉，{}因未按规定退费被责令整改。",
    "{}发布致歉声明",
    "多名家长向本报反映{}突然闭店",
    "据了解，{}的负责人已失联。",
    "（{}）",
    "“{}”招牌仍在",
    "在{}上课的孩子",
    "与{}签订合同",
    "被{}收取全年费用",
    "处罚对象：{}；处罚事由：无证办学",
    "1.{}2.另一家",
    "原{}员工称",
    "去年{}和今年不同",
    "凡在{}报名者",
    "云溪县{}培训学校",
    "该{}并非首次",
    "的{}了",
    "{}、{}",
    "经查{}，属实",
    "关注{}",
];

/// 400 names of two to eight characters. Many of them are made of common words or of one character twice.
fn names() -> Vec<String> {
    let brands = [
        "晨曦",
        "海棠",
        "小脚丫",
        "启明",
        "星河",
        "天天",
        "好学生",
        "乐",
        "蓝鲸",
        "博雅",
        "鑫",
        "向上",
        "禾苗",
        "一加一",
        "不倒翁",
        "童画",
        "知了",
        "九九",
        "汉唐",
        "优",
    ];
    let tails = [
        "教育",
        "艺术",
        "培训",
        "书院",
        "托管",
        "画室",
        "舞蹈中心",
        "体育",
        "编程",
        "学堂",
        "少儿",
        "英语",
        "口才",
        "围棋社",
        "培优",
        "辅导班",
        "文化",
        "科技",
        "之家",
        "工坊",
    ];
    brands.iter().flat_map(|brand| tails.iter().map(move |tail| format!("{brand}{tail}"))).collect()
}

#[test]
fn i12_every_planted_name_is_found_by_exact_search() {
    let names = names();
    assert_eq!(names.len(), 400);
    let dir = tempfile::tempdir().unwrap();
    let mut planted: Vec<Vec<i64>> = vec![Vec::new(); names.len()];
    let mut documents = Vec::new();
    for (frame, number) in FRAMES.iter().zip(0..) {
        for (group, index) in names.chunks(5).zip(0..) {
            let id = number * 1000 + index;
            let body: Vec<String> = group.iter().map(|name| frame.replace("{}", name)).collect();
            (index as usize * 5..).take(5).for_each(|name| planted[name].push(id));
            documents.push(article(id, "通报", &body.join("\n")));
        }
    }
    // Indexed by a program that knows none of the names, searched by one that knows them all.
    let archive = LocalArchive::open(dir.path(), Segmenter::new([])).unwrap();
    archive.add(&documents).unwrap();
    drop(archive);
    let archive = LocalArchive::open(dir.path(), Segmenter::new(names.iter().cloned())).unwrap();
    let (mut wanted, mut found) = (0, 0);
    for (name, planted) in names.iter().zip(&planted) {
        for query in [format!("\"{name}\""), name.clone()] {
            let hits = all_ids(&archive, request(&query));
            wanted += planted.len();
            found += planted.iter().filter(|id| hits.contains(id)).count();
        }
    }
    assert_eq!((wanted, found), (16_000, 16_000));
}
