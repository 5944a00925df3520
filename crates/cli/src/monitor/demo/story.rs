//! What happens, chapter by chapter, and what must come of it. Not here: the stage.

use super::{Folder, MARK, Plan, Province, SEED, Sent, Stage, bulletin, collecting, synthetic};
use crate::monitor::bulletin::Wanted;
use crate::monitor::measures::list_notice;
use codes::{Date, IndustryLevel, Number, Period, Region, RegionLevel, Unit};
use facts::{Form, Instant, Object, history};
use monitor::bulletin::{Warning as Told, issue, receipts, receive};
use monitor::cases::{self, About, Bottleneck, Party, Said};
use monitor::collect::{Acceptance, Mapping};
use monitor::province::{Enterprise, Shock, Workbook};
use monitor::warn::back_test::{BackTest, Costs, Episode, Trial};
use monitor::warn::register::{By, draft, go_live, seen, tested};
use monitor::warn::warning::{self, Warning};
use monitor::warn::{Rule, Subject, register};
use monitor::{Level, Question, Sheet, Snapshot, measures};
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

const NAME: &str = "demo.supply";
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

    /// Every city's divisions.
    fn subjects(&self) -> Result<Vec<Subject>, facts::Error> {
        let mut subjects = Vec::new();
        for city in self.province.cities() {
            for division in self.province.divisions() {
                let objects = [Object::region(city), Object::industry(*division)];
                subjects.push(Subject::new(objects)?);
            }
        }
        Ok(subjects)
    }

    pub(super) fn a_rule_goes_live(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "A rule is tested on the past before it may warn",
            "预警规则先回测，看过结果才能启用",
        );
        let store = &self.folder.store;
        let at = day("2022-09-13");
        let by = By {
            who: OFFICE,
            remark: MARK,
        };
        let rule = self.rule.clone();
        let version = facts::commit(store, at, |view, at| draft(view, at, &rule, by))?;
        let number = (NAME, version.number);
        let too_early = facts::commit(store, at, |view, at| go_live(view, at, number, by)).is_err();
        let trial = Trial {
            subjects: self.subjects()?,
            periods: ["2021-M02".parse()?, merged("08")],
            episodes: vec![Episode {
                subject: self.subject()?,
                periods: [merged("08"), merged("08")],
                label: "断供".to_owned(),
            }],
            level: 2,
            lead_max: 1,
            grace: 1,
            costs: Costs {
                miss: 10.into(),
                false_alarm: 1.into(),
            },
            sweep: Some((
                "red-fall".to_owned(),
                [-45, -30, -15].map(Number::from).to_vec(),
            )),
        };
        let back_test = BackTest::run(&*store.view(), &rule, &trial)?;
        let tally = back_test.score;
        facts::commit(store, at, |view, at| {
            tested(view, at, number, &back_test, by)
        })?;
        let digest = back_test.digest();
        facts::commit(store, at, |view, at| seen(view, at, number, digest, by))?;
        facts::commit(store, at, |view, at| go_live(view, at, number, by))?;
        let (hits, misses, alarms) = (tally.hits, tally.misses, tally.false_alarms);
        stage.expect(
            too_early && (hits, misses, alarms) == (1, 0, 0),
            &format!(
                "Untested it was refused. Over {} judgements: {hits} hit, {misses} missed, {alarms} \
                 false alarms. Seen by {OFFICE}: live.",
                tally.periods
            ),
            &format!(
                "未回测不得启用。回测{}次判断：命中{hits}，漏报{misses}，误报{alarms}。{OFFICE}已阅，启用。",
                tally.periods
            ),
        );
        Ok(())
    }

    /// Judges everybody by the live rule; says how many are warned of.
    fn judge(&self, period: Period, now: Instant) -> Result<usize, Box<dyn Error>> {
        let store = &self.folder.store;
        let version = register::live(&*store.view(), NAME)?.ok_or("no rule is live")?;
        for subject in self.subjects()? {
            facts::commit(store, now, |view, at| {
                warning::judge(view, at, &version, &self.rule, &subject, period, OFFICE)
            })?;
        }
        Ok(warning::all_open(&*store.view(), Some(NAME), 1000)?.len())
    }

    fn warning(&self) -> Result<Option<Warning>, Box<dyn Error>> {
        let subject = self.subject()?;
        Ok(warning::open(&*self.folder.view(), NAME, &subject)?)
    }

    pub(super) fn it_warns(&mut self, stage: &mut Stage) -> Done {
        stage.chapter("It warns, and somebody takes notice", "发出预警，有人认领");
        let now = day("2022-09-13");
        let count = self.judge(merged("08"), now)?;
        let subject = self.subject()?;
        let by = By {
            who: OFFICE,
            remark: "电话核实：原材料断供",
        };
        let taken = facts::commit(&self.folder.store, now, |view, at| {
            warning::acknowledge(view, at, (NAME, &subject), by)
        })?;
        let (city, division) = (
            self.name(&Object::region(self.hit.0)),
            self.name(&self.hit.1),
        );
        stage.expect(
            count == 1 && taken.level == 2 && taken.acknowledged.is_some(),
            &format!("RED: {city}, {division}; {count} warning(s) in all. Owner: {OFFICE}."),
            &format!("红色预警：{city}{division}；共{count}条。责任单位：{OFFICE}，已确认。"),
        );
        Ok(())
    }

    fn step(
        &self,
        now: Instant,
        message: &str,
        role: &str,
        sender: &str,
        said: Said,
    ) -> Result<cases::Case, Box<dyn Error>> {
        let said = Said {
            message: message.to_owned(),
            role: role.to_owned(),
            sender: Party::new(sender, ""),
            key: format!("{message}-{role}"),
            ..said
        };
        let table = cases::table();
        Ok(facts::commit(&self.folder.store, now, |view, at| {
            cases::step(view, at, &table, "case-1", &said)
        })?)
    }

    pub(super) fn somebody_sees_to_it(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "A case: one enterprise, one owner, one helper, a day",
            "转为事项：点对点、一对一，限期办理",
        );
        let warning = self.warning()?.map(|warning| warning.name);
        let enterprise = self.enterprise().ok_or("nobody is hit")?.clone();
        let opening = cases::Opening {
            name: "case-1".to_owned(),
            title: format!("{}：主要原材料断供", enterprise.name),
            about: About {
                enterprise: enterprise.code,
                enterprise_name: enterprise.name.clone(),
                class: Bottleneck::Material,
                warning,
                follows: None,
            },
            region: enterprise.county,
            owner: Party::new(OFFICE, ""),
            until: Some("2022-10-31".parse()?),
            role: "dispatcher".to_owned(),
            sender: Party::new(OFFICE, ""),
            key: "open".to_owned(),
        };
        let table = cases::table();
        facts::commit(&self.folder.store, day("2022-09-13"), |view, at| {
            cases::open(view, at, &table, &opening)
        })?;
        let assigned = Said {
            owner: Some(Party::new(HELPER, "")),
            helpers: Some(vec![Party::new(HELPER, "专班")]),
            ..Said::default()
        };
        self.step(day("2022-09-14"), "assign", "dispatcher", OFFICE, assigned)?;
        self.step(
            day("2022-09-15"),
            "accept",
            "owner",
            HELPER,
            Said::default(),
        )?;
        let case = self.step(day("2022-09-16"), "begin", "owner", HELPER, Said::default())?;
        stage.expect(
            case.state == "in-work" && !case.is_closed,
            &format!(
                "case-1, {}: material. {HELPER} is at work, until 2022-10-31.",
                enterprise.name
            ),
            &format!(
                "case-1 {}：原材料。{HELPER}办理中，限10月31日。",
                enterprise.name
            ),
        );
        Ok(())
    }

    pub(super) fn the_months_go_on(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "September, October, November: it is solved, and the figures say so",
            "9月、10月、11月：问题解决，数据回升",
        );
        self.month(merged("09"), day("2022-10-12"))?;
        self.judge(merged("09"), day("2022-10-13"))?;
        let worst = self.warning()?.map_or(0, |warning| warning.level);
        let remark = |text: &str| Said {
            remark: text.to_owned(),
            ..Said::default()
        };
        let done = remark("协调两家供应商恢复供货，铁路专列到货");
        self.step(day("2022-10-14"), "propose", "owner", HELPER, done)?;
        let enterprise = self
            .enterprise()
            .map(|of| of.code.to_string())
            .unwrap_or_default();
        self.month(merged("10"), day("2022-11-12"))?;
        self.judge(merged("10"), day("2022-11-13"))?;
        let after = self.warning()?.map_or(0, |warning| warning.level);
        stage.expect(
            worst == 2 && after == 1,
            "September: still red. In October material comes again: red becomes yellow.",
            "9月仍为红色；10月原材料恢复供应，由红转黄。",
        );
        self.issue(stage, "demo-2022-10", "2022-10", day("2022-11-18"))?;
        let confirmed = remark("已复产");
        let case = self.step(
            day("2022-11-21"),
            "confirm",
            "enterprise",
            &enterprise,
            confirmed,
        )?;
        stage.expect(
            case.is_closed && case.state == "closed",
            "The enterprise itself confirms: the case is closed.",
            "企业本人确认办结。",
        );
        self.month(merged("11"), day("2022-12-12"))?;
        let open = self.judge(merged("11"), day("2022-12-13"))?;
        stage.expect(
            open == 0 && self.warning()?.is_none(),
            &format!("November: the warning has ended; {open} of others are open."),
            &format!("11月：预警解除，其他未解除{open}条。"),
        );
        Ok(())
    }

    pub(super) fn measures(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "The ledger of measures: the joint notice's tasks as an example",
            "任务台账：以联合通知17条为例",
        );
        let sender = Party::new(OFFICE, "");
        let until = Some("2022-12-31".parse()?);
        let count = list_notice(&self.folder, day("2022-12-14"), until, &sender)?;
        let region = Object::region(self.province.region());
        let all = measures::of(&*self.folder.view(), &region, Instant::LAST)?;
        let first = all.first().ok_or("no task is listed")?.clone();
        let said = Said {
            message: "accept".to_owned(),
            role: "lead".to_owned(),
            sender: first.owner.clone(),
            key: "accept".to_owned(),
            ..Said::default()
        };
        let table = measures::table();
        let task = facts::commit(&self.folder.store, day("2022-12-15"), |view, at| {
            measures::step(view, at, &table, &first.name, &said)
        })?;
        stage.expect(
            all.len() == count && task.state == "under-way",
            &format!(
                "{count} tasks of 17 articles are listed; {} has accepted the first.",
                task.owner.body
            ),
            &format!("17条{count}项任务已列入；{}已领受第一项。", task.owner.body),
        );
        Ok(())
    }

    pub(super) fn bulletins(&mut self, stage: &mut Stage) -> Done {
        stage.chapter("The bulletin tells it", "写入通报");
        self.issue(stage, "demo-2022-11", "2022-11", day("2022-12-18"))
    }

    /// The open warnings, as a bulletin tells of them; the one that is being seen to with its case.
    fn told(&self) -> Result<Vec<Told>, Box<dyn Error>> {
        let hit = self.subject()?;
        let case = |warning: &Warning| (warning.subject == hit).then(|| "case-1".to_owned());
        bulletin::warnings(&self.folder, self.province.region(), &case)
    }

    fn issue(&self, stage: &mut Stage, name: &str, month: &str, now: Instant) -> Done {
        let folder = &self.folder;
        let addressee = "合成丙市人民政府";
        let wanted = Wanted {
            name: name.to_owned(),
            corrects: None,
            number: String::new(),
            issuer: OFFICE.to_owned(),
            addressees: vec![addressee.to_owned()],
            region: self.province.region(),
            month: month.parse()?,
            at: facts::ledger::Ledger::read(&*folder.view())?.newest,
            issued: now.day_in_china().unwrap_or(Date::FIRST),
            document: Some("notice-2022".to_owned()),
            warnings: self.told()?,
        };
        let order = wanted.order(folder)?;
        let names = |object: &Object| folder.name(object);
        let issued = facts::commit(&folder.store, now, |view, at| {
            issue(view, at, &order, &names)
        })?;
        let is_same = bulletin::is_same_again(&*folder.view(), &issued)?;
        let text = monitor::bulletin::json(&issued);
        let is_told = text.contains("合成丙市") && text.contains("合成数据");
        for end in ["docx", "html", "xlsx", "json"] {
            bulletin::write(&issued, &self.path.join(format!("{name}.{end}")))?;
        }
        facts::commit(&folder.store, now, |view, at| {
            receive(view, at, name, (addressee, "值班室"), "receipt")
        })?;
        let receipts = receipts(&*folder.view(), name)?.len();
        let file = self.path.join(format!("{name}.docx"));
        stage.expect(
            is_same && is_told && receipts == 1,
            &format!(
                "{}: {} figures lead back to their sources; made again it is the same octets; \
                 received. {}",
                issued.title[0],
                issued.sources.len(),
                file.display()
            ),
            &format!(
                "{}：{}个数据可溯源；重新生成逐字节一致；已签收。{}",
                issued.title[1],
                issued.sources.len(),
                file.display()
            ),
        );
        Ok(())
    }

    pub(super) fn end(self) -> Done {
        Ok(self.folder.store.close()?)
    }
}
