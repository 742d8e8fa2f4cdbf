//! Near-duplicates: reposts with another headline, another agency line or a few edited words.

use crate::normal::normalise;
use xxhash_rust::xxh3::xxh3_64;

/// Characters in a shingle. Three keep word order and still forgive single edits.
const SHINGLE: usize = 3;
/// Below this many significant characters a text is only the same as itself.
const SHORT: usize = 24;
/// Largest number of differing bits between two prints of one story: about 95 % of the shingles are shared.
const NEAR: u32 = 7;

/// A 64-bit simhash of the normal form. Texts that tell the same thing in nearly the same words have prints that
/// differ in few bits; very short texts get a plain hash, so they match only when they are equal. Never 0.
pub fn fingerprint(title: &str, body: &str) -> u64 {
    let source = if body.trim().is_empty() { title } else { body };
    let normal = normalise(source);
    let letters: Vec<char> = normal.as_str().chars().filter(|c| c.is_alphanumeric()).collect();
    let print = if letters.len() < SHORT {
        let whole: String = letters.iter().collect();
        xxh3_64(whole.as_bytes())
    } else {
        simhash(&letters)
    };
    print.max(1)
}

/// True when two prints of [`fingerprint`] belong to one story.
pub fn same_story(a: u64, b: u64) -> bool {
    (a ^ b).count_ones() <= NEAR
}

fn simhash(letters: &[char]) -> u64 {
    let mut votes = [0i32; 64];
    let mut buffer = [0u8; SHINGLE * 4];
    for shingle in letters.windows(SHINGLE) {
        let mut used = 0;
        for c in shingle {
            used += c.encode_utf8(&mut buffer[used..]).len();
        }
        let hash = xxh3_64(&buffer[..used]);
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().fold(0, |print, (bit, vote)| if *vote > 0 { print | 1 << bit } else { print })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "11月3日上午，云溪县柳河街道一处培训场所大门紧锁，前来上课的三十多名学员家长在门口等候。据家长介绍，\
        该机构十月下旬仍在收取下一年度的课时费，负责人手机已连续三天无法接通。县教体局工作人员到场登记，表示将会同公安、\
        市场监管部门核查收费账户，并协调附近同类场所接收学员，提醒家长保存好合同和付款凭证。目前已有五十二名家长完成登记，\
        涉及预付费用约三十一万元，街道办设立了临时接待点。";

    #[test]
    fn a_repost_is_the_same_story() {
        let repost = format!("江宁晚报讯 {}（记者 某某）", STORY.replace("11月3日上午", "3日上午"));
        assert!(same_story(fingerprint("甲", STORY), fingerprint("乙", &repost)));
    }

    #[test]
    fn another_story_is_not() {
        let other = "11月3日下午，云溪县青少年乒乓球公开赛在县体育馆收拍，十二支代表队的九十六名小选手参加角逐。经过两天比赛，\
            各组别冠军产生，组委会为获奖选手颁发了奖牌。县体育总会负责人说，明年还将增设双打项目，欢迎更多孩子走上赛场。";
        assert!(!same_story(fingerprint("甲", STORY), fingerprint("甲", other)));
    }

    #[test]
    fn short_texts_match_only_themselves() {
        assert!(same_story(fingerprint("", "今日停课"), fingerprint("", "今日 停课。")));
        assert!(!same_story(fingerprint("", "今日停课"), fingerprint("", "明日停课")));
    }

    #[test]
    fn the_title_speaks_when_there_is_no_body() {
        assert_ne!(fingerprint("闭店通知", ""), fingerprint("开业通知", ""));
    }
}
