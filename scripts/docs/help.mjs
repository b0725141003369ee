// What the built tool itself says of its commands: `--help`, as text and taken apart.
import { requireBuild } from '../built.mjs';

requireBuild();
const { runProgram } = await import(new URL('../../dist/cli/program.js', import.meta.url).href);

// Or commander would wrap its lines at the width of the terminal that this happens to run in.
Object.defineProperty(process.stdout, 'isTTY', { value: false });

const textOf = async (command) => {
  const pieces = [];
  const out = { write: (text) => pieces.push(text) };
  await runProgram({ version: '', out }, [...command, '--help']).catch((error) => {
    if (error.code !== 'commander.helpDisplayed') throw error;
  });
  return pieces.join('').trimEnd();
};

/** Help texts by command line; `''` is that of the program. */
const HELP = new Map();

const learn = async (command) => {
  const text = await textOf(command);
  HELP.set(command.join(' '), text);
  for (const name of partsOf(text).commands) await learn([...command, name]);
};

export const helpOf = (...command) => HELP.get(command.join(' '));

/** Usage, description, options as [flags, meaning], examples, and names of subcommands. */
export const partsOf = (help) => ({
  usage: /^Usage: (.+)$/m.exec(help)?.[1] ?? '',
  description: (help.split('\n\n')[1] ?? '').replace(/\s+/g, ' '),
  options: entriesIn(help, 'Options').filter(([flags]) => !/--help|--version/.test(flags)),
  examples: linesIn(help, 'Examples').map((line) => line.trim()),
  commands: entriesIn(help, 'Commands')
    .map(([name]) => name.split(' ')[0])
    .filter((name) => name !== 'help'),
});

const linesIn = (help, title) => help.split(`\n${title}:\n`)[1]?.split('\n\n')[0]?.split('\n') ?? [];

/** Two columns, of which the second goes on in lines that begin with more space than the first has. */
const entriesIn = (help, title) => {
  const entries = [];
  for (const line of linesIn(help, title)) {
    const [, term, meaning] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    if (term !== undefined) entries.push([term, meaning ?? '']);
    else entries.at(-1)[1] = `${entries.at(-1)[1]} ${line.trim()}`.trim();
  }
  return entries;
};

/** Every command that does something, with the parts of its help: `live`, …, `probes list`, `probes show`. */
export const allCommands = () =>
  partsOf(helpOf()).commands.flatMap((name) => {
    const parts = partsOf(helpOf(name));
    if (parts.commands.length === 0) return [{ name, ...parts }];
    return parts.commands.map((under) => {
      const own = partsOf(helpOf(name, under));
      const examples = parts.examples.filter((line) => line.startsWith(`stallscope ${name} ${under}`));
      return { name: `${name} ${under}`, ...own, examples };
    });
  });

await learn([]);
