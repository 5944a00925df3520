//! The ledger of measures, and the bulletins that tell of all.
//!
//! Not here: what they tell of.

use super::{Done, OFFICE, Story, day};
use crate::demo::Stage;
use crate::monitor::bulletin::{self, Wanted};
use crate::monitor::measures::list_notice;
use crate::monitor::run;
use codes::Date;
use facts::{Instant, Object};
use monitor::bulletin::{Warning as Told, receipts, receive};
use monitor::cases::{Party, Said};
use monitor::measures;
use monitor::warn::warning::Warning;
use std::error::Error;

impl Story {
    pub(crate) fn measures(&mut self, stage: &mut Stage) -> Done {
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

    pub(crate) fn bulletins(&mut self, stage: &mut Stage) -> Done {
        stage.chapter("The bulletin tells it", "写入通报");
        self.issue(stage, "demo-2022-11", "2022-11", day("2022-12-18"))?;
        let done = run::round(&self.folder, day("2022-12-19"))?;
        let outgoing = self.path.join("outgoing");
        stage.expect(
            done.delivered == 2,
            &format!(
                "Both bulletins have left the outbox: {}",
                outgoing.display()
            ),
            &format!("两期通报均已送出：{}", outgoing.display()),
        );
        Ok(())
    }

    /// The open warnings, as a bulletin tells of them; the one that is being seen to with its case.
    fn told(&self) -> Result<Vec<Told>, Box<dyn Error>> {
        let hit = self.subject()?;
        let case = |warning: &Warning| (warning.subject == hit).then(|| "case-1".to_owned());
        bulletin::warnings(&self.folder, self.province.region(), &case)
    }

    pub(super) fn issue(&self, stage: &mut Stage, name: &str, month: &str, now: Instant) -> Done {
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
        let issued = bulletin::issued(folder, &order, now)?;
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
}
