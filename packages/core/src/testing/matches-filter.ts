/** Would a broker send a message on `topic` to a subscriber of `filter`? MQTT 5, section 4.7. */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  // `#` and `+/…` do not see the broker's own topics, such as `$SYS/uptime`.
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (const [index, want] of wanted.entries()) {
    // Also matches the parent: `a/#` takes `a`.
    if (want === '#') return true;
    if (levels[index] === undefined || (want !== '+' && want !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
