import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** What docs/monitoring.md has somebody copy. */
export const monitoring = fileURLToPath(new URL('../monitoring', import.meta.url));

export function readMonitoring(name: string): string {
  return readFileSync(join(monitoring, name), 'utf8');
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function readRules(): Rule[] {
  const { groups } = parse(readMonitoring('vallum.rules.yml')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

export interface RuleTest {
  readonly input_series: readonly { readonly series: string }[];
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: unknown[];
  }[];
}

export const ruleTestFiles = ['vallum.rules.test.yml', 'vallum.rules.days.test.yml'];

export function readRuleTests(): RuleTest[] {
  return ruleTestFiles.flatMap(
    (name) => (parse(readMonitoring(name)) as { readonly tests: readonly RuleTest[] }).tests,
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Place;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly definition?: string;
    }[];
  };
}

export const dashboardFile = 'grafana/dashboards/vallum.json';

export function readDashboard(): Dashboard {
  return JSON.parse(readMonitoring(dashboardFile)) as Dashboard;
}

/** The expressions of the panels, as Grafana asks them where all firewalls and sets are chosen. */
export function dashboardExpressions(dashboard: Dashboard): { title: string; expr: string }[] {
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr
        .replaceAll('$__rate_interval', '1m')
        .replaceAll('$instance', '.*')
        .replaceAll('$set', '.*'),
    })),
  );
}
