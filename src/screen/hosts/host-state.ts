/** How it is with a host, in a word, since when, and the one thing to say of it. */
import { realMsAt } from '../../core/clock.ts';
import { type Account, accountsOf } from '../finding/accounts.ts';
import { TONE_OF } from '../finding/finding.ts';
import { worstWait } from '../finding/quiet.ts';
import type { Glyphs } from '../format/glyphs.ts';
import type { Tone } from '../format/line.ts';
import { initialUi, type Mode } from '../state.ts';
import type { WatchedHost } from './hosts-view.ts';

export type HostState = {
  readonly word: string;
  readonly tone: Tone;
  /** Wall clock of the host, or ours for what befell the link; null where it has no beginning. */
  readonly sinceMs: number | null;
  readonly text: string;
  readonly who: string;
  readonly account: Account | null;
  readonly kind: 'failed' | 'waiting' | 'silent' | 'trouble' | 'quiet';
};

/** What has ended longer ago is not what a host is in. */
const LONG_OVER_US = 300e6;

export const stateOf = (host: WatchedHost, mode: Mode, glyphs: Glyphs): HostState => {
  const { snapshot, problem, said, silentSinceMs } = host;
  const plain = { sinceMs: null, who: '', account: null } as const;
  if (problem !== '' && snapshot === null)
    return { ...plain, kind: 'failed', word: 'FAILED', tone: 'bad', text: firstLine(problem) };
  if (snapshot === null) return { ...plain, kind: 'waiting', word: 'waiting', tone: 'dim', text: said };
  const account = accountNow(host, mode, glyphs);
  const known = account === null ? null : ofAccount(snapshot, account);
  if (problem !== '')
    return { ...plain, kind: 'failed', word: 'ENDED', tone: 'warn', text: firstLine(problem), account };
  if (silentSinceMs !== null)
    return {
      ...plain,
      kind: 'silent',
      word: 'SILENT',
      tone: 'alarm',
      sinceMs: silentSinceMs,
      text: `nothing heard; before: ${known?.text ?? 'nothing stood out'}`,
      who: known?.who ?? '',
      account,
    };
  return (
    known ?? {
      ...plain,
      kind: 'quiet',
      word: 'quiet',
      tone: 'good',
      text: worstWait(snapshot) ?? (said || 'Nothing stands out'),
    }
  );
};

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

const accountNow = ({ snapshot, overview }: WatchedHost, mode: Mode, glyphs: Glyphs): Account | null => {
  if (snapshot === null) return null;
  const [first] = accountsOf(snapshot, { overview, ui: initialUi(mode), glyphs }).filter(
    ({ when, endUs }) => when === 'now' || (when === 'over' && snapshot.bootUs - endUs <= LONG_OVER_US),
  );
  return first ?? null;
};

const ofAccount = ({ header }: NonNullable<WatchedHost['snapshot']>, account: Account): HostState => {
  const { severity, when, title, comm, pid, nobody, startUs } = account;
  const isOver = when === 'over';
  return {
    kind: isOver ? 'quiet' : 'trouble',
    word: isOver ? 'over' : severity === 'unknown' ? 'UNUSUAL' : severity.toUpperCase(),
    tone: isOver ? 'accent' : TONE_OF[severity],
    sinceMs: realMsAt(header.clock, startUs),
    text: title.split(': ')[0] ?? title,
    who: comm === null ? nobody : `${comm} (${pid})`,
    account,
  };
};
