import { escapeForDisplay } from '@vallum/core';
import { finding, type Finding } from '@vallum/doctor';

/** Whether vallumd runs, by what it has left at the broker. @param status retained on `vallumd/<node>` */
export function checkStatus(node: string, status: string | undefined): Finding[] {
  if (status === undefined) {
    const message =
      'has no status at the broker: vallumd was never connected, or may not publish it';
    return [finding('warning', 'daemon', node, message, 'systemctl status vallumd')];
  }
  const state = stateOf(status);
  if (state === 'online')
    return [finding('ok', 'daemon', node, 'vallumd is running and connected')];
  const message = `vallumd is not connected: its status is ${escapeForDisplay(state)}`;
  return [
    finding(
      'critical',
      'daemon',
      node,
      message,
      'systemctl restart vallumd; journalctl -u vallumd',
    ),
  ];
}

/** `{"state":"online","node":"fw1",…}` */
function stateOf(status: string): string {
  try {
    const parsed: unknown = JSON.parse(status);
    if (typeof parsed === 'object' && parsed !== null && 'state' in parsed) {
      return String(parsed.state);
    }
  } catch {
    // Somebody else's words.
  }
  return status.slice(0, 60);
}
