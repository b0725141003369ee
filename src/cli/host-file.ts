/** Names of files that belong to hosts: `out.ndjson` of db7 is `out.db7.ndjson`. */
const SUFFIX = /(\.ndjson)?(\.gz|\.zst)?$/;

/** The name of a host as a part of the name of a file. */
export const fileWord = (host: string): string => host.replace(/[^\w.-]/g, '_');

export const fileOf = (output: string, host: string): string => {
  const at = output.length - (SUFFIX.exec(output)?.[0].length ?? 0);
  return `${output.slice(0, at)}.${fileWord(host)}${output.slice(at)}`;
};
