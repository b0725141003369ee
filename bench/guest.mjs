// A measurement that needs a machine of its own: a guest of the kernel matrix that runs one program and says one thing.
import { bootGuest } from '../test/vm/boot.mjs';
import { rootImage, toolImage } from '../test/vm/images.mjs';
import { chooseKernels } from '../test/vm/kernels.mjs';

/** What `/tool/guest/PROGRAM.mjs` printed under the key PROGRAM, or `{ failed }` with the reason. */
export const askGuest = async (program, { kernel, memoryMebibytes }) => {
  let answer = { failed: 'no answer' };
  let directory;
  try {
    directory = rootImage(chooseKernels([kernel])[0]);
  } catch (error) {
    // Without its packages there is no guest; that is no fault of ours.
    return { failed: error.message };
  }
  const trouble = await bootGuest({
    directory,
    toolImage: toolImage(),
    memoryMebibytes,
    words: [`stallscope.run=/tool/guest/${program}.mjs`],
    onRow: (row) => {
      answer = row[program] ?? answer;
    },
  });
  return trouble === null ? answer : { failed: trouble.split('\n')[0] };
};
