import { describe, expect, it } from '@jest/globals';
import { parseEndpoint } from './endpoint.js';
import type { MqttOptions } from './mqtt-options.js';

const display = (options: MqttOptions) => parseEndpoint(options).display;

describe('parseEndpoint', () => {
  it.each([
    [{ host: 'broker.example' }, 'mqtt://broker.example:1883'],
    [{ host: 'broker.example', port: 2000 }, 'mqtt://broker.example:2000'],
    [{ host: 'broker.example', tls: true }, 'mqtts://broker.example:8883'],
    [{ host: 'broker.example', caFile: 'ca.crt' }, 'mqtts://broker.example:8883'],
    [{ host: '2001:db8::1' }, 'mqtt://[2001:db8::1]:1883'],
    [{ host: '[2001:db8::1]' }, 'mqtt://[2001:db8::1]:1883'],
    [{ url: 'mqtt://broker.example' }, 'mqtt://broker.example:1883'],
    [{ url: 'mqtts://[2001:db8::1]' }, 'mqtts://[2001:db8::1]:8883'],
    [{ url: 'ws://broker.example/mqtt' }, 'ws://broker.example:80/mqtt'],
    [{ url: 'wss://broker.example:9001' }, 'wss://broker.example:9001/'],
  ])('reads %j as %s', (options, expected) => {
    expect(display(options)).toBe(expected);
  });

  it('takes user name and password out of the URL, decoded, and never shows them', () => {
    const endpoint = parseEndpoint({ url: 'wss://us%40er:p%3Ass@broker.example/x?token=1' });
    expect(endpoint).toMatchObject({ username: 'us@er', password: 'p:ss', path: '/x?token=1' });
    expect(endpoint.display).toBe('wss://broker.example:443/x');
  });

  it('hands the host on without brackets', () => {
    expect(parseEndpoint({ host: '[::1]' }).host).toBe('::1');
    expect(parseEndpoint({ url: 'ws://[::1]:80' }).host).toBe('::1');
  });

  it.each([
    [{}, /no broker is given/],
    [{ url: 'mqtt://a', host: 'b' }, /given twice/],
    [{ url: 'mqtt://a', port: 1 }, /given twice/],
    [{ url: 'http://a' }, /must be mqtt:, mqtts:, ws: or wss:/],
    [{ url: 'mqtt://a', tls: true }, /write mqtts:\/\//],
    [{ url: 'ws://a', caFile: 'x' }, /write wss:\/\//],
    [{ url: 'mqtts://a', tls: false }, /TLS is switched off/],
    [{ host: 'a', tls: false, caFile: 'x' }, /TLS is switched off/],
    [{ url: 'mqtt://a/path' }, /only ws:\/\/ and wss:\/\//],
    [{ url: 'mqtt://' }, /no host name/],
    [{ host: '' }, /no host name/],
    [{ host: 'mqtt://a' }, /no host name/],
    [{ host: 'a b' }, /no host name/],
    [{ host: '-a' }, /no host name/],
    [{ host: '[a]' }, /no host name/],
    [{ host: 'a', port: 0 }, /1 to 65535/],
    [{ host: 'a', port: 65_536 }, /1 to 65535/],
    [{ host: 'a', port: Number.NaN }, /1 to 65535/],
  ])('refuses %j', (options, message) => {
    expect(() => parseEndpoint(options)).toThrow(message);
  });

  it.each(['secret@', 'mqtt://u:sec%ret@a', 'mqtt://u:secret@[a', 'mqtt://u:secret@a:99999'])(
    'repeats nothing of the unreadable URL %s, which may hold a password',
    (url) => {
      expect(() => parseEndpoint({ url })).toThrow(/^the broker URL cannot be read/);
    },
  );
});
