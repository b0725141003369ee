/**
 * What `sadf -x FILE -- -A` prints, and every sosreport holds: the same history as XML. An entry at a time is held, and read
 * as the JSON it stands for; entities other than XML's own are refused, and no DTD is read.
 */
import { SaxesParser } from 'saxes';
import type { Chunks } from '../lines.ts';
import { createPoints, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import type { Json } from './json.ts';
import { createSadfClock, type SadfClock } from './sadf-clock.ts';
import { markEntry, takeEntry } from './sadf-entry.ts';
import { hostOf } from './sadf-json.ts';
import { jsonOf, type XmlNode } from './xml-entry.ts';

const MOST_DEPTH = 16;
/** Of a number or a name. */
const LONGEST_TEXT = 1_024;
const MOST_NODES = 500_000;
/** The parser holds the text of an element whole. */
const MOST_SILENT_BYTES = 16 * 1024 * 1024;

type Reader = {
  readonly table: PointTable;
  readonly clock: SadfClock;
  readonly asked: Asked;
  /** Elements that are open, from the root. */
  readonly path: string[];
  /** Of the entry that is being read, the outermost first. */
  readonly nodes: XmlNode[];
  readonly host: Record<string, Json>;
  text: string;
  held: number;
  /** Since an element last began. */
  silentBytes: number;
  entries: number;
  hosts: number;
  refused: Unreadable | null;
};

export const readSadfXml = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('entry');
  const clock = createSadfClock(asked.zone, table.notes);
  const reader: Reader = {
    ...{ table, clock, asked, path: [], nodes: [], host: {} },
    ...{ text: '', held: 0, silentBytes: 0, entries: 0, hosts: 0, refused: null },
  };
  const parser = new SaxesParser();
  const refuse = (why: string): void => {
    reader.refused ??= { where: `line ${parser.line}`, why };
  };
  parser.on('error', (error) => refuse(`it is not XML: ${error.message.replace(/^\d+:\d+: /, '')}`));
  parser.on('opentag', ({ name, attributes }) => open(reader, name, attributes, refuse));
  parser.on('text', (text) => {
    if (reader.nodes.length > 0 || reader.path.length === HOST_FACT_DEPTH)
      reader.text += text.slice(0, LONGEST_TEXT);
  });
  parser.on('closetag', ({ name }) => close(reader, name, refuse));
  const decoder = new TextDecoder();
  try {
    for await (const chunk of chunks) {
      reader.silentBytes += chunk.length;
      if (reader.silentBytes > MOST_SILENT_BYTES) refuse('an element in it is longer than 16 MiB');
      parser.write(decoder.decode(chunk, { stream: true }));
      if (reader.refused !== null) return reader.refused;
    }
  } catch (error) {
    // A file that a crash has cut is what is left of the outage.
    if (table.times.us.length === 0) throw error;
    leaveOut(table, `ends that could not be read: ${(error as Error).message}`);
  }
  if (reader.path.length === 0) parser.close();
  else if (table.times.us.length > 0) leaveOut(table, 'ends that are cut off');
  else refuse('it is cut off before its first entry is whole');
  if (reader.refused !== null) return reader.refused;
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no statistics with a time' };
  if (reader.hosts > 1) leaveOut(table, 'hosts after the first; import one host at a time', reader.hosts - 1);
  return settle(table) ?? { table, host: hostOf(reader.host) };
};

/** sysstat, host, and what is said of it. */
const HOST_FACT_DEPTH = 3;

type Refuse = (why: string) => void;

const open = (
  reader: Reader,
  name: string,
  attributes: Readonly<Record<string, string>>,
  refuse: Refuse,
): void => {
  const { path, nodes } = reader;
  path.push(name);
  reader.text = '';
  reader.silentBytes = 0;
  if (path.length > MOST_DEPTH) refuse('its elements stand too deep in each other');
  if (name === 'host' && path.length === HOST_FACT_DEPTH - 1) {
    reader.hosts += 1;
    if (reader.hosts === 1) reader.host.nodename = attributes.nodename ?? null;
  }
  if (reader.hosts !== 1 || reader.refused !== null) return;
  if (name === 'boot' || name === 'comment')
    markEntry(
      reader.table,
      { ...attributes },
      reader.asked.zone,
      name === 'boot' ? 'restart' : `comment: ${attributes.com ?? ''}`,
    );
  const parent = nodes.at(-1);
  if (name !== 'timestamp' && parent === undefined) return;
  reader.held += 1;
  if (reader.held > MOST_NODES) refuse(`an entry has more than ${MOST_NODES} elements`);
  const node: XmlNode = { name, attributes, children: [], text: '' };
  parent?.children.push(node);
  nodes.push(node);
};

const close = (reader: Reader, name: string, refuse: Refuse): void => {
  const { path, nodes, table, clock } = reader;
  if (path.length === HOST_FACT_DEPTH && reader.hosts === 1 && nodes.length === 0)
    reader.host[name] = reader.text;
  path.pop();
  const node = nodes.pop();
  if (node === undefined) return;
  node.text = reader.text;
  reader.text = '';
  if (nodes.length > 0) return;
  reader.held = 0;
  reader.entries += 1;
  const why = takeEntry(table, clock, jsonOf(node), reader.entries);
  if (why !== null) refuse(why);
};
