// The worlds of the server, asked for once for all views.

import { ask, client, describe, type World } from './api/client';

class Worlds {
  all = $state.raw<World[] | null>(null);
  error = $state<string | null>(null);

  async load(): Promise<void> {
    try {
      this.all = (await ask(client.GET('/api/worlds'))).items;
      this.error = null;
    } catch (error) {
      this.error = describe(error);
    }
  }
}

export const worlds = new Worlds();
