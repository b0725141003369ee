// The walls between the rooms of src, as docs/architecture.md draws them. test/walls.test.ts runs the same rules
// and asserts that files were really seen.
const room = (name) => `^src/${name}/`;

/** Which rooms (besides itself and src/errors.ts) each room may import. */
const MAY_SEE = {
  core: [],
  wire: ['core'],
  session: ['core'],
  host: ['core'],
  probes: ['core', 'host/(facts|targets)', 'session/ports'],
  sources: ['core', 'wire', 'session/ports'],
  sinks: ['core', 'wire', 'session/ports'],
  terminal: [],
  'views/tui': ['core', 'session/(store|playback)', 'terminal', 'views/format', 'views/moment'],
  'views/report': ['core', 'views/format'],
};

const walls = Object.entries(MAY_SEE).map(([name, seen]) => ({
  name: `${name.replace('/', '-')}-sees-only-what-it-may`,
  severity: 'error',
  from: { path: room(name) },
  to: {
    path: '^src/',
    pathNot: ['^src/errors\\.ts$', room(name), ...seen.map((other) => `^src/${other}(/|\\.tsx?$)`)],
  },
}));

/** Packages that only one room may use: each is an edge of ours to the world. */
const PACKAGES = [
  { name: 'execa', path: 'execa', rooms: ['sources', 'host'] },
  { name: 'ink-and-react', path: '(ink|react)', rooms: ['views/tui'] },
  { name: 'commander', path: 'commander', rooms: ['cli'] },
  { name: 'zod', path: 'zod', rooms: ['wire', 'probes'] },
  { name: 'ndjson', path: 'ndjson', rooms: ['sources', 'cli'] },
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
      from: { path: ['^src/core/', '^src/wire/'] },
      to: { dependencyTypes: ['core'] },
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
