//! Who is in the demo: a root, seven sites at the top, two industries, four enterprises, and who
//! asks for everybody.

use std::ops::Range;

/// What a node is for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Names who answers for `88`.
    Root,
    /// Answers for `88`, and agrees with the others on who answers for what is below.
    TopLevel,
    /// The same, elsewhere, for when others are lost.
    Recovery,
    /// Answers for an industry.
    SecondLevel,
    /// Answers for what it makes.
    Enterprise,
    /// Asks for everybody.
    Recursive,
}

/// A node as it is told of.
#[derive(Debug)]
pub(super) struct Part {
    /// The name of its folder.
    pub(super) name: &'static str,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
    pub(super) role: Role,
    /// The prefix that it is home to.
    pub(super) prefix: &'static str,
}

const fn part(
    role: Role,
    prefix: &'static str,
    name: &'static str,
    english: &'static str,
    chinese: &'static str,
) -> Part {
    Part {
        name,
        english,
        chinese,
        role,
        prefix,
    }
}

pub(super) const ROOT: usize = 0;
/// The sites at the top.
pub(super) const TOP: Range<usize> = 1..8;
pub(super) const MACHINERY: usize = 8;
pub(super) const RECYCLER: usize = 13;
pub(super) const RECURSIVE: usize = 14;

pub(super) const CAST: [Part; 15] = [
    part(Role::Root, "", "root", "international root", "国际根节点"),
    part(Role::TopLevel, "88", "wuhan", "Wuhan", "武汉"),
    part(Role::TopLevel, "88", "guangzhou", "Guangzhou", "广州"),
    part(Role::TopLevel, "88", "chongqing", "Chongqing", "重庆"),
    part(Role::TopLevel, "88", "shanghai", "Shanghai", "上海"),
    part(Role::TopLevel, "88", "beijing", "Beijing", "北京"),
    part(Role::Recovery, "88", "nanjing", "Nanjing", "南京"),
    part(Role::Recovery, "88", "chengdu", "Chengdu", "成都"),
    part(
        Role::SecondLevel,
        "88.118",
        "machinery",
        "machinery",
        "装备制造行业",
    ),
    part(
        Role::SecondLevel,
        "88.156",
        "energy",
        "new energy",
        "新能源行业",
    ),
    part(
        Role::Enterprise,
        "88.118.1",
        "pumps",
        "pump works",
        "水泵厂",
    ),
    part(
        Role::Enterprise,
        "88.118.2",
        "gears",
        "gear works",
        "齿轮厂",
    ),
    part(
        Role::Enterprise,
        "88.156.1",
        "batteries",
        "battery maker",
        "电池厂",
    ),
    part(
        Role::Enterprise,
        "88.156.2",
        "recycler",
        "battery recycler",
        "电池回收厂",
    ),
    part(
        Role::Recursive,
        "",
        "recursive",
        "recursive resolver",
        "递归解析节点",
    ),
];

/// The second-level node above an enterprise.
pub(super) fn above(prefix: &str) -> Option<usize> {
    let (above, _) = prefix.rsplit_once('.')?;
    CAST.iter()
        .position(|part| part.role == Role::SecondLevel && part.prefix == above)
}

/// What is registered: identifier, and type and data of each value.
pub(super) type Thing = (&'static str, [(&'static str, &'static str); 3]);

pub(super) const THINGS: [Thing; 4] = [
    (
        "88.118.1/PUMP-0007",
        [
            ("NAME", "centrifugal pump 离心泵"),
            ("GEARS", "88.118.2/GEARS-31"),
            ("URL", "https://example.org/pumps/0007"),
        ],
    ),
    (
        "88.118.2/GEARS-31",
        [
            ("NAME", "set of gears 齿轮组"),
            ("MATERIAL", "20CrMnTi"),
            ("URL", "https://example.org/gears/31"),
        ],
    ),
    (
        "88.156.1/BATTERY-2026-000042",
        [
            ("NAME", "traction battery 动力电池"),
            ("CAPACITY", "75 kWh"),
            ("URL", "https://example.org/batteries/000042"),
        ],
    ),
    (
        "88.156.2/LOT-9",
        [
            ("NAME", "spent batteries 退役电池"),
            ("CONTAINS", "88.156.1/BATTERY-2026-000042"),
            ("URL", "https://example.org/lots/9"),
        ],
    ),
];
