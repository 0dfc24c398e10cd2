// Side threads under what they branched off from.

import type { Conversation } from './api/client';

export interface Branch {
  conversation: Conversation;
  depth: number;
}

/** Deepest indentation that is shown. */
const DEPTH_MAX = 6;

/**
 * The conversations in their order, each followed by its side threads. One whose parent is not in
 * the list stands at the top.
 */
export function tree(all: readonly Conversation[]): Branch[] {
  const known = new Set(all.map((c) => c.id));
  const children = new Map<string, Conversation[]>();
  const roots: Conversation[] = [];
  for (const conversation of all) {
    const parent = conversation.parentId;
    if (parent === null || parent === conversation.id || !known.has(parent)) roots.push(conversation);
    else children.set(parent, [...(children.get(parent) ?? []), conversation]);
  }
  const branches: Branch[] = [];
  const seen = new Set<string>();
  const walk = (conversation: Conversation, depth: number): void => {
    if (seen.has(conversation.id)) return;
    seen.add(conversation.id);
    branches.push({ conversation, depth: Math.min(depth, DEPTH_MAX) });
    for (const child of children.get(conversation.id) ?? []) walk(child, depth + 1);
  };
  for (const root of roots) walk(root, 0);
  // A circle of parents can't come from the server; it would still be shown.
  for (const conversation of all) walk(conversation, 0);
  return branches;
}

/**
 * The same conversations in such an order that those which stay keep their places: who comes takes the
 * place of one that went. So a list does not jump under the hand of whoever is about to press.
 */
export function steady(before: readonly string[], now: readonly Conversation[]): Conversation[] {
  const known = new Set(before);
  const staying = new Map(now.filter(({ id }) => known.has(id)).map((conversation) => [conversation.id, conversation]));
  const fresh = now.filter(({ id }) => !known.has(id));
  const places = before.map((id) => staying.get(id) ?? fresh.shift());
  return [...places.filter((conversation) => conversation !== undefined), ...fresh];
}
