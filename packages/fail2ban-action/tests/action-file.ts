import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const actionPath = fileURLToPath(new URL('../action.d/vallumd.conf', import.meta.url));

/** `actionban`, `set` and so on, as fail2ban's ConfigParser reads the shipped file. */
export function readActionFile(): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of readFileSync(actionPath, 'utf8').split('\n')) {
    const [, name, value] = /^(\w+) *=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) settings.set(name, value.trim());
  }
  for (const [name, value] of settings) {
    const whole = value.replace(/%\((\w+)\)s/g, (_all, other: string) => settings.get(other) ?? '');
    settings.set(name, whole.replaceAll('%%', '%'));
  }
  return settings;
}

/**
 * Replaces tags as fail2ban does: those of the action first and again within their values; then the
 * ticket's, once. A ticket's value that holds characters of the shell becomes a variable.
 */
export function substituteTags(
  command: string,
  jail: string,
  ticket: Readonly<Record<string, string>>,
): { readonly script: string; readonly variables: Readonly<Record<string, string>> } {
  const settings = new Map([
    ...readActionFile(),
    ['name', jail],
    ['fq-hostname', 'web1.example.org'],
  ]);
  let script = command;
  for (let before = ''; before !== script;) {
    before = script;
    script = script.replace(/<([\w-]+)>/g, (tag, name: string) => settings.get(name) ?? tag);
  }
  const variables: Record<string, string> = {};
  script = script.replace(/<([\w-]+)>/g, (tag, name: string) => {
    const value = ticket[name] ?? tag;
    if (!/[\\#&;`|*?~<>^()[\]{}$'"\n\r]/.test(value)) return value;
    variables[`f2bV_${name}`] = value;
    return `$f2bV_${name}`;
  });
  return { script, variables };
}
