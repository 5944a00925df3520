//! What happens, chapter by chapter, and what must come of it.
//!
//! Here: the province, its workbooks, who pulled it down. Not here: the stage.

mod solved;
mod told;
mod warned;

use super::{Folder, MARK, Plan, Province, SEED, Sent, Stage, collecting, synthetic};
use codes::{Date, IndustryLevel, Number, Period, Region, RegionLevel, Unit};
use facts::{Form, Instant, Object, history};
use monitor::collect::{Acceptance, Mapping};
use monitor::province::{Enterprise, Shock, Workbook};
use monitor::warn::{Rule, Subject};
use monitor::{Level, Question, Sheet, Snapshot};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

/// The rule of the demonstration. Its thresholds are made up, as those of a bureau are its own.
const RULE: &str = "# 示例 EXAMPLE: thresholds are the user's.
rule demo.supply \"示例：行业产值骤降\" \"EXAMPLE: a division's output falls\"
every merged-month
of region industry
let yellow-fall = -15
let red-fall = -30
let band = 5
level yellow \"黄色\" when yoy(output) < yellow-fall until yoy(output) > yellow-fall + band
level red \"红色\" when yoy(output) < red-fall until yoy(output) > red-fall + band
missing hold
history 6
";

const OFFICE: &str = "合成省工信厅运行监测处";
const HELPER: &str = "合成丙市工信局";

pub(super) struct Story {
    folder: Folder,
    path: PathBuf,
    province: Province,
    /// The city and the division that run out of material.
    hit: (Region, Object),
    rule: Rule,
}

type Done = Result<(), Box<dyn Error>>;

fn day(text: &str) -> Instant {
    let day: Date = text.parse().expect("it is a day of the known years");
    let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
    Instant(u64::from(day.number() - epoch) * 86_400_000 + 2 * 3_600_000)
}

fn merged(month: &str) -> Period {
    format!("2022-M{month}").parse().expect("it is a month")
}

impl Story {
    pub(super) fn begin(stage: &mut Stage, path: &Path) -> Result<Self, Box<dyn Error>> {
        stage.chapter(
            "A province that does not exist, as it was until July 2022",
            "一个不存在的省，截至2022年7月",
        );
        let started = Clock::now();
        let province = Province::new(Plan::small(SEED))?;
        let store = synthetic::make(path, &province)?;
        let until = merged("07");
        let periods: Vec<_> = province
            .periods()
            .into_iter()
            .filter(|of| *of <= until)
            .collect();
        let told = synthetic::tell(&store, &province, &periods)?;
        store.close()?;
        Folder::finish(path, &synthetic::settings(&province))?;
        let (count, ms) = (province.enterprises().len(), started.elapsed().as_millis());
        stage.tell(
            &format!(
                "{count} enterprises told {told} figures of 20 indicators; loaded in {ms} ms."
            ),
            &format!("{count}家企业、20项指标、{told}个数据，{ms}毫秒装载完毕。"),
        );
        let Shock { city, division, .. } = Shock::example();
        let city = province
            .cities()
            .into_iter()
            .nth(city.into())
            .unwrap_or(province.region());
        Ok(Self {
            folder: Folder::open_at(path)?,
            path: path.to_owned(),
            province,
            hit: (city, Object::industry(division)),
            rule: Rule::read(RULE)?,
        })
    }

    fn name(&self, object: &Object) -> String {
        self.folder.name(object).unwrap_or_default()
    }

    fn subject(&self) -> Result<Subject, facts::Error> {
        Subject::new([Object::region(self.hit.0), self.hit.1.clone()])
    }

    /// The largest enterprise of those that are hit.
    fn enterprise(&self) -> Option<&Enterprise> {
        let is_hit = |of: &&Enterprise| {
            codes::Code::is_within(of.county, self.hit.0)
                && Some(of.division) == self.hit.1.as_industry()
        };
        let output = |of: &&Enterprise| self.province.figure(of, 0, merged("07"));
        self.province
            .enterprises()
            .iter()
            .filter(is_hit)
            .max_by_key(output)
    }

    /// A county's workbook goes the way of all workbooks.
    fn load(
        &self,
        county: Region,
        octets: &[u8],
        name: &str,
        now: Instant,
    ) -> Result<collecting::Loaded, Box<dyn Error>> {
        let sent = Sent {
            name,
            octets,
            reporter: name,
            within: county,
            period: None,
            acceptance: Acceptance::GoodRows,
            is_revision: false,
            explanations: &[],
        };
        let workbook = collecting::open(&sent)?;
        let store = &self.folder.store;
        let (version, mapping) = if let Some(known) = collecting::known_mapping(store, &workbook)? {
            known
        } else {
            let mapping = Mapping::read(&Workbook::mapping())?;
            let version = collecting::learn(store, now, &mapping, &workbook)?;
            (version, mapping)
        };
        let mapping = (version, &mapping);
        Ok(collecting::load(
            &self.folder,
            now,
            &sent,
            workbook,
            mapping,
            false,
        )?)
    }

    /// All counties send their month, and the bureau tells what follows for regions.
    fn month(&self, period: Period, now: Instant) -> Result<(usize, usize), Box<dyn Error>> {
        let (mut books, mut figures) = (0, 0);
        for county in self.province.counties() {
            let workbook = self.province.workbook(county, period);
            let name = format!("{}.csv", workbook.name);
            let loaded = self.load(county, workbook.csv().as_bytes(), &name, now)?;
            figures += loaded.taken.verdict.accepted.len();
            books += 1;
        }
        self.regional(period, now)?;
        Ok((books, figures))
    }

    fn regional(&self, period: Period, now: Instant) -> Done {
        let told = self.province.regional(period)?;
        let reports: Vec<_> = told.into_iter().map(|(_, report)| report).collect();
        facts::commit(&self.folder.store, now, |view, at| {
            history::record(view, at, &reports)
        })?;
        Ok(())
    }

    pub(super) fn workbooks_of_august(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "August's workbooks come in from the counties; one clerk has slipped",
            "各县报送8月报表，其中一张填错",
        );
        let (period, now) = (merged("08"), day("2022-09-12"));
        let county = self.province.counties().into_iter().nth(1);
        let county = county.unwrap_or(self.province.region());
        let right = self.province.workbook(county, period);
        let name = format!("{}.csv", right.name);
        let output = right.rows.first().and_then(|(_, numbers)| numbers.first());
        let output = output.copied().unwrap_or(Number::ZERO).to_string();
        let wrong = right.csv().replacen(&format!(",{output},"), ",约三千,", 1);
        let loaded = self.load(county, wrong.as_bytes(), &name, now)?;
        let findings = &loaded.taken.verdict.findings;
        let found = findings.iter().find(|finding| finding.holds_back());
        let spot = found.map(|of| of.spot.to_string()).unwrap_or_default();
        let said = found
            .map(|of| [of.english.clone(), of.chinese.clone()])
            .unwrap_or_default();
        stage.expect(
            loaded.taken.verdict.held > 0 && loaded.taken.batch.is_some(),
            &format!(
                "{name}, {spot}: {}. That row waits, the others are taken.",
                said[0]
            ),
            &format!("{name} {spot}：{}。该行暂缓，其余入库。", said[1]),
        );
        let (books, figures) = self.month(period, now)?;
        stage.expect(
            books == 10 && figures > 3000,
            &format!("{books} workbooks, the mended one among them: {figures} new figures."),
            &format!("含更正后的报表共{books}张，新增{figures}个数据。"),
        );
        Ok(())
    }

    fn snapshot(&self, period: Period) -> Result<Snapshot, Box<dyn Error>> {
        let question = Question {
            indicator: "output".parse()?,
            form: Form::Level,
            period,
            unit: Unit::YUAN_10K,
            at: Instant::LAST,
        };
        Ok(Snapshot::take(&*self.folder.view(), &question)?)
    }

    pub(super) fn who_pulled_it_down(&mut self, stage: &mut Stage) -> Done {
        stage.chapter("Who pulled it down? Two clicks", "谁拉低了？两步下钻");
        let snapshot = self.snapshot(merged("08"))?;
        let cities = Level::Region(RegionLevel::City);
        let divisions = Level::Industry(IndustryLevel::Division);
        let top = Sheet::top(&snapshot, self.province.region(), None, cities, 1)?;
        let city = Object::region(self.hit.0);
        let of_city = top.open(&city, divisions)?;
        let last = of_city.lines.last();
        let (city, division) = (self.name(&city), self.name(&self.hit.1));
        let growth = last.and_then(|line| line.growth).unwrap_or(Number::ZERO);
        let pull = last.map_or(Number::ZERO, |line| line.pull);
        stage.expect(
            last.is_some_and(|line| line.object == self.hit.1 && line.pull.is_negative()),
            &format!(
                "The province: {} %. {city}, {division}: {growth} %, which pulls the province by \
                 {pull} points.",
                top.pull
            ),
            &format!(
                "全省同比{}%。其中{city}{division}同比{growth}%，拉动全省{pull}个百分点。",
                top.pull
            ),
        );
        Ok(())
    }

    pub(super) fn end(self) -> Done {
        Ok(self.folder.close()?)
    }
}
