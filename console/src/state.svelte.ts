// What all screens share: language, colours, where we are, what is asked for, who we are.
import type { Pair, PeriodCode, Status, Thing, Unit } from './shapes';
import { Refusal } from './api';

const kept = (name: string) => localStorage.getItem(`nameplate-${name}`);
const keep = (name: string, value: string) => localStorage.setItem(`nameplate-${name}`, value);

export type Language = 'zh' | 'en';
export type Theme = 'auto' | 'light' | 'dark';

class Shared {
  language = $state<Language>(kept('language') === 'en' ? 'en' : 'zh');
  theme = $state<Theme>((kept('theme') as Theme | null) ?? 'auto');
  /** For whom we speak, if our token lets us say so. */
  by = $state(kept('by') ?? '');
  month = $state('');
  indicator = $state('');
  status = $state<Status | null>(null);
  path = $state<string[]>([]);
  query = $state<Record<string, string>>({});
  /** What was done last, for those who cannot see what has changed. */
  notice = $state('');

  setLanguage(language: Language) {
    this.language = language;
    keep('language', language);
  }

  setTheme(theme: Theme) {
    this.theme = theme;
    keep('theme', theme);
  }

  setBy(by: string) {
    this.by = by;
    keep('by', by);
  }

  get mayAct(): boolean {
    return this.status?.rights === 'act';
  }

  get maySee(): boolean {
    return this.status !== null && this.status.rights !== 'read';
  }

  /** Who does it, for a body that is sent. */
  get sender(): string | undefined {
    return this.status?.body ?? (this.by || undefined);
  }
}

export const shared = new Shared();

/** What is said: Chinese, English. */
export function t(chinese: string, english: string): string {
  return shared.language === 'zh' ? chinese : english;
}

export function pair(of: Pair): string {
  return t(of.chinese, of.english);
}

export function unit(of: Unit): string {
  return t(of.chinese, of.code);
}

/** A period in words: in English as a month is written there. */
export function when(of: PeriodCode): string {
  const english = of.code.replace(/^(\d+)-YTD(\d\d)$/, 'January to $1-$2').replace('-M', '-');
  return t(of.chinese, english);
}

export function nameOf(thing: Thing | null | undefined): string {
  return thing ? (thing.name ?? thing.code) : '';
}

export function whyNot(error: unknown): string {
  if (error instanceof Refusal) return t(error.chinese, error.english);
  return String(error);
}

/** Asks again whenever what comes first has changed. */
export function after<T>(_changed: unknown, ask: () => T): T {
  return ask();
}

/** What cannot be decoded stays as it is: it leads nowhere, and hinders nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads where we are from behind the #. */
export function readPlace(): void {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  shared.path = path.split('/').map(decoded);
  shared.query = Object.fromEntries(new URLSearchParams(query));
}

/** The address of a screen. */
export function place(path: string[], query: Record<string, string | null | undefined> = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** Where the figures of a thing are shown. */
export function placeOf(thing: Thing, more: Record<string, string | null> = {}): string {
  const name = { region: 'region', industry: 'industry', enterprise: 'enterprise' }[thing.role];
  return place(['thing'], name ? { [name]: thing.code, ...more } : more);
}
