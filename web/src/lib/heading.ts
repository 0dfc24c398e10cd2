// The heading of a view, where the reader's focus goes after a way within the page: a screen reader
// says where one is, and the keyboard goes on from there.

import { router } from './router.svelte';

/** An action for the heading of a view; it is told anew when `what` it names has changed. */
export function heading(element: HTMLElement, _what?: unknown): { update: () => void } {
  const arrive = (): void => {
    if (!router.arriving) return;
    router.arriving = false;
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };
  arrive();
  return { update: arrive };
}
