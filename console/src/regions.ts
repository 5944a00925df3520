// Which region lies in which, by their codes. Not here: what they are called.

/** The digits of a code that say which region it is: two, four, six, nine or twelve. */
function own(code: string): string {
  const levels = [0, 2, 4, 6, 9, 12];
  const digits = levels.find((length) => /^0*$/.test(code.slice(length))) ?? code.length;
  return code.slice(0, digits);
}

/** Whether a region is another, or lies in it. */
export function isWithin(code: string, whole: string): boolean {
  return code.startsWith(own(whole));
}
