/** `stallscope replay A B C`: recordings of several hosts on one clock; which host was in trouble first. */
import { basename } from 'node:path';
import { commonMsAt } from '../core/common-clock.ts';
import { failure } from '../errors.ts';
import { firstElsewhere, type Trouble } from '../insight/elsewhere.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { marksName } from '../recording/segment-name.ts';
import { MOST_HOSTS } from '../remote/address.ts';
import { endLine, intervalLine, sessionLine } from '../report/interval.ts';
import { glyphsFor } from '../screen/format/glyphs.ts';
import { parseMoment } from '../screen/format/moment.ts';
import { clockTime } from '../screen/format/numbers.ts';
import { troublesOf, wordsOf } from '../screen/hosts/among.ts';
import { initialUi } from '../screen/state.ts';
import { createTextStore } from '../screen/text-store.ts';
import { createCursor } from '../session/cursor.ts';
import { lookAhead } from '../session/overview.ts';
import type { Recording } from '../session/ports.ts';
import { createSnapshotStore } from '../session/store.ts';
import { playTogether } from '../session/together.ts';
import { readConfig } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { EXIT_OF } from './interruption.ts';
import { stageOptions } from './live.ts';
import { checkMetric, sortNames } from './metric.ts';
import { voiceOf } from './on-hosts.ts';
import { faceOf, reportPlainly } from './plain.ts';
import { readRecording } from './read-recording.ts';
import { rememberedColumns } from './remembered-columns.ts';
import { markIn, type ReplayOptions } from './replay.ts';
import { say } from './say.ts';
import { inSteps } from './steps.ts';

export type ReplayHostsOptions = Omit<ReplayOptions, 'file' | 'freezeAfterMs'> & {
  readonly files: readonly string[];
};

type Named = { readonly name: string; readonly file: string; readonly recording: Recording };

export const replayHosts = async (context: Context, options: ReplayHostsOptions): Promise<number> => {
  refuse(options);
  const opened: Recording[] = [];
  try {
    for (const file of options.files) opened.push(await readRecording(context, file));
    const named = namedByHost(opened, options.files);
    const metrics = named.flatMap(({ recording }) => recording.header.metrics);
    const sort = checkMetric(options.sort, sortNames(metrics));
    const fromMs = options.from === null ? null : momentOf(named, options.from);
    const face = faceOf(context, options);
    if (face === 'screen') return await onOneScreen(context, named, { ...options, sort, fromMs });
    return await inOrder(context, named, { face, sort, fromMs });
  } finally {
    for (const recording of opened) recording.close();
  }
};

const refuse = ({ files, follow }: ReplayHostsOptions): void => {
  const fact =
    files.length > MOST_HOSTS
      ? `replay opens up to ${MOST_HOSTS} recordings at a time.`
      : follow
        ? '--follow goes on with one recording: several have no common end.'
        : files.filter((file) => file === '-').length > 1
          ? 'Only one recording can come from stdin.'
          : null;
  if (fact !== null) throw failure('E_USAGE', { fact, command: 'stallscope replay' });
};

/** By host, then by time; two of one host are called by their files too. */
const namedByHost = (recordings: readonly Recording[], files: readonly string[]): readonly Named[] => {
  const hostOf = ({ header }: Recording): string =>
    header.remote?.hostname.replace(/^.*@/, '') ?? header.host.hostname;
  const hosts = recordings.map(hostOf);
  return recordings
    .map((recording, index) => {
      const file = files[index] ?? '';
      const host = hostOf(recording);
      const isAlone = hosts.filter((other) => other === host).length === 1;
      return { recording, file, name: isAlone ? host : `${host} ${basename(file)}` };
    })
    .sort((a, b) => a.name.localeCompare(b.name) || startOf(a) - startOf(b));
};

const startOf = ({ recording }: Named): number => commonMsAt(recording.header, recording.startUs());
const endOf = ({ recording }: Named): number => commonMsAt(recording.header, recording.endUs());

/** A time as people write it, on the clock that they share; its beginning is that of the first. */
const momentOf = (named: readonly Named[], value: string): number => {
  const moment = parseMoment(value, {
    startUs: Math.min(...named.map(startOf)) * 1_000,
    endUs: Math.max(...named.map(endOf)) * 1_000,
    clock: { bootUs: 0, realMs: 0 },
  });
  if ('problem' in moment) throw failure('E_TIME', { value, why: moment.problem.replace(/\.$/, '') });
  return moment.bootUs / 1_000;
};

type Chosen = { readonly sort: string | undefined; readonly fromMs: number | null };

const onOneScreen = async (
  context: Context,
  named: readonly Named[],
  options: Omit<ReplayHostsOptions, 'sort'> & Chosen,
): Promise<number> => {
  const config = readConfig(context.env);
  const { showHosts } = await import('../tui/show-hosts.ts');
  const marked = new Set<string>();
  const members = named.map((one) => ({
    ...one,
    store: createSnapshotStore(),
    overview: createSnapshotStore(),
  }));
  const together = playTogether(members, {
    fromMs: options.fromMs,
    speed: options.speed ?? 1,
    playing: true,
  });
  const stops = members.map(({ recording, overview }) => lookAhead(recording, overview));
  const over = members.map(() => createTextStore());
  const notePlaces = (): void =>
    members.forEach((one, index) => {
      const ended = together.whereIs(index) === 'after' ? `recorded up to ${clockTime(endOf(one))}` : '';
      over[index]?.set(ended);
    });
  notePlaces();
  together.clock.subscribe(notePlaces);
  const screen = showHosts({
    ...stageOptions(context, options, config),
    mode: 'replay',
    playback: together.clock,
    keys: config.keys,
    hosts: members.map(({ name, file, store, overview, recording }, index) => {
      const playback = together.playbacks[index];
      return {
        name,
        store,
        overview,
        status: createTextStore(`recorded from ${clockTime(startOf({ name, file, recording }))} on`),
        notice: null,
        problem: over[index] ?? createTextStore(),
        isHere: () => together.whereIs(index) !== 'before',
        screen: {
          store,
          overview,
          mode: 'replay',
          sort: options.sort,
          playback,
          title: file,
          mark: markIn(
            file,
            (text) => playback?.mark?.(text) ?? null,
            () => marked.add(file),
          ),
          exportView: exportTo(process.cwd(), context.env),
          keys: config.keys,
          columns: rememberedColumns(context.env),
        },
      };
    }),
  });
  context.interruption.onRequest(() => screen.close());
  const how = await screen.done;
  for (const text of screen.copied()) context.out.lines(text.split('\n'));
  for (const stop of stops) stop();
  together.close();
  for (const file of marked) say(context, `marks are in ${marksName(file)}`);
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  return how === 'interrupted' ? EXIT_OF.SIGINT : 0;
};

/** Lines or sentences, sample by sample in the order of the common clock, as fast as they can be read. */
const inOrder = async (
  context: Context,
  named: readonly Named[],
  { face, sort, fromMs }: Chosen & { readonly face: 'plain' | 'json' },
): Promise<number> => {
  const readers = named.map(({ name, recording }) => {
    const voice = voiceOf(context, { name });
    const report = face === 'plain' ? reportPlainly(voice, 'replay', sort) : null;
    const timeOf = (sample: number): number => commonMsAt(recording.header, recording.timeOf(sample));
    let sample = 0;
    while (fromMs !== null && sample < recording.samples() - 1 && timeOf(sample + 1) <= fromMs) sample += 1;
    return { name, voice, report, recording, cursor: createCursor(recording), timeOf, sample };
  });
  if (face === 'json')
    for (const { voice, recording } of readers) voice.out.json(sessionLine(recording.header));
  const isWhole = await inSteps(context, () => {
    const waiting = readers.filter(({ sample, recording }) => sample < recording.samples());
    const [next] = waiting.sort((a, b) => a.timeOf(a.sample) - b.timeOf(b.sample));
    if (next === undefined) return false;
    const { voice, report, cursor, sample } = next;
    if (report !== null) report(cursor.moveTo(sample));
    else voice.out.json(intervalLine(cursor.moveTo(sample)));
    next.sample += 1;
    return true;
  });
  const signal = context.interruption.reason();
  if (!isWhole || signal !== null) return signal === null ? 0 : EXIT_OF[signal];
  const ends = readers.map(({ name, voice, cursor, recording }) => {
    const snapshot = cursor.moveTo(recording.samples());
    if (face === 'json') voice.out.json(endLine(snapshot));
    return { name, voice, snapshot };
  });
  printOrder(ends, face);
  return 0;
};

type End = { readonly name: string; readonly voice: Context; readonly snapshot: WatchedSnapshot };

/** Of each trouble, whose came before it. */
const printOrder = (ends: readonly End[], face: 'plain' | 'json'): void => {
  const glyphs = glyphsFor(face === 'json' ? 'utf8' : 'ascii');
  const of = ({ name, snapshot }: End): readonly Trouble[] =>
    troublesOf(name, snapshot, { overview: null, ui: initialUi('replay'), glyphs });
  const all = ends.flatMap(of);
  for (const end of ends)
    for (const trouble of of(end)) {
      const found = firstElsewhere(trouble, all);
      if (found === null) continue;
      if (face === 'plain')
        end.voice.out.lines([`${clockTime(trouble.startMs)} ${trouble.title}: ${wordsOf(found, glyphs)}.`]);
      else
        end.voice.out.json({
          type: 'elsewhere',
          ...lineOf(trouble),
          order: found.order,
          byMs: Math.round(found.byMs),
          unsureMs: Math.round(found.unsureMs),
          compared: found.isCompared,
          other: { on: found.trouble.host, ...lineOf(found.trouble) },
        });
    }
};

const lineOf = ({ title, who, startMs }: Trouble): object => ({
  title,
  who,
  time: new Date(Math.round(startMs)).toISOString(),
});
