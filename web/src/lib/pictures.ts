// The pictures that characters brought with them on their cards. A view that knows its cast offers
// them; faces anywhere below it ask by name.

import { getContext, setContext } from 'svelte';
import type { Character } from './api/client';

const KEY = Symbol('pictures');

/** The address of somebody's picture; null where there is none. */
export type Pictures = (name: string) => string | null;

export const offerPictures = (pictures: Pictures): Pictures => setContext(KEY, pictures);

export const offeredPictures = (): Pictures => getContext<Pictures | undefined>(KEY) ?? (() => null);

/** The pictures of a cast, by name. */
export const picturesOf = (world: string, cast: readonly Character[]): ReadonlyMap<string, string> =>
  new Map(
    cast
      .filter((character) => character.picture)
      .map(({ name, slug }) => [
        name,
        `/api/worlds/${encodeURIComponent(world)}/characters/${encodeURIComponent(slug)}/picture`,
      ]),
  );
