//! Which object a cell names: by its code, or by its name among those that are known.
//!
//! Not here: whether facts know the object (`judge`).

use super::headings::plain;
use super::mapping::ObjectKind;
use super::wording;
use super::workbook::Content;
use codes::{Code, Industry, List, Region, half_width};
use facts::{Object, Role};
use std::collections::BTreeMap;

/// What a name of a region ends with, and may leave out.
const ENDINGS: [&str; 10] = [
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "特别行政区",
    "地区",
    "省",
    "市",
    "县",
    "区",
];

/// What stands for the region that reports.
const WHOLE: [&str; 7] = ["全国", "全省", "全市", "全县", "全区", "全州", "本地区"];

/// The names of objects, and whose workbook it is.
#[derive(Debug, Clone)]
pub struct Directory<'l> {
    regions: &'l List<Region>,
    industries: &'l List<Industry>,
    /// Within which region names of regions are looked for.
    within: Region,
    by_name: BTreeMap<String, Vec<Region>>,
    industries_by_name: BTreeMap<String, Industry>,
    enterprises: BTreeMap<String, Object>,
}

/// Why no object is named, in English and in Chinese.
type Unnamed = [String; 2];

impl<'l> Directory<'l> {
    /// The regions of these names that lie in a region, and all industries.
    pub fn new(regions: &'l List<Region>, industries: &'l List<Industry>, within: Region) -> Self {
        let mut by_name: BTreeMap<String, Vec<Region>> = BTreeMap::new();
        for (region, name) in regions
            .iter()
            .filter(|(region, _)| region.is_within(within))
        {
            let mut spellings = vec![name.to_owned()];
            let short = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
            // A name of one character alone means nothing: 市 without its name.
            spellings.extend(
                short
                    .filter(|name| name.chars().count() > 1)
                    .map(str::to_owned),
            );
            for spelling in spellings {
                by_name.entry(spelling).or_default().push(region);
            }
        }
        let industry = |(code, name): (Industry, &str)| (plain(name).0, code);
        Self {
            regions,
            industries,
            within,
            by_name,
            industries_by_name: industries.iter().map(industry).collect(),
            enterprises: BTreeMap::new(),
        }
    }

    /// With the names of enterprises.
    #[must_use]
    pub fn with_enterprises(mut self, names: impl IntoIterator<Item = (String, Object)>) -> Self {
        let spelled = names
            .into_iter()
            .map(|(name, object)| (plain(&name).0, object));
        self.enterprises.extend(spelled);
        self
    }

    /// The region whose workbook it is.
    pub fn within(&self) -> Region {
        self.within
    }

    /// The object that a cell names.
    pub(crate) fn find(&self, kind: ObjectKind, cell: &Content) -> Result<Object, Unnamed> {
        let written = cell.to_string();
        let text: String = half_width(&written)
            .chars()
            .filter(|found| !found.is_whitespace() && !"'\u{200b}\u{feff}".contains(*found))
            .collect();
        match kind {
            ObjectKind::CreditCode => match text.parse() {
                Ok(code) => Ok(Object::enterprise(code)),
                Err(error) => Err(unreadable(
                    "credit code",
                    "统一社会信用代码",
                    &written,
                    &error,
                )),
            },
            ObjectKind::EnterpriseName => {
                let found = self.enterprises.get(&plain(&text).0);
                found
                    .cloned()
                    .ok_or_else(|| unknown("enterprise", "企业", &written))
            }
            ObjectKind::Region => self.region(&text, &written),
            ObjectKind::Industry => self.industry(&text, &written),
            ObjectKind::Park => other(Role::PARK, &text, &written),
            ObjectKind::Product => other(Role::PRODUCT, &text, &written),
        }
    }

    fn region(&self, text: &str, written: &str) -> Result<Object, Unnamed> {
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let code: Region = match text.parse() {
                Ok(code) => code,
                Err(error) => {
                    return Err(unreadable("region code", "行政区划代码", written, &error));
                }
            };
            let is_known = self.regions.name(code).is_some();
            return match (is_known, code.is_within(self.within)) {
                (true, true) => Ok(Object::region(code)),
                (true, false) => Err([
                    format!("region {written} does not lie in {}", self.within),
                    format!("地区{written}不在本地区（{}）范围内", self.within),
                ]),
                (false, _) => Err(unknown("region", "地区", written)),
            };
        }
        if WHOLE.contains(&text) {
            return Ok(Object::region(self.within));
        }
        let found = self.by_name.get(text).map_or(&[][..], Vec::as_slice);
        // Of a city and the district that is called like it the city is meant.
        let coarsest = found.iter().map(|region| region.level()).min();
        let mut of_level = found
            .iter()
            .filter(|region| Some(region.level()) == coarsest);
        match (of_level.next(), of_level.next()) {
            (None, _) => Err(unknown("region", "地区", written)),
            (Some(region), None) => Ok(Object::region(*region)),
            (Some(one), Some(other)) => Err([
                format!("'{written}' is {one} or {other}: write the code"),
                format!("“{written}”可能是{one}或{other}，请填区划代码"),
            ]),
        }
    }

    fn industry(&self, text: &str, written: &str) -> Result<Object, Unnamed> {
        // A spreadsheet takes the zero off the front of a code that it keeps as a number.
        let padded = match text.len() {
            1 if text.bytes().all(|octet| octet.is_ascii_digit()) => format!("0{text}"),
            _ => text.to_owned(),
        };
        if let Some(industry) = self.industries_by_name.get(&plain(text).0) {
            return Ok(Object::industry(*industry));
        }
        // Sheets write code and name into one cell.
        let end = padded.find(|found: char| !found.is_ascii_alphanumeric());
        let code: Industry = match padded.get(..end.unwrap_or(padded.len())) {
            None | Some("") => return Err(unknown("industry", "行业", written)),
            Some(code) => match code.parse() {
                Ok(code) => code,
                Err(error) => return Err(unreadable("industry code", "行业代码", written, &error)),
            },
        };
        let mut at = Some(code);
        while let Some(found) = at {
            if self.industries.name(found).is_some() {
                return Ok(Object::industry(code));
            }
            at = found.parent();
        }
        Err(unknown("industry", "行业", written))
    }
}

fn other(role: Role, text: &str, written: &str) -> Result<Object, Unnamed> {
    Object::new(role, text).map_err(|error| {
        [
            format!("'{written}' is no identifier: {error}"),
            format!("“{written}”不是标识：{}", wording::of_facts(&error)),
        ]
    })
}

fn unknown(what: &str, chinese: &str, written: &str) -> Unnamed {
    [
        format!("there is no {what} '{written}'"),
        format!("没有名为“{written}”的{chinese}"),
    ]
}

fn unreadable(what: &str, chinese: &str, written: &str, error: &codes::Error) -> Unnamed {
    [
        format!("'{written}' is no {what}: {error}"),
        format!("“{written}”不是{chinese}：{}", wording::of_codes(error)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_by_code_and_by_name() {
        let mut regions = codes::provinces();
        let csv = "code,name\n3501,福州市\n3502,厦门市\n350102,鼓楼区\n350203,思明区\n\
                   3209,盐城市\n320902,亭湖区\n320302,鼓楼区\n350205,鼓楼区\n3503,莆田市\n";
        regions.import(csv).unwrap();
        let industries = codes::industries();
        let enterprise: Object = Object::enterprise("91350100M000100Y43".parse().unwrap());
        let directory = Directory::new(&regions, &industries, "35".parse().unwrap())
            .with_enterprises([("福州甲（集团）有限公司".to_owned(), enterprise)]);
        let check = |kind, text: &str, expected: &str| {
            let found = directory.find(kind, &Content::Text(text.into()));
            let said = match found {
                Ok(object) => object.to_string(),
                Err([english, chinese]) => {
                    assert!(!chinese.is_ascii());
                    english
                }
            };
            assert!(said.contains(expected), "{text}: {said}");
        };
        check(ObjectKind::Region, "福州", "region 350100000000");
        check(ObjectKind::Region, "福 州 市", "region 350100000000");
        check(ObjectKind::Region, "３５０１", "region 350100000000");
        check(ObjectKind::Region, "全省", "region 350000000000");
        check(
            ObjectKind::Region,
            "鼓楼区",
            "is 350102000000 or 350205000000",
        );
        check(ObjectKind::Region, "亭湖区", "there is no region");
        check(ObjectKind::Region, "320902", "does not lie in");
        check(ObjectKind::Region, "350199", "there is no region");
        check(ObjectKind::Industry, "6", "industry B06");
        check(ObjectKind::Industry, "C26", "industry C26");
        check(ObjectKind::Industry, "2614", "industry C2614");
        check(
            ObjectKind::Industry,
            "化学原料和化学制品制造业",
            "industry C26",
        );
        check(ObjectKind::Industry, "26 化工", "industry C26");
        check(ObjectKind::Industry, "化工", "there is no industry");
        check(ObjectKind::Industry, "98", "there is no industry");
        check(
            ObjectKind::CreditCode,
            " 91350100m000100y43",
            "enterprise 91350100M000100Y43",
        );
        check(ObjectKind::CreditCode, "91350100M000100Y44", "lead to '3'");
        check(
            ObjectKind::EnterpriseName,
            "福州甲(集团)有限公司",
            "enterprise 9135",
        );
        check(ObjectKind::EnterpriseName, "乙", "there is no enterprise");
        check(ObjectKind::Park, "88.1/p", "park 88.1/P");
    }
}
