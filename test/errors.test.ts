import { describe, expect, it } from 'vitest';
import { failure, isFailure } from '../src/errors.ts';

describe('an error', () => {
  it('keeps its cause, and is known by its code', () => {
    const cause = new Error('EACCES');
    const error = failure('E_FILE_UNREADABLE', { path: '/x', why: 'EACCES' }, cause);
    expect(error.cause).toBe(cause);
    expect(isFailure(error)).toBe(true);
    expect(isFailure(error, 'E_FILE_UNREADABLE')).toBe(true);
    expect(isFailure(error, 'E_FILE_EMPTY')).toBe(false);
    expect(isFailure(cause)).toBe(false);
  });

  it('takes facts as they are, even those that look like a template', () => {
    const error = failure('E_FILE_UNREADABLE', { path: '{why}', why: '$& $1 {path}' });
    expect(error.message).toBe('Cannot read {why}: $& $1 {path}.');
  });
});
