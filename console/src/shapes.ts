// What the API answers with. Numbers come as text: they are exact, and stay so until they are drawn.

export type Pair = { english: string; chinese: string };
export type Word = Pair & { code: string };
export type Thing = { role: string; code: string; name: string | null };
export type PeriodCode = { code: string; chinese: string };
export type Unit = { code: string; chinese: string };

export type Status = {
  mark: string;
  region: Thing;
  indicator: Word;
  indicators: Word[];
  months: string[];
  today: string;
  rights: 'read' | 'see' | 'act';
  body: string | null;
  actsForAll: boolean;
};

export type Asked = {
  mark: string;
  indicator: Word;
  form: string;
  period: PeriodCode;
  month: string;
  unit: Unit;
  region: Thing;
  seesEnterprises: boolean;
};

export type Figure = { now: string; base: string; growth: string | null; pull: string | null };

export type Board = Asked & {
  isWithheld: boolean;
  regions: Thing[];
  industries: Thing[];
  figures: (Figure | null)[][];
};

export type Lag = Asked & {
  lines: {
    object: Thing;
    target: string | null;
    growth: string | null;
    behind: string | null;
    growthNeeded: string | null;
  }[];
};

export type Here = { region: string; industry: string | null };

export type Line = Figure & {
  object: Thing;
  contribution: string | null;
  rank: number | null;
  enterprises: number | null;
  next: Here | null;
};

export type Sheet = Asked & {
  by: string;
  isProtected: boolean;
  hidden: number;
  leftOut: number;
  here: Here;
  trail: (Here & { name: string | null })[];
  whole: Figure | null;
  lines: Line[];
  notComparable?: number;
  withoutPlace?: number;
};

export type TargetLine = {
  object: Thing;
  indicator: Word;
  year: number;
  growth: string;
  by: string;
  isOfFile: boolean;
};

export type TaskText = {
  name: string;
  version: number | null;
  text: string;
  dueDays: number;
  within: Thing;
  series: number;
};

export type CheckSet = {
  name: string;
  version: number;
  text: string;
  mappings: string[];
  rules: { name: string; severity: Pair }[];
};

export type Silence = {
  name: string;
  rule: string | null;
  region: Thing | null;
  from: string;
  until: string;
  by: string;
  reason: string;
  holds: boolean;
  hasEnded: boolean;
};

/** Why nobody is told of a warning. */
export type Muted = { kind: string; by: string; reason?: string | null; until?: string | null };

export type Point = {
  period: string;
  month: string;
  now: string | null;
  cumulated: string | null;
  growth: string | null;
  revisions: number;
  missing: number;
};

export type Told = {
  period: string;
  month: string;
  knownAt: string;
  number: string | null;
  unit: Unit;
  reporter: string;
  source: { file: string; sheet: string; cell: string } | null;
};

export type Series = Asked & {
  objects: Thing[];
  within?: Thing[];
  isSum: boolean;
  isProtected: boolean;
  points: Point[];
  revisions: Told[];
};

export type Warning = {
  name: string;
  rule: Word & { version: number };
  objects: Thing[];
  lamp: string;
  levelName: string;
  raisedAt: string;
  raisedIn: PeriodCode;
  period: PeriodCode;
  month: string;
  owner: string;
  acknowledged: { by: string; at: string } | null;
  regionsUp: number;
  muted?: Muted | null;
};

export type Used = {
  indicator: Word;
  form: string;
  objects: Thing[];
  period: PeriodCode;
  number: string | null;
};

export type WarningShown = Warning & {
  endedAt: string | null;
  cases?: { name: string; title: string }[];
  steps: {
    kind: Pair;
    cause: Pair;
    at: string;
    period: PeriodCode;
    levelName: string;
    level: number;
    owner: string;
    remark?: string;
    why?: string;
    figures?: Used[];
  }[];
};

export type Party = { body: string; person: string };

export type Stand = {
  name: string;
  title: string;
  state: Word;
  isClosed: boolean;
  opened: string;
  since: string;
  due: string | null;
  until: string | null;
  owner: Party;
  helpers: Party[];
  region: Thing;
  remark: string;
  waitsFor: Word | null;
  lamp: string;
  daysLeft?: number | null;
  moves: { message: Word; role: Word; to: Word }[];
  evidence: { kind: string; link?: string; name?: string; figure?: string }[];
  steps?: { at: string; event: string; by: string; state: Word; remark: string }[];
};

export type Case = Stand & { enterprise: Thing; class: Word; warning: string | null };

export type Task = Stand & {
  document: string;
  article: number;
  measure: Pair;
  task: Pair;
  indicators: string[];
  outcome: Pair;
  effects?: Effect[];
};

export type EffectFigure = { number: string; unit: Unit; period: PeriodCode };

export type Effect = {
  indicator: Word;
  told: EffectFigure | null;
  base: EffectFigure | null;
  moved: { kind: 'per-cent' | 'points' | 'points-on-period'; by: string } | null;
};

export type Count = {
  region: Thing;
  level: string;
  expected: number;
  accepted: number;
  acceptedLate: number;
  received: number;
  rejected: number;
  due: number;
  late: number;
};

export type Batch = {
  id: string;
  at: string;
  file: string;
  reporter: string;
  figures: number;
  held: number;
  isUndone: boolean;
  undoes: string | null;
};

export type Called = {
  region: Thing;
  level: string;
  body: string | null;
  about: number;
  days: number;
  named: { object: Thing; days: number }[];
};

export type Undone = {
  batch: string | null;
  restored: number;
  emptied: number;
  later: number;
  frozen: number;
};

export type Collection = {
  task: string;
  tasks: string[];
  chase: { days: number; level: string }[];
  period: PeriodCode;
  due: string | null;
  frozenUntil: string | null;
  regions: Count[];
  lateCount?: number;
  late?: {
    object: Thing;
    region: Thing | null;
    state: Pair;
    daysBehind: number;
    missing: number;
  }[];
  calls?: Called[];
  batches?: Batch[];
};

export type Finding = Pair & {
  severity: string;
  code: string;
  sheet: string | null;
  spot: string;
  at: string;
  holdsBack: boolean;
  canBeExplained: boolean;
  explanation: string | null;
};

export type Enrolment = {
  isDry: boolean;
  rows: number;
  changed: number;
  findingsCount: number;
  findings: Finding[];
};

export type Verdict = {
  needsMapping?: boolean;
  proposal?: string | null;
  doubts?: (Pair & { sheet: string; column: string })[];
  isDry: boolean;
  file: string;
  mapping: string;
  rules: { name: string; version: number };
  batch: string | null;
  rows: number;
  figures: number;
  unchanged: number;
  held: number;
  isClean: boolean;
  findingsCount: number;
  findings: Finding[];
};

export type RuleShape = Pair & {
  name: string;
  thresholds: { name: string; number: string }[];
  levels: { name: string; title: string }[];
};

export type Version = {
  name: string;
  number: number;
  state: Word;
  text: string;
  result: string | null;
  steps: { state: Pair; at: string; by: string }[];
  rule: RuleShape | null;
};

export type Complaint = Pair & { line: number; column: number };

export type Score = {
  hits: number;
  misses: number;
  falseAlarms: number;
  periodsInAlarm: number;
  periods: number;
  lead: string | null;
  cost: string;
};

export type BackTest = {
  digest: string;
  score: Score;
  findings: Pair[];
  curve: { threshold: string; points: (Score & { number: string })[] } | null;
  subjects: number;
  subjectsInAlarm: number;
  runs: { objects: Thing[]; points: [string, number][] }[];
  version: Version;
};

export type Composed = Pair & {
  name: string;
  sources: number;
  warnings: number;
  at: number;
  digest: string;
  html: string;
};

export type Issued = Pair & {
  name: string;
  at: string;
  corrects: string | null;
  sha256: string;
  month: string;
  receipts: { addressee: string; person: string; at: string }[];
  missing: string[];
};
