import { useState } from 'preact/hooks';
import type { NodeReport } from './answers.js';
import { Foreign } from './foreign.js';
import { applyTheme, readTheme, THEMES } from './theme.js';
import { ago, span } from './words.js';

export interface HeaderProps {
  readonly report: NodeReport | undefined;
  readonly isFollowing: boolean;
  readonly now: number;
}

export function Header({ report, isFollowing, now }: HeaderProps) {
  return (
    <header>
      <h1>
        {report === undefined ? 'Vallum' : <Foreign text={report.node} />}
        {report?.keeper === true && <span class="badge">keeper</span>}
      </h1>
      {report !== undefined && <Facts report={report} now={now} />}
      <div class="head-end">
        <span class={isFollowing ? 'pill good' : 'pill bad'}>
          {isFollowing ? 'live' : 'not connected to vallumd'}
        </span>
        <ThemeSwitch />
      </div>
    </header>
  );
}

function Facts({ report, now }: { readonly report: NodeReport; readonly now: number }) {
  const { broker, version, backend, startedAt, lastMessageAt, lastRepairAt } = report;
  const address = broker.address === undefined ? '' : ` ${broker.address}`;
  const isUp = broker.state === 'connected' || broker.state === 'none';
  return (
    <dl class="facts">
      <dt>Broker</dt>
      <dd class={isUp ? undefined : 'bad-text'}>
        <Foreign text={`${broker.state}${address}`} />
        {broker.since !== undefined && ` for ${span(now - broker.since)}`}
      </dd>
      <dt>Last message</dt>
      <dd>{lastMessageAt === undefined ? 'none yet' : ago(lastMessageAt, now)}</dd>
      {lastRepairAt !== undefined && (
        <>
          <dt>Last repair</dt>
          <dd>{ago(lastRepairAt, now)}</dd>
        </>
      )}
      <dt>vallumd</dt>
      <dd>
        <Foreign text={`${version}, ${backend}, up ${span(now - startedAt)}`} />
      </dd>
    </dl>
  );
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <label class="theme">
      Colours{' '}
      <select
        value={theme}
        onChange={({ currentTarget }) => {
          const chosen = THEMES.find((known) => known === currentTarget.value) ?? 'system';
          applyTheme(chosen);
          setTheme(chosen);
        }}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
