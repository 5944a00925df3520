//! Whose figures these are: the open store, the names of things, what is read if nothing else is
//! asked for. Not here: files.

use codes::{Date, Frequency, Industry, List, Period, Region, Unit};
use facts::history::{as_known_at, series_of};
use facts::ledger::Ledger;
use facts::{Error, Instant, Object, Role, View};
use monitor::collect::Task;
use monitor::targets::SetTarget;
use monitor::{Board, Question, Snapshot};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use store::Store;

/// How many snapshots and boards are kept: a board, a drill-down and a year of protected series.
/// One of 100,000 enterprises takes some 15 MB.
const KEPT_COUNT_MAX: usize = 16;

/// From how many enterprises it is looked up which months were told.
const WITNESSES_COUNT: usize = 40;

/// The names of things, and what the user's files say of targets, tasks and offices.
pub struct Tables {
    /// Regions by their codes.
    pub regions: List<Region>,
    /// Industries by their codes.
    pub industries: List<Industry>,
    /// What enterprises are called.
    pub enterprises: HashMap<Object, String>,
    /// Targets that stand in a file.
    pub targets: Vec<SetTarget>,
    /// Tasks that stand in files.
    pub tasks: Vec<Task>,
    /// Which body answers for a region.
    pub offices: HashMap<Region, String>,
}

/// What the console shows: a store that is open, and all that is said about it.
pub struct Bureau {
    /// What stands above everything that is shown, such as 合成数据; empty for nothing.
    pub mark: String,
    /// Whose figures these are.
    pub region: Region,
    /// Whether January and February are told as one.
    pub merged_months: bool,
    /// Which figure is read if none is named.
    pub indicator: String,
    /// The facts; others of this process may record some, too.
    pub store: Arc<Store>,
    /// The names of things.
    pub tables: Tables,
    /// What enterprises are called: those of the tables, and who has come on the roll since.
    enterprises: RwLock<HashMap<Object, String>>,
    kept: Mutex<Kept>,
}

/// Something kept for a question, and the moment of the newest fact by then.
type Newest<K, T> = Vec<((Instant, K), Arc<T>)>;

/// What was read and may be asked for again.
#[derive(Default)]
struct Kept {
    snapshots: Newest<Question, Snapshot>,
    boards: Newest<(Question, Region), Option<Board>>,
    months: Newest<String, Vec<Period>>,
}

impl Bureau {
    /// What is shown of a store.
    pub fn new(
        store: impl Into<Arc<Store>>,
        region: Region,
        indicator: String,
        mut tables: Tables,
    ) -> Self {
        let enterprises = std::mem::take(&mut tables.enterprises);
        Self {
            enterprises: RwLock::new(enterprises),
            mark: String::new(),
            region,
            merged_months: true,
            indicator,
            store: store.into(),
            tables,
            kept: Mutex::default(),
        }
    }

    /// How often figures of months are told.
    pub(super) fn months(&self) -> Frequency {
        if self.merged_months {
            Frequency::MergedMonth
        } else {
            Frequency::Month
        }
    }

    /// What an object is called, if that is known.
    pub(super) fn name(&self, object: &Object) -> Option<String> {
        let tables = &self.tables;
        match object.role() {
            Role::REGION => tables.regions.name(object.as_region()?).map(str::to_owned),
            Role::INDUSTRY => {
                let name = tables.industries.name(object.as_industry()?);
                name.map(str::to_owned)
            }
            _ => self.enterprises().get(object).cloned(),
        }
    }

    /// What enterprises are called.
    pub(super) fn enterprises(&self) -> RwLockReadGuard<'_, HashMap<Object, String>> {
        // Names are put in one by one: what is there is whole.
        self.enterprises
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what enterprises are called that have come on the roll.
    pub(super) fn enrolled(&self, names: impl IntoIterator<Item = (Object, String)>) {
        let enterprises = self.enterprises.write();
        let mut enterprises = enterprises.unwrap_or_else(PoisonError::into_inner);
        enterprises.extend(names);
    }

    /// What is known now.
    pub(super) fn view(&self) -> Box<dyn View> {
        self.store.view()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is kept is whole or not there.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The figures that a question is about; read once for as long as nothing new is known.
    pub(super) fn snapshot(&self, question: &Question) -> Result<Arc<Snapshot>, Error> {
        let view = self.view();
        let newest = Ledger::read(&*view)?.newest;
        let key = (newest, question.clone());
        if let Some(found) = find(&self.kept().snapshots, &key) {
            return Ok(found);
        }
        let taken = Arc::new(Snapshot::take(&*view, question)?);
        Ok(keep(&mut self.kept().snapshots, key, taken))
    }

    /// The board of a region by the regions in it and divisions, fit to be shown; `None` if nothing
    /// of it can be.
    pub(super) fn board(
        &self,
        question: &Question,
        region: Region,
    ) -> Result<Arc<Option<Board>>, Error> {
        let newest = Ledger::read(&*self.view())?.newest;
        let key = (newest, (question.clone(), region));
        if let Some(found) = find(&self.kept().boards, &key) {
            return Ok(found);
        }
        let snapshot = self.snapshot(question)?;
        let board = super::board::of(&snapshot, region)?;
        Ok(keep(&mut self.kept().boards, key, Arc::new(board)))
    }

    /// The months of which an indicator was told and that have a year before, the newest first.
    pub(super) fn told_months(&self, indicator: &str) -> Result<Arc<Vec<Period>>, Error> {
        let view = self.view();
        let newest = Ledger::read(&*view)?.newest;
        let key = (newest, indicator.to_owned());
        if let Some(found) = find(&self.kept().months, &key) {
            return Ok(found);
        }
        let months = Arc::new(self.read_months(&*view, indicator)?);
        Ok(keep(&mut self.kept().months, key, months))
    }

    fn read_months(&self, view: &dyn View, indicator: &str) -> Result<Vec<Period>, Error> {
        let months = self.months();
        let ends = [Date::FIRST, Date::LAST].map(|day| Period::containing(months, day));
        let mut told = BTreeSet::new();
        let is_of_one = |series: &facts::Series| {
            let [object] = series.objects() else {
                return false;
            };
            object.role() == Role::ENTERPRISE && series.frequency() == months
        };
        let all = series_of(view, &indicator.parse()?)?;
        let all: Vec<_> = all.into_iter().filter(is_of_one).collect();
        // From the first to the last: neighbours by code may all be late, or closed.
        let step = all.len().div_ceil(WITNESSES_COUNT).max(1);
        for series in all.iter().step_by(step) {
            let known = as_known_at(view, series, ends, Instant::LAST)?;
            told.extend(known.iter().map(|known| known.period));
        }
        let has_before = |period: &&Period| {
            let before = period.same_last_year();
            before.is_some_and(|before| told.contains(&before))
        };
        Ok(told.iter().rev().filter(has_before).copied().collect())
    }

    /// The unit in which an indicator is read if none is named.
    pub(super) fn unit(indicator: &str) -> Option<Unit> {
        let known = monitor::province::INDICATORS
            .iter()
            .find(|of| of.code == indicator)?;
        let is_money = known.unit.dimension() == codes::Dimension::Yuan;
        Some(if is_money { Unit::YUAN_10K } else { known.unit })
    }
}

fn find<K: PartialEq, T>(kept: &Newest<K, T>, key: &(Instant, K)) -> Option<Arc<T>> {
    let found = kept.iter().find(|(of, _)| of == key);
    found.map(|(_, value)| Arc::clone(value))
}

/// Keeps it in the place of the oldest, if there are too many.
fn keep<K, T>(kept: &mut Newest<K, T>, key: (Instant, K), value: Arc<T>) -> Arc<T> {
    if kept.len() >= KEPT_COUNT_MAX {
        kept.remove(0);
    }
    kept.push((key, Arc::clone(&value)));
    value
}

/// What the clock says.
pub(super) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Instant(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// The day it is in China.
pub(super) fn today() -> Date {
    now().day_in_china().unwrap_or(Date::FIRST)
}
