// A conversation as a file.

import type { Conversation, Message } from './api/client';
import { names } from './format';

/** One JSON object a line: the conversation, then its messages. */
export function asJsonLines(conversation: Conversation, messages: readonly Message[]): string {
  return [conversation, ...messages].map((item) => `${JSON.stringify(item)}\n`).join('');
}

/** A document. What people and characters wrote is escaped: it stays text. */
export function asMarkdown(conversation: Conversation, messages: readonly Message[]): string {
  const head = `# ${escaped(names(conversation.participants, 8))}\n\n`;
  const topic = conversation.topic === null ? '' : `About ${escaped(conversation.topic)}.\n\n`;
  const lines = messages.map((message) => {
    const aside = message.kind === 'aside' ? ' (aside)' : '';
    return `**${escaped(message.from)}**${aside}: ${escaped(message.text)}\n`;
  });
  return head + topic + lines.join('\n');
}

const escaped = (text: string): string =>
  text.replace(/\s+/gu, ' ').replace(/[\\`*_{}[\]<>()#+\-.!|&~]/gu, '\\$&');

/** Hands text to the browser as a download. */
export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
