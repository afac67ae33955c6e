// The few MQTT 3.1.1 packets that a publisher and a subscriber need, so that it costs next to nothing beside what
// is measured. Strings are ASCII here.

export function connectPacket(clientId) {
  // Protocol name and level 4, clean session, keep alive 0.
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0]);
  return packet(0x10, Buffer.concat([head, text(clientId)]));
}

export function publishPacket(topic, payload, qos, id) {
  const idBytes = qos === 0 ? [] : [id >> 8, id & 0xff];
  return packet(
    0x30 | (qos << 1),
    Buffer.concat([text(topic), Buffer.from(idBytes), Buffer.from(payload, 'latin1')]),
  );
}

export function pubrelPacket(id) {
  return Buffer.from([0x62, 2, id >> 8, id & 0xff]);
}

export function subscribePacket(filter, qos, id) {
  const body = [Buffer.from([id >> 8, id & 0xff]), text(filter), Buffer.from([qos])];
  return packet(0x82, Buffer.concat(body));
}

export function pubackPacket(id) {
  return Buffer.from([0x40, 2, id >> 8, id & 0xff]);
}

export const DISCONNECT = Buffer.from([0xe0, 0]);

function packet(first, body) {
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

function text(value) {
  return Buffer.concat([
    Buffer.from([value.length >> 8, value.length & 0xff]),
    Buffer.from(value, 'latin1'),
  ]);
}
