// MQTT 3.1.1 and 5, section 3.4: `40 02 00 07` confirms message 7. In MQTT 5 what is missing behind
// says success, without properties.
const PUBACK = 0x40;
const LENGTH = 4;

/** One PUBACK for each message, in order, one behind the other. */
export function pubackPackets(messageIds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(messageIds.length * LENGTH);
  messageIds.forEach((messageId, index) => {
    const at = index * LENGTH;
    bytes[at] = PUBACK;
    bytes[at + 1] = LENGTH - 2;
    bytes.writeUInt16BE(messageId, at + 2);
  });
  return bytes;
}
