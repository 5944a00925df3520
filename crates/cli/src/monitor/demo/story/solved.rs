//! A case is opened, owned and solved, while the months go on.
//!
//! Not here: the warning that it is opened for (`warned`).

use super::{Done, HELPER, OFFICE, Story, day, merged};
use crate::demo::Stage;
use facts::Instant;
use monitor::cases::{self, About, Bottleneck, Party, Said};
use std::error::Error;

impl Story {
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

    pub(crate) fn somebody_sees_to_it(&mut self, stage: &mut Stage) -> Done {
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

    pub(crate) fn the_months_go_on(&mut self, stage: &mut Stage) -> Done {
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
}
