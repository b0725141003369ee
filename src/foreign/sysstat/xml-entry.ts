/** An entry of sadf's XML as the entry of its JSON, so that both give the same metrics. */
import type { Json } from './json.ts';

export type XmlNode = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  text: string;
};

/** Elements that JSON has as members of a list that bears the name of what they stand in. */
const ITEMS: ReadonlySet<string> = new Set(
  'cpu tty disk-device irq cpufreq filesystem fan temp in usb fchost cpuwfreq'.split(' '),
);
/** Those that it has as a list of their own name. */
const LISTS: ReadonlySet<string> = new Set('net-dev net-edev softnet'.split(' '));
/** Those that it does not have: what they say is said of all in them. */
const AROUND: ReadonlySet<string> = new Set('int-global int-proc net-device'.split(' '));
/** What things are called there. */
const NAMES: Readonly<Record<string, string>> = { dev: 'disk-device', fsname: 'filesystem' };
const NOT_VALUES: ReadonlySet<string> = new Set(['per', 'unit']);

/** Of an element `timestamp`. */
export const jsonOf = ({ attributes, children }: XmlNode): Json => ({
  timestamp: { ...attributes },
  ...(contentOf(children, {}) as Record<string, Json>),
});

type Attributes = XmlNode['attributes'];

const contentOf = (children: readonly XmlNode[], inherited: Attributes): Json => {
  const list: Json[] = [];
  const content: Record<string, Json> = {};
  for (const child of children) {
    if (AROUND.has(child.name)) {
      const inner = contentOf(child.children, { ...inherited, ...child.attributes });
      if (Array.isArray(inner)) list.push(...(inner as readonly Json[]));
      else mergeInto(content, inner as Record<string, Json>);
    } else if (ITEMS.has(child.name)) list.push(valuesOf(child, inherited));
    else if (LISTS.has(child.name))
      content[child.name] = [...listAt(content, child.name), valuesOf(child, inherited)];
    else content[child.name] = valuesOf(child, inherited);
  }
  return list.length > 0 ? list : content;
};

const listAt = (content: Record<string, Json>, name: string): readonly Json[] => {
  const known = content[name];
  return Array.isArray(known) ? (known as readonly Json[]) : [];
};

const mergeInto = (content: Record<string, Json>, inner: Readonly<Record<string, Json>>): void => {
  for (const [name, value] of Object.entries(inner))
    content[name] = Array.isArray(value) ? [...listAt(content, name), ...(value as readonly Json[])] : value;
};

const valuesOf = ({ name, attributes, children, text }: XmlNode, inherited: Attributes): Json => {
  if (children.length === 0 && Object.keys(attributes).length === 0) return numberOf(text);
  if (name === 'irq') return interruptOf(attributes);
  const values: Record<string, Json> = {};
  for (const [key, value] of Object.entries({ ...inherited, ...attributes })) {
    if (NOT_VALUES.has(key)) continue;
    const called = name === 'cpu' && key === 'number' ? 'cpu' : (NAMES[key] ?? key);
    values[name === 'filesystem' ? called.replace(/^(\w+)-percent$/, '%$1') : called] = numberOf(value);
  }
  const inner = contentOf(children, {});
  if (Array.isArray(inner)) return inner;
  return { ...values, ...(inner as Record<string, Json>) };
};

/** Of one CPU or all. */
const interruptOf = ({ intr = '', cpu, value = '' }: Attributes): Json => {
  const whose = cpu === undefined ? 'value' : cpu === 'all' ? 'all' : `CPU${cpu}`;
  return { intr, [whose]: numberOf(value) };
};

/** Names stay text; they are used as they are. */
const numberOf = (text: string): Json => {
  const trimmed = text.trim();
  return /^-?\d+(?:\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
};
