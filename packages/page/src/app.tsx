import { useCallback, useEffect, useState } from 'preact/hooks';
import type { NodeReport } from './answers.js';
import { AttentionPanel } from './attention-panel.js';
import { FleetPanel } from './fleet-panel.js';
import { Header } from './header.js';
import { LatestPanel } from './latest-panel.js';
import { SearchPanel } from './search-panel.js';
import { SetsPanel } from './sets-panel.js';
import { TimelinePanel } from './timeline-panel.js';
import { TopPanel } from './top-panel.js';
import { useAnswer } from './use-answer.js';
import { useEvents } from './use-events.js';

const STATUS_EVERY_MS = 10_000;

/** Everything: what needs a hand first, then what is so, then what happens. */
export function App() {
  const status = useAnswer<NodeReport>('/api/status', STATUS_EVERY_MS);
  const [happenings, setHappenings] = useState(0);
  const { refresh } = status;
  const happened = useCallback(() => {
    setHappenings((count) => count + 1);
    refresh();
  }, [refresh]);
  const feed = useEvents(happened);
  const now = useNow();
  const report = status.value;
  const node = report?.node;

  useEffect(() => {
    if (node !== undefined) document.title = `${node} – Vallum`;
  }, [node]);

  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header report={report} isFollowing={feed.isConnected} now={now} />
      <main id="main" tabIndex={-1}>
        <AttentionPanel report={report} fault={status.fault} />
        <SearchPanel now={now} />
        <SetsPanel report={report} />
        <FleetPanel report={report} now={now} />
        <TimelinePanel happenings={happenings} />
        <LatestPanel events={feed.events} daemonNow={report?.now} />
        <TopPanel by="origin" title="Origins with most bans" column="Origin" />
        <TopPanel by="network" title="Networks with most bans" column="Network" />
      </main>
    </>
  );
}

/** Unix seconds; ages are told anew every five of them. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now() / 1000);
    }, 5_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}
