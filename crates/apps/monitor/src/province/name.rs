//! What the made-up regions are called, and their codes. Not here: enterprises.

use codes::{Region, RegionLevel};

/// The first two digits of every code: no province can have them, see `province`.
pub(super) const PROVINCE: u8 = 99;

/// The ten stems and the twelve branches.
const CITIES: [char; 22] = [
    '甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸', '子', '丑', '寅', '卯', '辰', '巳',
    '午', '未', '申', '酉', '戌', '亥',
];

const COUNTIES: [char; 10] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

fn region(code: &str) -> Region {
    code.parse().expect("counts are checked to have two digits")
}

pub(super) fn province() -> Region {
    region(&PROVINCE.to_string())
}

pub(super) fn city(at: u8) -> Region {
    region(&format!("{PROVINCE}{:02}", at + 1))
}

pub(super) fn county(of_city: u8, at: u8) -> Region {
    region(&format!("{PROVINCE}{:02}{:02}", of_city + 1, at + 1))
}

/// The name of a region of the province: 合成省, 合成甲市, 合成甲一县.
pub(super) fn of_region(region: Region) -> String {
    let digits = region.to_string();
    let at = |from: usize| {
        let number = digits
            .get(from..from + 2)
            .and_then(|pair| pair.parse::<usize>().ok());
        number.and_then(|number| number.checked_sub(1))
    };
    let city = at(2).and_then(|at| CITIES.get(at)).copied().unwrap_or('？');
    match region.level() {
        RegionLevel::Nation | RegionLevel::Province => "合成省".to_owned(),
        RegionLevel::City => format!("合成{city}市"),
        _ => {
            let county = at(4)
                .and_then(|at| COUNTIES.get(at))
                .copied()
                .unwrap_or('？');
            format!("合成{city}{county}县")
        }
    }
}
