// The parts of npm run bench: each is measured in a process of its own, which ends within its time or is ended.
const seconds = (count) => count * 1_000;

export const PARTS = {
  startup: {
    what: 'from the command to the first sample',
    limitMs: seconds(240),
    measure: async () => (await import('./startup.mjs')).measureStartup(),
  },
  running: {
    what: '500 active processes, beside htop, btop, atop and bpftrace; the floor; reading the stream',
    limitMs: seconds(420),
    measure: async () => {
      const { measureRunning } = await import('./running.mjs');
      const { measureParsing } = await import('./parsing.mjs');
      const { measureFloor } = await import('./floor.mjs');
      const floor = await measureFloor();
      const { stream, shown: _, ...running } = await measureRunning();
      const parsing = await measureParsing(stream);
      return { ...running, floor, parsing, streamBytes: stream.length };
    },
  },
  keys: {
    what: 'from a key to its frame, 10,000 processes',
    limitMs: seconds(120),
    measure: async () => (await import('./keys.mjs')).measureKeys(),
  },
  replay: {
    what: 'replay with insight against JSON.parse',
    limitMs: seconds(120),
    measure: async () => (await import('./replay.mjs')).measureReplay(),
  },
  scale: {
    what: 'what grows with how much: living processes, short ones, the length of a recording',
    limitMs: seconds(300),
    measure: async () => (await import('./scale.mjs')).measureScale(),
  },
};
