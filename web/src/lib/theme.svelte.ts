// Morning or evening, as the reader's system says or as chosen here.

export type Scheme = 'system' | 'light' | 'dark';
const KEY = 'parlor.scheme';
const SCHEMES: readonly Scheme[] = ['system', 'light', 'dark'];

function kept(): Scheme {
  try {
    const found = SCHEMES.find((scheme) => scheme === localStorage.getItem(KEY));
    return found ?? 'system';
  } catch {
    // Storage can be forbidden; the page works without.
    return 'system';
  }
}

class Theme {
  scheme = $state<Scheme>(kept());
  /** Whoever wants none gets no movement. */
  calm = $state(matchMedia('(prefers-reduced-motion: reduce)').matches);

  constructor() {
    matchMedia('(prefers-reduced-motion: reduce)').addEventListener('change', (event) => {
      this.calm = event.matches;
    });
    this.#apply();
  }

  /** Goes on to the next scheme. */
  next(): void {
    this.scheme = SCHEMES[(SCHEMES.indexOf(this.scheme) + 1) % SCHEMES.length] ?? 'system';
    try {
      localStorage.setItem(KEY, this.scheme);
    } catch {
      // It then lasts as long as the page.
    }
    this.#apply();
  }

  #apply(): void {
    if (this.scheme === 'system') delete document.documentElement.dataset['scheme'];
    else document.documentElement.dataset['scheme'] = this.scheme;
  }
}

export const theme = new Theme();
