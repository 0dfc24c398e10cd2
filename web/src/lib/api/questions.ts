// What the views ask the server, by the names of the house.

import { ask, client } from './client';
import type { components, operations } from './schema';

type Schemas = components['schemas'];
export type Bond = Schemas['Bond'];
export type CharacterDetail = Schemas['CharacterDetail'];
export type DeadLetter = Schemas['DeadLetter'];
export type Found = Schemas['Hit'];
export type Hop = Schemas['Hop'];
export type Inbox = Schemas['Inbox'];
export type Inspected = Schemas['InspectedMessage'];
export type Mark = Schemas['Mark'];
export type RoleProcess = Schemas['Role'];
export type Stats = Schemas['Stats'];
export type UsageReport = Schemas['UsageReport'];

type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** What is asked of a list, as it stands in the page's address: an empty text asks for nothing. */
type Wish<Operation extends keyof operations> = { [Key in keyof Query<Operation>]?: string | number };

/** Leaves out what is empty. What the server does not know it refuses with words of its own. */
function query<Operation extends keyof operations>(wish: Wish<Operation>): Query<Operation> {
  const given = Object.entries(wish).filter(([, value]) => value !== '' && value !== undefined);
  return Object.fromEntries(given) as Query<Operation>;
}

export const questions = {
  conversations: (wish: Wish<'all_conversations'>) =>
    ask(client.GET('/api/conversations', { params: { query: query<'all_conversations'>(wish) } })),
  search: (wish: Wish<'search'>) =>
    ask(client.GET('/api/search', { params: { query: query<'search'>(wish) } })),
  character: (world: string, slug: string) =>
    ask(client.GET('/api/worlds/{world}/characters/{slug}', { params: { path: { world, slug } } })),
  setPace: (world: string, pace: string) =>
    ask(client.PATCH('/api/worlds/{world}', { params: { path: { world } }, body: { pace, paused: null } })),
  inspect: (id: string) => ask(client.GET('/api/messages/{id}', { params: { path: { id } } })),
  inboxes: () => ask(client.GET('/api/bus/inboxes')),
  roles: () => ask(client.GET('/api/roles')),
  setRole: (id: string, wish: 'stop' | 'start') => {
    const params = { params: { path: { id } } };
    return ask(
      wish === 'stop' ? client.POST('/api/roles/{id}/stop', params) : client.POST('/api/roles/{id}/start', params),
    );
  },
  deadLetters: (world: string) => ask(client.GET('/api/dead-letters', { params: { query: { world } } })),
  settleDeadLetters: (wish: 'replay' | 'drop', world: string, ids: string[] | 'all') => {
    const body = ids === 'all' ? { world, ids: [], all: true } : { world, ids, all: false };
    return ask(
      wish === 'replay'
        ? client.POST('/api/dead-letters/replay', { body })
        : client.POST('/api/dead-letters/drop', { body }),
    );
  },
  usage: (days: number) => ask(client.GET('/api/usage', { params: { query: { days } } })),
  stats: () => ask(client.GET('/api/stats')),
};
