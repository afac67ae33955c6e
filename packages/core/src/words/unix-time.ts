/** 9999-12-31T23:59:59Z, the last second that ISO 8601 can write. */
export const MAX_UNIX_SECONDS = 253_402_300_799;
