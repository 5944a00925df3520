//! In which language a page speaks, and with which words. English and Chinese.

use crate::request::Asked;
use hyper::header::ACCEPT_LANGUAGE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The language that `?lang=` names, else the one the browser likes best of those we have.
    pub(super) fn of(asked: &Asked) -> Self {
        let named = asked.query.first("lang").and_then(Self::named);
        named.unwrap_or_else(|| Self::liked(asked.header(&ACCEPT_LANGUAGE)))
    }

    fn named(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The best of a list with weights (RFC 9110 section 12.5.4); English if there is none.
    fn liked(list: &str) -> Self {
        let mut best = (0, Self::English);
        for item in list.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let language = parts.next().and_then(Self::named);
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(1000, thousandths);
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// A weight from 0 to 1 with at most three digits after its dot, in thousandths.
fn thousandths(weight: &str) -> u32 {
    let (whole, digits) = weight.split_once('.').unwrap_or((weight, ""));
    let digits: String = digits.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(0), Ok(thousandths)) => thousandths,
        (Ok(_), Ok(_)) => 1000,
        _ => 0,
    }
}

/// Everything a page says.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) other_code: &'static str,
    pub(super) other_name: &'static str,
    pub(super) product: &'static str,
    pub(super) slogan: &'static str,
    pub(super) ask: &'static str,
    pub(super) ask_hint: &'static str,
    pub(super) resolve: &'static str,
    pub(super) show_values: &'static str,
    pub(super) about: &'static str,
    pub(super) one_value: &'static str,
    pub(super) values: &'static str,
    pub(super) index: &'static str,
    pub(super) kind: &'static str,
    pub(super) data: &'static str,
    pub(super) changed: &'static str,
    pub(super) kept: &'static str,
    pub(super) until: &'static str,
    pub(super) private: &'static str,
    pub(super) public_write: &'static str,
    pub(super) go_to: &'static str,
    pub(super) as_json: &'static str,
    pub(super) as_xml: &'static str,
    pub(super) administrator: &'static str,
    pub(super) value: &'static str,
    pub(super) may: &'static str,
    pub(super) may_not: &'static str,
    /// From the least significant bit of an administrator's permissions.
    pub(super) rights: [&'static str; 13],
    pub(super) server: &'static str,
    pub(super) address: &'static str,
    pub(super) interfaces: &'static str,
    pub(super) queries: &'static str,
    pub(super) administration: &'static str,
    pub(super) serial: &'static str,
    pub(super) protocol: &'static str,
    pub(super) primary: &'static str,
    pub(super) mirror: &'static str,
    pub(super) fingerprint: &'static str,
    pub(super) bits: &'static str,
    pub(super) octets: &'static str,
    pub(super) nothing: &'static str,
    pub(super) days: [&'static str; 2],
    pub(super) hours: [&'static str; 2],
    pub(super) minutes: [&'static str; 2],
    pub(super) seconds: [&'static str; 2],
    pub(super) no_identifier: &'static str,
    pub(super) no_identifier_why: &'static str,
    pub(super) bad_question: &'static str,
    pub(super) bad_question_why: &'static str,
    pub(super) not_found: &'static str,
    pub(super) not_found_why: &'static str,
    pub(super) no_values: &'static str,
    pub(super) no_values_why: &'static str,
    pub(super) elsewhere: &'static str,
    pub(super) elsewhere_why: &'static str,
    pub(super) alias_lost: &'static str,
    pub(super) alias_lost_why: &'static str,
    pub(super) alias_circle: &'static str,
    pub(super) alias_circle_why: &'static str,
    pub(super) busy: &'static str,
    pub(super) busy_why: &'static str,
    pub(super) failed: &'static str,
    pub(super) failed_why: &'static str,
}

static ENGLISH: Words = Words {
    code: "en",
    other_code: "zh",
    other_name: "中文",
    product: "Nameplate",
    slogan: "What does this identifier stand for?",
    ask: "Identifier",
    ask_hint: "for example 88.156.1/pump-0007",
    resolve: "Resolve",
    show_values: "Show what is recorded instead of going to its address",
    about: "An identifier names a product, a part, a machine, a document or an enterprise. \
            This node looks up what its owner has recorded about it.",
    one_value: "1 value",
    values: "values",
    index: "Index",
    kind: "Type",
    data: "Data",
    changed: "Changed",
    kept: "may be kept for",
    until: "may be kept until",
    private: "not public",
    public_write: "anybody may change it",
    go_to: "Go to",
    as_json: "As JSON",
    as_xml: "Addresses as XML",
    administrator: "Administrator",
    value: "value",
    may: "may",
    may_not: "may not",
    rights: [
        "register identifiers",
        "delete identifiers",
        "register derived prefixes",
        "delete derived prefixes",
        "change values",
        "remove values",
        "add values",
        "change administrators",
        "remove administrators",
        "add administrators",
        "read private values",
        "list identifiers",
        "list derived prefixes",
    ],
    server: "Server",
    address: "Address",
    interfaces: "Interfaces",
    queries: "queries",
    administration: "administration",
    serial: "serial number",
    protocol: "protocol",
    primary: "primary site",
    mirror: "mirror site",
    fingerprint: "SHA-256",
    bits: "bits",
    octets: "octets",
    nothing: "empty",
    days: ["day", "days"],
    hours: ["hour", "hours"],
    minutes: ["minute", "minutes"],
    seconds: ["second", "seconds"],
    no_identifier: "This is not an identifier",
    no_identifier_why: "An identifier is a prefix, a slash and a suffix, such as \
                        88.156.1/pump-0007.",
    bad_question: "This question cannot be answered",
    bad_question_why: "A parameter of the address is not as it should be.",
    not_found: "Not registered",
    not_found_why: "This node is home to the prefix, and nothing is registered under this \
                    identifier. Check the spelling, or ask whoever gave it to you.",
    no_values: "No such value",
    no_values_why: "The identifier is registered, but it has no value that was asked for and that \
                    anybody may read.",
    elsewhere: "Not at home here",
    elsewhere_why: "This node does not answer for the prefix of this identifier. Another node \
                    does.",
    alias_lost: "Another name of nothing",
    alias_lost_why: "The identifier is recorded as another name of something that is not an \
                     identifier.",
    alias_circle: "Another name of itself",
    alias_circle_why: "The identifier leads from name to name without an end. Its owner has to \
                       mend it.",
    busy: "Too busy to answer",
    busy_why: "The node cannot answer at this moment. Try again in a little while.",
    failed: "The node failed",
    failed_why: "Something went wrong that is not your fault. Whoever runs the node finds more in \
                 its log.",
};

static CHINESE: Words = Words {
    code: "zh-CN",
    other_code: "en",
    other_name: "English",
    product: "铭牌",
    slogan: "这个标识代表什么？",
    ask: "标识",
    ask_hint: "例如 88.156.1/pump-0007",
    resolve: "解析",
    show_values: "显示标识记录，不跳转到其网址",
    about: "标识用来命名产品、零件、设备、文档或企业。本节点查询标识所有者为它登记的内容。",
    one_value: "1 个标识值",
    values: "个标识值",
    index: "索引",
    kind: "类型",
    data: "数据",
    changed: "更新于",
    kept: "可缓存",
    until: "可缓存至",
    private: "不公开",
    public_write: "任何人都可修改",
    go_to: "前往",
    as_json: "JSON 格式",
    as_xml: "XML 格式的网址",
    administrator: "管理员",
    value: "标识值",
    may: "允许",
    may_not: "不允许",
    rights: [
        "注册标识",
        "删除标识",
        "注册派生前缀",
        "删除派生前缀",
        "修改标识值",
        "删除标识值",
        "添加标识值",
        "修改管理员",
        "删除管理员",
        "添加管理员",
        "读取非公开值",
        "列出标识",
        "列出派生前缀",
    ],
    server: "服务器",
    address: "地址",
    interfaces: "接口",
    queries: "查询",
    administration: "管理",
    serial: "序列号",
    protocol: "协议",
    primary: "主站点",
    mirror: "镜像站点",
    fingerprint: "SHA-256",
    bits: "位",
    octets: "字节",
    nothing: "空",
    days: ["天", "天"],
    hours: ["小时", "小时"],
    minutes: ["分钟", "分钟"],
    seconds: ["秒", "秒"],
    no_identifier: "这不是标识",
    no_identifier_why: "标识由前缀、斜杠和后缀组成，例如 88.156.1/pump-0007。",
    bad_question: "无法回答这个询问",
    bad_question_why: "网址中的一个参数不正确。",
    not_found: "尚未注册",
    not_found_why: "本节点负责该前缀，但没有注册这个标识。请检查写法，或询问提供标识的人。",
    no_values: "没有这样的标识值",
    no_values_why: "标识已注册，但没有所询问的、可公开读取的标识值。",
    elsewhere: "不在本节点",
    elsewhere_why: "本节点不负责这个标识的前缀，由其他节点负责。",
    alias_lost: "别名没有指向",
    alias_lost_why: "该标识登记为别名，但所指向的内容不是标识。",
    alias_circle: "别名循环",
    alias_circle_why: "该标识的别名一个接一个，没有终点。需要标识所有者修正。",
    busy: "节点繁忙",
    busy_why: "节点暂时无法回答，请稍后再试。",
    failed: "节点出错",
    failed_why: "发生了错误，与您无关。节点管理员可在日志中查看详情。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_a_browser_likes_best_is_spoken() {
        let check = |list: &str, expected: Language| {
            assert_eq!(Language::liked(list), expected, "{list}");
        };
        check("", Language::English);
        check("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese);
        check("de, en;q=0.5, zh;q=0.7", Language::Chinese);
        check("en-GB, zh", Language::English);
        check("zh;q=0, en;q=0.1", Language::English);
        check("zh;q=nonsense", Language::English);
        check("en;q=0.09, zh;q=0.1", Language::Chinese);
        check("en;q=0.999, zh;q=1", Language::Chinese);
        assert_eq!(Language::named("ZH_tw"), Some(Language::Chinese));
        assert_eq!(Language::named("fr"), None);
    }
}
