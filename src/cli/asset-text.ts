/** A text that comes with the tool, or what is wrong with how it was installed. */
import { assets } from '../assets/here.ts';
import { failure } from '../errors.ts';

/** Throws E_FILE_UNREADABLE. */
export const assetText = (path: string): string => {
  try {
    return assets.text(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('E_FILE_UNREADABLE', { path: assets.place(path), why: code ?? message }, error);
  }
};
