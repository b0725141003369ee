/** Which probes, from where, how: options of tracing and of `probes`, and the commands that report what a host allows. */
import { type Command, Option } from 'commander';
import { COUNT_FORMS, type Count, readCount } from '../../probes/count.ts';
import { doctor } from '../doctor.ts';
import { EXAMPLES } from '../examples.ts';
import { onHost } from '../on-host.ts';
import { onEachHost, refuseForSeveral, severalHosts } from '../on-hosts.ts';
import { readVariants } from '../options.ts';
import { listProbes, showProbe } from '../probes.ts';
import { collect, type Flags, hostFlags, hostOption, type Line, list, text } from './line.ts';

export const addHost = (line: Line): void => {
  const { context, run, subcommand } = line;
  addProbes(subcommand('probes', 'what can be counted here, and how', EXAMPLES.probes), line);

  hostOption(
    subcommand(
      'doctor',
      'can this host trace, with which probes, and the one command that fixes what is missing',
      EXAMPLES.doctor,
    ),
  )
    .option('--json', 'one JSON object')
    .addOption(probeDir())
    .option('--bundle <file>', 'write what a report of a bug needs, without names and paths, into FILE')
    .option('--force', 'replace FILE')
    .action((flags: Flags) => {
      const options = {
        json: flags.json === true,
        probeDirs: list(flags, 'probeDir'),
        bundle: text(flags, 'bundle'),
        force: flags.force === true,
      };
      const wish = { ...hostFlags(flags), probeDirs: options.probeDirs };
      const several = severalHosts(wish.host);
      refuseForSeveral(several, { '--bundle': options.bundle !== null }, 'doctor');
      return run(
        several.length > 0
          ? onEachHost(context, several, wish, (about) => doctor(about, options))
          : onHost(context, wish, (about) => doctor(about, options)),
      );
    });
};

const addProbes = (probes: Command, { context, run }: Line): void => {
  const options = (flags: Flags) => ({
    json: flags.json === true,
    probeDirs: list(flags, 'probeDir'),
    variants: readVariants(list(flags, 'variant')),
    counts: readCounts(flags),
  });
  const wishOf = (flags: Flags) => ({ ...options(flags), ...hostFlags(flags) });
  const add = (name: string, description: string, isDefault: boolean): Command =>
    hostOption(probes.command(name, { isDefault }))
      .description(description)
      .allowExcessArguments(false)
      .exitOverride()
      .option('--json', 'JSON')
      .addOption(probeDir())
      .addOption(count())
      .addOption(variant());
  add('list', 'every probe, its question and its metrics', true).action((flags: Flags) =>
    run(onHost(context, wishOf(flags), (about) => listProbes(about, options(flags)))),
  );
  add('show', 'one probe: variants, what each metric really counts, overhead, script', false)
    .argument('<id>')
    .action((id: string, flags: Flags) =>
      run(onHost(context, wishOf(flags), (about) => showProbe(about, id, options(flags)))),
    );
};

export const probeDir = (): Option =>
  new Option('--probe-dir <dir>', 'also load probes from this folder').argParser(collect);

export const count = (): Option =>
  new Option(
    '--count <name=event>',
    `count this too, as count.NAME (repeatable): NAME=${COUNT_FORMS.join(', ')}; a call of a program's function costs it about 13 µs`,
  ).argParser(collect);

export const variant = (): Option =>
  new Option(
    '--variant <probe=variant>',
    'use this variant of a probe, or fail (repeatable; see: probes show)',
  ).argParser(collect);

/** Not a list by commas: what a count may hold is its own business. */
export const readCounts = (flags: Flags): Count[] =>
  ((flags.count as string[] | undefined) ?? []).map(readCount);
