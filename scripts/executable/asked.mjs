// For which processors, by the words after the command.
import { ARCHITECTURES } from './node.mjs';

/** The one here when none is named; ends the process when one is unknown. */
export const architecturesAsked = () => {
  const given = process.argv.slice(2);
  const unknown = given.find((arch) => !ARCHITECTURES.includes(arch));
  if (unknown !== undefined) {
    process.stderr.write(`There is no executable for "${unknown}": ${ARCHITECTURES.join(', ')}.\n`);
    process.exit(2);
  }
  return given.length > 0 ? given : [process.arch];
};
