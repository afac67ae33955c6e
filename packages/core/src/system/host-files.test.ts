import { expect, it } from '@jest/globals';
import { readInterfaces } from './host-files.js';

it('tells what to do where the process may not ask for its interfaces', () => {
  const forbidden = () => {
    throw new Error('uv_interface_addresses returned Unknown system error 97');
  };
  expect(() => readInterfaces(forbidden)).toThrow(
    expect.objectContaining({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/error 97.*RestrictAddressFamilies= .* AF_NETLINK$/),
    }),
  );
  expect(readInterfaces(() => ({ lo: [] }))).toEqual({ lo: [] });
});
