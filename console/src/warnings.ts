// What a warning is called. Not here: what it says.
import type { Warning } from './shapes';
import { nameOf } from './state.svelte';

/** What the rule calls its level, unless that is a colour, which the lamp says. */
export function levelOf(warning: Warning): string {
  return warning.levelName === warning.lamp ? '' : warning.levelName;
}

export function subjectOf(warning: Warning): string {
  return warning.objects.map(nameOf).join(' · ');
}
