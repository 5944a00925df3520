//! Are regions read, and do they lie in each other as the codes say?

use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;

fn region(text: &str) -> Region {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn levels_follow_from_the_digits() {
    let check = |text: &str, level, parent: Option<&str>| {
        assert_eq!(region(text).level(), level, "{text}");
        assert_eq!(region(text).parent(), parent.map(region), "{text}");
    };
    check("00", RegionLevel::Nation, None);
    check("35", RegionLevel::Province, Some("00"));
    check("3501", RegionLevel::City, Some("35"));
    check("350102", RegionLevel::County, Some("3501"));
    check("350102001", RegionLevel::Town, Some("350102"));
    check("350102001002", RegionLevel::Village, Some("350102001"));
    // A city without counties.
    check("441900003", RegionLevel::Town, Some("4419"));
    check("441900003001", RegionLevel::Village, Some("441900003"));
    assert_eq!(region("441900003").at(RegionLevel::County), None);
    assert_eq!(
        region("441900003").at(RegionLevel::City),
        Some(region("4419"))
    );
    assert_eq!(region("35").at(RegionLevel::Province), Some(region("35")));
    assert_eq!(region("35").at(RegionLevel::City), None);
}

#[test]
fn what_is_no_region_is_told() {
    let check = |text: &str, said: &str| {
        let error = text.parse::<Region>().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    };
    check("", "a region code is empty");
    check("３5", "full-width '３'; write '3'");
    check("福建", "character 1 of a region code is '福'");
    check("350", "has 3 characters, expected 2, 4, 6, 9 or 12 digits");
    check("3501020010021", "has 13 characters");
    check("350002", "there is no region code");
    check("350102000001", "there is no region code");
    check("000100", "there is no region code");
    check("35-01", "character 3");
}

#[test]
fn there_are_34_provinces() {
    let list = provinces();
    assert_eq!(list.children(Region::NATION).count(), 34);
    assert_eq!(list.name(region("71")), Some("台湾省"));
    assert_eq!(list.orphans().count(), 0);
}

/// The published divisions, where `./test` has fetched them.
#[test]
fn the_published_divisions_are_taken_in() {
    let Some(folder) = std::env::var_os("NAMEPLATE_TEST_DIVISIONS").map(PathBuf::from) else {
        return;
    };
    let mut list = provinces();
    let counts = ["provinces", "cities", "areas", "streets"].map(|level| {
        let csv = fs::read_to_string(folder.join(format!("{level}.csv"))).unwrap();
        list.import(&csv).unwrap()
    });
    // Three cities have no counties, and the list of counties has them once more; one county has no
    // towns, and the list of towns has it once more.
    assert_eq!(counts, [0, 342, 2_978 - 3, 41_352 - 1]);
    assert_eq!(list.orphans().collect::<Vec<_>>(), []);
    assert_eq!(list.name(region("350102")), Some("鼓楼区"));
    assert_eq!(list.children(region("35")).count(), 9);
}

fn any_region() -> impl Strategy<Value = Region> {
    let digits = (1..100_u64, 0..100_u64, 0..100_u64, 0..1000_u64, 0..1000_u64);
    let code = digits.prop_map(|(province, city, county, town, village)| {
        Region((((province * 100 + city) * 100 + county) * 1000 + town) * 1000 + village)
    });
    code.prop_filter("sound", |region| region.is_sound())
}

proptest! {
    #[test]
    fn print_and_parse_are_inverse_and_keep_the_order(a in any_region(), b in any_region()) {
        prop_assert_eq!(a.to_string().parse(), Ok(a));
        prop_assert_eq!(a < b, a.to_string() < b.to_string());
    }

    #[test]
    fn every_region_lies_in_the_nation(region in any_region()) {
        prop_assert!(region.is_within(Region::NATION));
        let parent = region.parent().unwrap();
        prop_assert!(parent < region && parent.is_sound());
        prop_assert!(parent.level() < region.level());
    }
}
