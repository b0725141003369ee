/**
 * Where the one file and the executable begin. It imports nothing before it knows that this Node can run the rest; and it
 * is what another process of ours begins with, too.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { CHILDREN, type Child, wordsOf } from '../assets/here.ts';

const OLDEST = [20, 15] as const;

const BECOME: Readonly<Record<Child, () => Promise<unknown>>> = {
  listener: () => import('../serve/child.ts'),
  pusher: () => import('../serve/push-child.ts'),
  guard: () => import('./guard/child.ts'),
  canary: () => import('../host/canary/child.ts'),
};

const start = async (): Promise<void> => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    process.stderr.write(
      `stallscope: Node ${process.versions.node} is too old; ${OLDEST.join('.')} is the oldest that works.\n` +
        '  Install a newer one: https://nodejs.org/en/download\n',
    );
    process.exitCode = 3;
    return;
  }
  const words = process.argv.slice(2);
  // Only a parent of ours has a channel to its child.
  const child = CHILDREN.find((one) => words.length === 1 && words[0] === wordsOf(one).at(-1));
  if (process.channel !== undefined && child !== undefined) {
    await BECOME[child]();
    return;
  }
  keepHeapSmall();
  const { main } = await import('./main.ts');
  process.exitCode = await main(words);
};

/** Both halves of it. A sample of 500 active processes makes more than this, and is dead by the next. */
const YOUNG_BYTES = 4 * 2 ** 20;

/**
 * What a sample leaves behind is dead by the next: without these V8 lets the heap grow to three times what is in use before it
 * looks, and the young generation to 32 MiB. Its greatest size is read before we run, so it is kept from growing when it
 * has the size that is wanted.
 */
const keepHeapSmall = (): void => {
  setFlagsFromString('--heap-growing-percent=20');
  let survivors: number[][] = [];
  // Who set a smaller limit keeps it.
  for (let round = 0; round < MOST_ROUNDS && youngBytes() < YOUNG_BYTES; round += 1)
    survivors = [...survivors.slice(-MOST_SURVIVORS), ...litter()];
  setFlagsFromString('--semi-space-growth-factor=1');
};

const MOST_ROUNDS = 20;
const MOST_SURVIVORS = 20_000;
/** It grows when much survives. */
const litter = (): number[][] => Array.from({ length: 5_000 }, (_, at) => [at]);

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? YOUNG_BYTES;

void start();
