// The pictures of all worlds' casts, asked for once for each world, where only names are at hand.

import { ask, client } from './api/client';
import { picturesOf } from './pictures';

const NONE: ReadonlyMap<string, string> = new Map();

class Casts {
  #known = $state.raw<ReadonlyMap<string, ReadonlyMap<string, string>>>(new Map());
  #asked = new Set<string>();

  /** The address of somebody's picture; null where there is none, or where it is not known yet. */
  picture(world: string, name: string): string | null {
    if (!this.#asked.has(world)) {
      this.#asked.add(world);
      void this.#load(world);
    }
    return (this.#known.get(world) ?? NONE).get(name) ?? null;
  }

  async #load(world: string): Promise<void> {
    try {
      const cast = await ask(client.GET('/api/worlds/{world}/characters', { params: { path: { world } } }));
      this.#known = new Map(this.#known).set(world, picturesOf(world, cast.items));
    } catch {
      // Faces are drawn from names then; the next page asks again.
      this.#asked.delete(world);
    }
  }
}

export const casts = new Casts();
