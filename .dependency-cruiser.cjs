// The walls between the rooms of src, as docs/architecture.md draws them. test/walls.test.ts runs the same rules
// and asserts that files were really seen.
const room = (name) => `^src/${name}/`;

/** Which rooms (besides itself and src/errors.ts) each room may import. */
const MAY_SEE = {
  core: [],
  assets: [],
  insight: ['core'],
  wire: ['core', 'insight/checkpoint'],
  host: ['assets', 'core', 'session/ports'],
  probes: ['core', 'assets', 'host', 'session/ports'],
  budget: ['core', 'host/(facts|targets)', 'probes', 'session/ports'],
  tracer: ['core', 'wire', 'budget', 'session/ports'],
  recording: ['core', 'insight/(checkpoint|findings/finding)', 'wire', 'session/(ports|timeline)'],
  foreign: ['core', 'host/(proc|stat-line)'],
  remote: ['core', 'host', 'session/ports', 'tracer/child'],
  extents: ['core'],
  guard: ['core', 'insight/recognised', 'host', 'session/ports'],
  session: ['core', 'insight'],
  screen: ['core', 'insight/(params|recognised|elsewhere|findings/finding)', 'session/(store|playback)'],
  tui: ['core', 'insight/(recognised|elsewhere)', 'screen', 'session/(store|playback)'],
  report: ['core', 'insight', 'extents/report', 'screen/format'],
  export: ['core', 'insight/recognised', 'insight/findings/(finding|index)'],
  serve: [],
};

const walls = Object.entries(MAY_SEE).map(([name, seen]) => ({
  name: `${name}-sees-only-what-it-may`,
  severity: 'error',
  from: { path: room(name) },
  to: {
    path: '^src/',
    pathNot: ['^src/errors\\.ts$', room(name), ...seen.map((other) => `^src/${other}(/|\\.tsx?$)`)],
  },
}));

/** Packages that only one room may use: each is an edge of ours to the world. */
const PACKAGES = [
  { name: 'execa', path: 'execa', rooms: ['tracer', 'host'] },
  { name: 'ink-and-react', path: '(ink|react)', rooms: ['tui'] },
  { name: 'commander', path: 'commander', rooms: ['cli'] },
  { name: 'zod', path: 'zod', rooms: ['wire', 'probes', 'cli'] },
  { name: 'saxes', path: 'saxes', rooms: ['foreign'] },
  { name: 'ndjson', path: 'ndjson', rooms: ['tracer'] },
];

const packages = PACKAGES.map(({ name, path, rooms }) => ({
  name: `only-its-room-uses-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: rooms.map(room) },
  to: { path: `^node_modules/${path}/` },
}));

module.exports = {
  forbidden: [
    ...walls,
    ...packages,
    {
      name: 'core-does-no-io',
      severity: 'error',
      from: { path: ['^src/core/', '^src/insight/', '^src/wire/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      // Every history can be played to what decides.
      name: 'a-guard-decides-without-io',
      severity: 'error',
      from: { path: '^src/guard/rules/' },
      to: { path: '.', pathNot: '^src/guard/rules/' },
    },
    {
      // Its one implementation, its descriptors kept open, the one place that writes, and the canary's round, which is to write.
      name: 'host-reads-through-files',
      severity: 'error',
      from: {
        path: '^src/host/',
        pathNot: '^src/host/(local-files|stat-files|unnamed-file|write-setting|canary/round)\\.ts$',
      },
      to: { path: '^(node:)?fs$' },
    },
    {
      name: 'which-host-is-decided-in-cli',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/host/local-files\\.ts$' },
    },
    {
      name: 'these-rooms-touch-no-files',
      severity: 'error',
      from: { path: '^src/(tracer|budget|session|screen|tui|report|export|serve)/' },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
    {
      name: 'nobody-imports-cli',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
