//! The twenty indicators that enterprises tell every month. Not here: what they come to.

use codes::Unit;

/// What an enterprise tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indicator {
    /// Its code, as [`facts::Indicator`] reads it.
    pub code: &'static str,
    /// What it is called in English and in Chinese.
    pub names: [&'static str; 2],
    /// In which unit.
    pub unit: Unit,
    /// What it does when months are added up, and what it follows.
    pub kind: Kind,
    /// How much of it comes to a thousand yuan of output in a month, in millionths; of
    /// [`Kind::Rate`] what it is in a good month.
    ratio: u32,
    /// How many digits stand after the point.
    places: u32,
}

/// What a figure does when months are added up, and what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is made month by month, with production.
    Made,
    /// It is paid month by month, whatever is produced.
    Paid,
    /// It is invested month by month.
    Invested,
    /// What is left of production: it falls faster, and below zero.
    Left,
    /// It stands at the end of a month.
    Stands,
    /// A rate of the month, in tenths of a per cent.
    Rate,
}

impl Kind {
    /// Whether a figure of two months is their sum.
    pub fn adds_up(self) -> bool {
        !matches!(self, Self::Stands | Self::Rate)
    }
}

/// What the one indicator is called that is told from January on, too.
pub const OUTPUT: &str = "output";

impl Indicator {
    pub(super) fn ratio(&self) -> i64 {
        self.ratio.into()
    }

    pub(super) fn places(&self) -> u32 {
        self.places
    }
}

/// One row an indicator.
macro_rules! indicators {
    ($($code:literal, $english:literal, $chinese:literal, $unit:ident, $kind:ident, $ratio:literal,
        $places:literal;)*) => {
        /// All of them, in the order of a workbook's columns.
        pub const INDICATORS: [Indicator; 20] = [$(Indicator {
            code: $code,
            names: [$english, $chinese],
            unit: Unit::$unit,
            kind: Kind::$kind,
            ratio: $ratio,
            places: $places,
        }),*];
    };
}

indicators! {
    "output", "gross output", "工业总产值", YUAN_1K, Made, 1_000_000, 0;
    "sales-output", "output sold", "工业销售产值", YUAN_1K, Made, 974_000, 0;
    "export-delivery", "export deliveries", "出口交货值", YUAN_1K, Made, 118_000, 0;
    "value-added", "value added", "工业增加值", YUAN_1K, Made, 243_000, 0;
    "revenue", "business revenue", "营业收入", YUAN_1K, Made, 982_000, 0;
    "operating-cost", "cost of business", "营业成本", YUAN_1K, Made, 838_000, 0;
    "profit", "total profit", "利润总额", YUAN_1K, Left, 61_000, 0;
    "taxes", "taxes payable", "应交税金", YUAN_1K, Made, 31_000, 0;
    "wages", "wages payable", "应付职工薪酬", YUAN_1K, Paid, 79_000, 0;
    "employees", "employees on average", "平均用工人数", PERSON, Stands, 10_800, 0;
    "receivables", "accounts receivable", "应收账款", YUAN_1K, Stands, 1_720_000, 0;
    "stock", "stock of finished goods", "产成品存货", YUAN_1K, Stands, 512_000, 0;
    "assets", "total assets", "资产总计", YUAN_1K, Stands, 13_600_000, 0;
    "liabilities", "total liabilities", "负债合计", YUAN_1K, Stands, 7_670_000, 0;
    "investment", "fixed investment", "固定资产投资", YUAN_1K, Invested, 68_000, 0;
    "electricity", "electricity used", "用电量", KWH_10K, Made, 6_200, 2;
    "energy", "energy used", "综合能源消费量", TCE, Made, 21_000, 2;
    "research", "spent on research", "研发费用", YUAN_1K, Paid, 17_500, 0;
    "new-orders", "new orders", "新增订单额", YUAN_1K, Made, 1_012_000, 0;
    "capacity-use", "capacity in use", "产能利用率", PER_CENT, Rate, 764, 1;
}
