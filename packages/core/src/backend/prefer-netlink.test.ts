import { describe, expect, it } from '@jest/globals';
import { VallumError } from '../words/errors.js';
import { createMemoryBackend } from './memory/memory-backend.js';
import { preferNetlink } from './prefer-netlink.js';

describe('preferNetlink', () => {
  const overNetlink = createMemoryBackend();
  const throughProgram = createMemoryBackend();

  it('takes netlink where it is to be had', async () => {
    const said: string[] = [];
    const backend = await preferNetlink(
      () => Promise.resolve(overNetlink),
      () => throughProgram,
      'ipset',
      { fellBack: (sentence) => said.push(sentence) },
    );
    expect(backend).toBe(overNetlink);
    expect(said).toEqual([]);
  });

  it('drives the program where netlink is not to be had, and says so once', async () => {
    const said: string[] = [];
    const backend = await preferNetlink(
      () =>
        Promise.reject(
          new VallumError('koffi cannot be loaded', {
            code: 'BACKEND_UNAVAILABLE',
            operation: 'load koffi',
          }),
        ),
      () => throughProgram,
      'ipset',
      { fellBack: (sentence) => said.push(sentence) },
    );
    expect(backend).toBe(throughProgram);
    expect(said).toEqual([
      'koffi cannot be loaded; driving the program ipset instead, which is slower',
    ]);
  });

  it.each([
    new TypeError('a bug'),
    new VallumError('no such name', { code: 'INVALID_ARGUMENT', operation: 'open' }),
  ])('hides no other fault: %s', async (fault) => {
    const opening = preferNetlink(
      () => Promise.reject(fault),
      () => throughProgram,
      'ipset',
      {},
    );
    await expect(opening).rejects.toBe(fault);
  });
});
