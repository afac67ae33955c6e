import { describe, it, expect } from '@jest/globals';
import { connectHost, isLoopback, parseListenAddress } from './listen-address.js';

describe('parseListenAddress', () => {
  it.each([
    ['1883', { host: '127.0.0.1', port: 1883 }],
    ['localhost:1883', { host: 'localhost', port: 1883 }],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['', undefined],
    ['0', undefined],
    ['65536', undefined],
    ['::1:1883', undefined],
    ['[localhost]:1883', undefined],
    ['[1::2::3]:1883', undefined],
    ['host:', undefined],
    ['mqtt://host:1883', undefined],
    ['1883 ', undefined],
  ])('reads %j', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.0.2.1', false],
    ['127.example.org', false],
  ])('of %s is %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('connectHost', () => {
  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['0::0', '::1'],
    ['::1', '::1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('of %s is %s', (host, expected) => {
    expect(connectHost(host)).toBe(expected);
  });
});
