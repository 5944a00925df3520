// Something that somebody does on a screen: busy while it is sent, and why not if it was refused.
import { t, whyNot, shared } from './state.svelte';

export class Doing {
  problem = $state('');
  isBusy = $state(false);

  /** Does it, unless something is being done: who clicks twice means it once. */
  async run(action: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.problem = '';
    this.isBusy = true;
    try {
      await action();
    } catch (error) {
      this.problem = whyNot(error);
    }
    this.isBusy = false;
  }

  /** The same, and says that it was done to those who do not see what has changed. */
  async step(action: () => Promise<void>): Promise<void> {
    await this.run(async () => {
      await action();
      shared.notice = t('已办理', 'done');
    });
  }
}

/** A key for a message: sent again after a lost answer, it is the same message. */
export function freshKey(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
