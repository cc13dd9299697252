// Emmett on PostgreSQL for emmett.py: one command in JSON on each line of standard input, one answer on each of output.
// node emmett.mjs NODE_FOLDER CONNECTION_STRING

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, connectionString] = process.argv.slice(2);
// The packages lie in a folder of their own, not above this file.
const load = createRequire(pathToFileURL(`${folder}/`));
const { getPostgreSQLEventStore, readMessagesBatch } = load('@event-driven-io/emmett-postgresql');
const { dumbo } = load('@event-driven-io/dumbo');

// All in one page. The store's own paging goes on after the last global position, but orders by transaction first: where
// writers were concurrent, it passes over messages, or gives them twice.
const PAGE_MESSAGES = 100_000_000;
const store = getPostgreSQLEventStore(connectionString);
const pool = dumbo({ connectionString });

const streamOf = (project) => `project-${project}`;
const messageOf = (event) => ({ type: event.type, data: event });

function eventsIn(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
}

// Events per second, when a writer for each of the shares works through it beside the others.
async function rate(count, shares, write) {
  const begin = performance.now();
  await Promise.all(shares.map(write));
  return count / ((performance.now() - begin) / 1e3);
}

function add(sums, event, cut) {
  if (event.biz > cut.biz || (cut.rec !== null && event.rec >= cut.rec)) return sums;
  const [allocated, disbursed, score] = sums ?? [0, 0, 0];
  switch (event.type) {
    case 'allocation': return [allocated + event.amount, disbursed, score];
    case 'disbursement': return [allocated, disbursed + event.amount, score];
    case 'reversal': return [allocated, disbursed - event.amount, score];
    default: return [allocated, disbursed, score + event.score];
  }
}

async function everyProject(cut) {
  const table = {};
  const { messages } = await readMessagesBatch(pool.execute, { after: 0n, batchSize: PAGE_MESSAGES });
  for (const { data } of messages) {
    const sums = add(table[data.proj], data, cut);
    if (sums !== undefined) table[data.proj] = sums;
  }
  return { table, count: messages.length };
}

const commands = {
  start: async () => {
    await store.schema.migrate();
  },
  singles: async ({ file, writers }) => {
    const shares = Array.from({ length: writers }, () => []);
    const events = eventsIn(file);
    for (const event of events) shares[Number(event.proj.slice(1)) % writers].push(event);
    return rate(events.length, shares, async (share) => {
      for (const event of share) {
        const expected = event.ver === 1 ? 'STREAM_DOES_NOT_EXIST' : BigInt(event.ver - 1);
        await store.appendToStream(streamOf(event.proj), [messageOf(event)], { expectedStreamVersion: expected });
      }
    });
  },
  bulk: async ({ file, writers }) => {
    const events = eventsIn(file);
    const streams = new Map();
    for (const event of events) {
      if (!streams.has(event.proj)) streams.set(event.proj, []);
      streams.get(event.proj).push(event);
    }
    // One list that all writers take from: whoever is free takes the next project.
    const waiting = streams.entries();
    return rate(events.length, Array.from({ length: writers }), async () => {
      for (const [project, its] of waiting) await store.appendToStream(streamOf(project), its.map(messageOf));
    });
  },
  one: async ({ project, cut }) => {
    const evolve = (sums, { data }) => add(sums, data, cut);
    const found = await store.aggregateStream(streamOf(project), { evolve, initialState: () => [0, 0, 0] });
    return found.state;
  },
  every: async ({ cut }) => (await everyProject(cut)).table,
  rebuild: async ({ cut }) => (await everyProject(cut)).count,
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  try {
    const answer = await commands[asked.do](asked);
    process.stdout.write(`${JSON.stringify({ answer: answer ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error?.stack ?? error) })}\n`);
  }
}
await store.close();
await pool.close();
