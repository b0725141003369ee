/** `live --host a,b,c`: a session for each host, and one screen above them; lines and sentences say whose they are. */
import type { Address } from '../remote/address.ts';
import { createTextStore } from '../screen/text-store.ts';
import type { HostOnScreen } from '../tui/show-hosts.ts';
import { type Config, readConfig } from './config.ts';
import type { Context } from './context.ts';
import { fileOf } from './host-file.ts';
import { EXIT_OF } from './interruption.ts';
import { type LiveOptions, live, stageOptions } from './live.ts';
import { createLiveSession } from './live-session.ts';
import { abandoned, type HostWish, onHost } from './on-host.ts';
import { guarded, onEachHost, statusOf, voiceOf } from './on-hosts.ts';
import { faceOf } from './plain.ts';
import { say } from './say.ts';

/** Of all hosts together, and of one at most. */
const MEMORY_BYTES = 96 * 1024 * 1024;
const MOST_MEMORY_BYTES = 24 * 1024 * 1024;

export const liveHosts = (
  context: Context,
  addresses: readonly Address[],
  wish: HostWish,
  options: LiveOptions,
): Promise<number> =>
  faceOf(context, options) === 'screen'
    ? onOneScreen(context, addresses, wish, options)
    : onEachHost(context, addresses, wish, (about, address) => live(about, optionsFor(address, options)));

const optionsFor = ({ name }: Address, options: LiveOptions): LiveOptions => ({
  ...options,
  output: options.output === null ? null : fileOf(options.output, name),
});

const onOneScreen = async (
  context: Context,
  addresses: readonly Address[],
  wish: HostWish,
  options: LiveOptions,
): Promise<number> => {
  const config = readConfig(context.env);
  const { showHosts } = await import('../tui/show-hosts.ts');
  const later = heldStderr(context);
  const memoryBytes = Math.min(MOST_MEMORY_BYTES, Math.floor(MEMORY_BYTES / addresses.length));
  const watched = addresses.map((address) =>
    watch(voiceOf(later.context, address), {
      address,
      wish,
      config,
      options: { ...optionsFor(address, options), memoryBytes },
    }),
  );
  const screen = showHosts({
    ...stageOptions(context, options, config),
    hosts: watched.map(({ host }) => host),
    mode: 'live',
    keys: config.keys,
  });
  const statuses = Promise.all(watched.map(({ done }) => done));
  void statuses.then(screen.close);
  const how = await screen.done;
  later.release();
  for (const text of screen.copied()) context.out.lines(text.split('\n'));
  say(context, 'detaching the probes');
  for (const { stop } of watched) stop(how === 'interrupted' ? 'SIGINT' : how);
  const status = statusOf(context, await statuses);
  return how === 'interrupted' && context.interruption.reason() === null ? EXIT_OF.SIGINT : status;
};

type Watched = {
  readonly host: HostOnScreen;
  readonly done: Promise<number>;
  stop(reason: string): void;
};

type WatchOptions = {
  readonly address: Address;
  readonly wish: HostWish;
  readonly config: Config;
  readonly options: Parameters<typeof createLiveSession>[1];
};

/** One host, from the first word to it to the last. */
const watch = (voice: Context, { address, wish, config, options }: WatchOptions): Watched => {
  const problem = createTextStore();
  const session = createLiveSession(voice, options, config);
  session.status.set(`connecting to ${address.text}`);
  const givenUp = new AbortController();
  let stopWith: (reason: string) => void = () => givenUp.abort(abandoned());
  const work = (): Promise<number> =>
    onHost(voice, { ...wish, host: address.text, signal: givenUp.signal }, async (about) => {
      session.status.set('checking what this host can do');
      let asked: string | null = null;
      stopWith = (reason) => {
        asked = reason;
      };
      const running = await session.begin(about, {});
      stopWith = running.stop;
      if (asked !== null) running.stop(asked);
      const end = await running.done;
      problem.set(end.snapshot?.ended?.reason ?? 'it has ended');
      return session.conclude(running);
    });
  const reported: Context = {
    ...voice,
    stderr: {
      write: (text) => {
        if (problem.get() === '') problem.set(text.replace(/^stallscope: /, '').trimEnd());
        return voice.stderr.write(text);
      },
    },
  };
  return {
    host: { name: address.name, ...session, overview: session.store, store: session.shown, problem },
    done: guarded(reported, work),
    stop: (reason) => stopWith(reason),
  };
};

/** While a screen is shown nothing else is written to the terminal. */
const heldStderr = (context: Context): { readonly context: Context; release(): void } => {
  let held: string[] | null = [];
  return {
    context: {
      ...context,
      stderr: {
        write: (text) => (held === null ? context.stderr.write(text) : held.push(text)),
      },
    },
    release: () => {
      const texts = held ?? [];
      held = null;
      for (const text of texts) context.stderr.write(text);
    },
  };
};
