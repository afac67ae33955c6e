/** What an expression of PromQL asks for. */
export interface Asked {
  /** Metrics, and the labels that are matched for each. */
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  /** Labels of `by (…)`, `on (…)` and the like. */
  readonly groupings: readonly string[];
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|[A-Za-z_:][\w:]*|\d[\w.]*|[(){},]|[^\s]/g;
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORD = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** Every name in an expression that is neither function nor keyword. It need not be right otherwise. */
export function askedBy(expression: string): Asked {
  const tokens: readonly string[] = expression.match(TOKEN) ?? [];
  const selectors: { metric: string; labels: string[] }[] = [];
  const groupings: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [token = '', next] = tokens.slice(at, at + 2);
    if (!isName(token) || WORD.has(token)) continue;
    // sum by (…) (…)
    if (next === 'by' || next === 'without') continue;
    if (next === '(') {
      if (!GROUPING.has(token)) continue;
      const end = tokens.indexOf(')', at);
      groupings.push(...tokens.slice(at + 2, end).filter(isName));
      at = end;
      continue;
    }
    const end = next === '{' ? tokens.indexOf('}', at) : at;
    const labels = tokens.slice(at + 2, Math.max(end, at)).filter(isName);
    selectors.push({ metric: token, labels });
    at = end;
  }
  return { selectors, groupings };
}

/** Series of an exposition: each name with the labels that it comes with. */
export function exposedIn(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const exposed = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    // vallum_bans{set="blacklist"} 3
    const [, name = '', labels = ''] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === '') continue;
    const known = exposed.get(name) ?? new Set();
    exposed.set(name, known);
    for (const [, label = ''] of labels.matchAll(/([A-Za-z_]\w*)="(?:[^"\\]|\\.)*"/g)) {
      known.add(label);
    }
  }
  return exposed;
}

/** What is asked for and not exposed, a sentence each; Prometheus adds `job` and `instance`. */
export function unknownTo(
  exposed: ReadonlyMap<string, ReadonlySet<string>>,
  expression: string,
): string[] {
  const { selectors, groupings } = askedBy(expression);
  const ofPrometheus = new Set(['job', 'instance']);
  const missing = selectors.flatMap(({ metric, labels }) => {
    const known = exposed.get(metric);
    if (known === undefined) return [`there is no metric ${metric}`];
    return labels
      .filter((label) => !known.has(label) && !ofPrometheus.has(label))
      .map((label) => `${metric} has no label ${label}`);
  });
  const all = new Set(selectors.flatMap(({ metric }) => [...(exposed.get(metric) ?? [])]));
  return [
    ...missing,
    ...groupings
      .filter((label) => !all.has(label) && !ofPrometheus.has(label))
      .map((label) => `nothing in "${expression}" has a label ${label}`),
  ];
}

function isName(token: string): boolean {
  return /^[A-Za-z_:]/.test(token);
}
