// Numbers on their way to eyes. Not here: reckoning, which the program does, exactly.

/** With thousands apart, and at most so many places; text that is no number stays as it is. */
export function shown(number: string | null | undefined, places = 1): string {
  if (number === null || number === undefined) return '—';
  const value = Number(number);
  if (!Number.isFinite(value)) return number;
  return value.toLocaleString('en-US', { maximumFractionDigits: places });
}

/** With its sign and one place: growths, pulls. */
export function signed(number: string | null | undefined): string {
  if (number === null || number === undefined) return '—';
  const value = Number(number);
  const text = Math.abs(value).toFixed(1);
  return (value > 0 ? '+' : value < 0 ? '−' : '') + text;
}

/** How warm a growth is, from -4 to 4: a name of a class. */
export function heat(growth: string | null | undefined): string {
  if (growth === null || growth === undefined) return 'heat-none';
  const value = Number(growth);
  const steps = [2, 5, 10, 20];
  const step = steps.filter((limit) => Math.abs(value) >= limit).length;
  if (step === 0) return 'heat-0';
  return value > 0 ? `heat-up-${step}` : `heat-down-${step}`;
}

/** Round numbers from below the least to above the greatest. */
export function ticks(least: number, greatest: number, count: number): number[] {
  if (!(greatest > least)) return [least];
  const rough = (greatest - least) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((of) => of * power).find((of) => of >= rough) ?? rough;
  const found = [];
  for (let at = Math.floor(least / step); at * step < greatest + step; at++) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}

/** A moment of the program as a clock in China shows it. */
export function moment(at: string | null | undefined): string {
  if (!at) return '';
  const day = new Date(at);
  if (Number.isNaN(day.getTime())) return at;
  return day.toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 16);
}
