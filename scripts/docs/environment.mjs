// Variables of the environment that change what the tool does: for the reference and the manual. A test holds the names
// against those that the source reads.
export const VARIABLES = [
  [
    'STALLSCOPE_BPFTRACE',
    'The bpftrace to use. Without it: the one in PATH, then those in the usual places of packages.',
  ],
  [
    'STALLSCOPE_PUSH_AUTHORIZATION',
    'What --push sends as the header Authorization, to that address alone: "Bearer …", "Basic …".',
  ],
  ['NO_COLOR', 'No colours; weight and reversal carry the meaning.'],
  [
    'TERM',
    'With TERM=dumb the session is reported in sentences, as with --plain; on TERM=linux the screen is drawn in ASCII.',
  ],
  ['COLORTERM', 'If set, the terminal is taken to show more than 16 colours.'],
  ['LC_ALL, LC_CTYPE, LANG', 'Without UTF-8 the screen is drawn in ASCII.'],
  ['XDG_CONFIG_HOME, HOME', 'Where config.json is looked for.'],
  [
    'SUDO_USER, SUDO_UID, SUDO_GID',
    'Who called sudo: owns the recordings, runs the command after --, has the config.json and the chosen columns.',
  ],
  [
    'STATE_DIRECTORY, XDG_STATE_HOME',
    'Where extents remembers its last report, failed runs are kept, and the screen (XDG_STATE_HOME, ~/.local/state) keeps chosen columns.',
  ],
  [
    'STALLSCOPE_LOG',
    'With debug, what the run decides is printed as it comes: NDJSON on stderr, or in debug.ndjson of the folder of our state where that is a terminal.',
  ],
  ['PATH', 'Where bpftrace, the command after -- and programs of --count are looked for.'],
];
