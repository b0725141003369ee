/** What there is to say of the host with the cursor: its finding in full, as its own screen says it, and who was first. */
import type { Trouble } from '../../insight/elsewhere.ts';
import { factLines } from '../finding/finding-page.ts';
import { type Line, span, type Tone, wrapLine } from '../format/line.ts';
import { clockTime, longDuration } from '../format/numbers.ts';
import { cellsOf, clean } from '../format/text.ts';
import { pressureLine } from '../pressure.ts';
import { initialUi } from '../state.ts';
import { bareView } from '../view.ts';
import { troublesOf } from './among.ts';
import type { HostState } from './host-state.ts';
import type { HostsView } from './hosts-view.ts';

export const hostLines = (view: HostsView, state: HostState | undefined): readonly Line[] => {
  const { hosts, chosen, size, glyphs, nowMs } = view;
  const host = hosts[chosen];
  if (host === undefined || state === undefined) return [];
  const { snapshot, overview, problem } = host;
  const name = clean(host.name, glyphs.charset);
  const wrap = (text: string, tone: Tone): readonly Line[] =>
    wrapLine([], clean(text, glyphs.charset), tone, size.columns);
  const rule: Line = [
    span(name, 'heading'),
    span(` ${glyphs.rule.repeat(Math.max(0, size.columns - cellsOf(name) - 2))}`, 'dim'),
  ];
  const problems = problem === '' ? [] : problem.split('\n').flatMap((line) => wrap(line, 'bad'));
  if (snapshot === null) return [rule, ...problems, ...(problem === '' ? wrap(state.text, 'dim') : [])];
  const own = {
    ...bareView({ snapshot, mode: view.mode, keys: view.keys, size, glyphs }),
    overview,
    among: { name: host.name, troubles: allTroubles(view) },
  };
  return [
    rule,
    ...problems,
    ...(state.kind === 'silent' && state.sinceMs !== null
      ? wrap(
          `nothing heard since ${clockTime(state.sinceMs)}, for ${longDuration((nowMs - state.sinceMs) / 1_000)}; below is what was known then`,
          'bad',
        )
      : []),
    pressureLine(snapshot, own),
    ...(state.account === null ? wrap(state.text, 'dim') : factLines(snapshot, state.account, own)),
  ];
};

/** Of all of them, by the moment shown. */
export const allTroubles = ({
  hosts,
  mode,
  glyphs,
}: Pick<HostsView, 'hosts' | 'mode' | 'glyphs'>): readonly Trouble[] =>
  hosts.flatMap(({ name, snapshot, overview }) =>
    snapshot === null ? [] : troublesOf(name, snapshot, { overview, ui: initialUi(mode), glyphs }),
  );
