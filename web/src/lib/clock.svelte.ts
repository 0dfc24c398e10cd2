// The time as the page shows it, in steps of some seconds: enough for "5 minutes ago".

const STEP_MS = 5_000;

class PageClock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.now = Date.now();
    }, STEP_MS);
  }
}

export const clock = new PageClock();
