import { describe, expect, it } from '@jest/globals';
import { VallumError } from '../errors.js';
import { createIpsetBackend } from './ipset-backend.js';
import { createMemoryBackend } from './memory/memory-backend.js';

describe('createIpsetBackend', () => {
  it('takes netlink where it is to be had', async () => {
    const said: string[] = [];
    const netlink = createMemoryBackend();
    const backend = await createIpsetBackend({
      preferred: () => Promise.resolve(netlink),
      fellBack: (sentence) => said.push(sentence),
    });
    expect(backend).toBe(netlink);
    expect(said).toEqual([]);
  });

  it('drives the ipset program where netlink is not to be had, and says so once', async () => {
    const said: string[] = [];
    const backend = await createIpsetBackend({
      preferred: () =>
        Promise.reject(
          new VallumError('koffi cannot be loaded', {
            code: 'BACKEND_UNAVAILABLE',
            operation: 'load koffi',
          }),
        ),
      fellBack: (sentence) => said.push(sentence),
    });
    expect(backend.name).toBe('ipset');
    expect(said).toEqual([
      'koffi cannot be loaded; driving the ipset program instead, which is slower',
    ]);
  });

  it('hides no fault of its own', async () => {
    const broken = () => Promise.reject(new TypeError('a bug'));
    await expect(createIpsetBackend({ preferred: broken })).rejects.toThrow('a bug');
  });
});
