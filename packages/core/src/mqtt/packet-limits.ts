// A hostile publisher's giant is dropped by the broker before it reaches a firewall (MQTT 5).
export const MOST_PACKET_BYTES = 4 * 1024 * 1024;
export const MOST_UNCONFIRMED = 100;
