// Where the reader is. Links are plain links; clicks on them change the view without a new page.

import { match, type Route } from './route';

class Router {
  route = $state<Route>(match(location.pathname));
  query = $state(new URLSearchParams(location.search));
  hash = $state(location.hash);
  /** Another view was asked for within the page, and its heading has not been told yet. */
  arriving = false;

  #path = location.pathname;

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#clicked(event));
  }

  /** Goes there. `stay` leaves the focus where it is, as for a choice that changes what is beside it. */
  go(path: string, { replace = false, stay = false } = {}): void {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.#read();
    if (stay) this.arriving = false;
    if (!replace && !this.hash) scrollTo(0, 0);
  }

  /** Changes the query of this view and leaves no trace in the history. */
  ask(query: Record<string, string>): void {
    const kept = Object.entries(query).filter(([, value]) => value !== '');
    const text = new URLSearchParams(kept).toString();
    this.go(location.pathname + (text ? `?${text}` : ''), { replace: true });
  }

  #read(): void {
    if (location.pathname !== this.#path) this.arriving = true;
    this.#path = location.pathname;
    this.route = match(location.pathname);
    this.query = new URLSearchParams(location.search);
    this.hash = location.hash;
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download')) return;
    const leaves = link.origin !== location.origin || /^\/(api|docs|openapi\.json)/.test(link.pathname);
    if (leaves || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}

export const router = new Router();
