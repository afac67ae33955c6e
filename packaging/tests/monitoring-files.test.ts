import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mustRun, runProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { parse } from 'yaml';
import {
  dashboardExpressions,
  dashboardFile,
  monitoring,
  readDashboard,
  readMonitoring,
  readRules,
  readRuleTests,
  ruleTestFiles,
} from './monitoring-files.js';
import { askedBy, exposedIn, unknownTo } from './promql-names.js';

const rulesFile = join(monitoring, 'vallum.rules.yml');

describe('names in an expression', () => {
  it('are told apart from functions, labels, durations and strings', () => {
    expect(
      askedBy(
        'sum by (instance, le) (rate(a_bucket{set=~"b(c)", outcome!="d"}[15m] offset 2h)) > bool 0.5 and on (x) absent(up)',
      ),
    ).toEqual({
      selectors: [
        { metric: 'a_bucket', labels: ['set', 'outcome'] },
        { metric: 'up', labels: [] },
      ],
      groupings: ['instance', 'le', 'x'],
    });
  });

  it('are found missing where nobody exposes them', () => {
    const exposed = exposedIn('# HELP a b\nvallum_bans{set="a\\"b{}",x="1"} 3\nvallum_up 1\n');
    expect(unknownTo(exposed, 'vallum_up + on (set) vallum_bans{set="x", instance="y"}')).toEqual(
      [],
    );
    expect(unknownTo(exposed, 'rate(vallum_made_up[5m])')).toEqual([
      'there is no metric vallum_made_up',
    ]);
    expect(unknownTo(exposed, 'vallum_up{set="a"}')).toEqual(['vallum_up has no label set']);
    expect(unknownTo(exposed, 'sum by (topic) (vallum_bans)')).toEqual([
      'nothing in "sum by (topic) (vallum_bans)" has a label topic',
    ]);
  });
});

describe('the alerts', () => {
  const rules = readRules();

  it('are each shown to fire and not to fire', () => {
    const tests = readRuleTests().flatMap(({ alert_rule_test }) => alert_rule_test);
    for (const { alert } of rules) {
      const own = tests.filter(({ alertname }) => alertname === alert);
      const fires = own.some(({ exp_alerts = [] }) => exp_alerts.length > 0);
      const rests = own.some(({ exp_alerts = [] }) => exp_alerts.length === 0);
      expect([alert, fires, rests]).toEqual([alert, true, true]);
    }
  });

  it('say how grave they are, and what is the matter', () => {
    for (const { alert, labels, annotations } of rules) {
      expect([alert, labels['severity']]).toEqual([
        alert,
        expect.stringMatching(/^(critical|warning)$/),
      ]);
      expect(annotations['summary']).toBeTruthy();
    }
  });
});

suiteNeeding(['prometheus'], 'promtool', () => {
  const promtool = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runProcess('promtool', args);
    return { code, said: stdout + stderr };
  };

  it('accepts the rules, and sees them fire as their tests say', async () => {
    expect(await promtool('check', 'rules', rulesFile)).toMatchObject({ code: 0 });
    const files = ruleTestFiles.map((name) => join(monitoring, name));
    expect(await promtool('test', 'rules', ...files)).toMatchObject({ code: 0 });
  }, 60_000);

  it('would see a rule that does not fire any more', async () => {
    const folder = temporaryFolder();
    const text = readMonitoring('vallum.rules.yml');
    const broken = text.replace('> 12 * 3600', '> 1200 * 3600');
    expect(broken).not.toBe(text);
    writeFileSync(join(folder, 'vallum.rules.yml'), broken);
    const [, file = ''] = ruleTestFiles;
    copyFileSync(join(monitoring, file), join(folder, file));
    const { code, said } = await promtool('test', 'rules', join(folder, file));
    expect([code, said]).toEqual([1, expect.stringContaining('VallumQuiet')]);
  }, 60_000);

  it('accepts the configuration, with the files that it names', async () => {
    const folder = temporaryFolder();
    const text = readMonitoring('prometheus.yml').replaceAll('/etc/prometheus/', `${folder}/`);
    writeFileSync(join(folder, 'prometheus.yml'), text);
    writeFileSync(join(folder, 'vallum-token'), 'a token\n');
    writeFileSync(join(folder, 'vallum-ca.pem'), '');
    copyFileSync(rulesFile, join(folder, 'vallum.rules.yml'));
    expect(await promtool('check', 'config', join(folder, 'prometheus.yml'))).toMatchObject({
      code: 0,
    });
  });

  it('understands every expression of the dashboard', async () => {
    const rules = dashboardExpressions(readDashboard()).map(({ expr }, at) => ({
      ...{ record: `panel:${at.toString()}`, expr },
    }));
    const file = join(temporaryFolder(), 'panels.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await promtool('check', 'rules', file)).toMatchObject({ code: 0 });
  });
});

suiteNeeding(['amtool'], 'amtool', () => {
  const file = join(monitoring, 'alertmanager.yml');
  const receiverOf = async (...labels: readonly string[]) =>
    (
      await mustRun('amtool', ['config', 'routes', 'test', `--config.file=${file}`, ...labels])
    ).trim();

  it('accepts the example', async () => {
    expect(await runProcess('amtool', ['check-config', file])).toMatchObject({ code: 0 });
  });

  it('sends what is critical to who is on call', async () => {
    expect(await receiverOf('alertname=VallumDown', 'severity=critical')).toBe('on-call');
    expect(await receiverOf('alertname=VallumDrift', 'severity=warning')).toBe('administrators');
  });

  it('knows every alert that it names', () => {
    const known = readRules().map(({ alert }) => alert);
    const named = readMonitoring('alertmanager.yml').matchAll(/Vallum[A-Za-z]+/g);
    for (const [name] of named) expect(known.some((one) => one.startsWith(name))).toBe(true);
  });
});

describe('what Grafana reads', () => {
  const dashboard = readDashboard();
  const { panels } = dashboard;

  it('is a dashboard with panels of their own places, each with its questions', () => {
    expect(dashboard).toMatchObject({ uid: 'vallum', title: 'Vallum', schemaVersion: 39 });
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Map<string, string>();
    for (const { title, type, gridPos, datasource, targets = [] } of panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1) {
        for (let line = y; line < y + h; line += 1) {
          const cell = `${column.toString()},${line.toString()}`;
          expect([title, taken.get(cell)]).toEqual([title, undefined]);
          taken.set(cell, title);
        }
      }
      if (type === 'row') continue;
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      const references = targets.map(({ refId }) => refId);
      expect(references.length).toBeGreaterThan(0);
      expect(new Set(references).size).toBe(references.length);
    }
  });

  it('uses no variable that is not there', () => {
    const known = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = readMonitoring(dashboardFile).matchAll(/\$(?:\{(\w+)\}|(\w+))/g);
    for (const [, braced, bare = braced] of used) {
      expect([
        bare,
        known.has(String(bare)) || bare === '__rate_interval' || bare === '__all',
      ]).toEqual([bare, true]);
    }
  });

  it('are provisioned by files that fit each other', () => {
    const provider = parse(readMonitoring('grafana/provisioning/dashboards/vallum.yaml')) as object;
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file' }] });
    const source = parse(readMonitoring('grafana/provisioning/datasources/vallum.yaml')) as object;
    expect(source).toMatchObject({ apiVersion: 1, datasources: [{ type: 'prometheus' }] });
  });
});
