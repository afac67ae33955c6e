import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, type LeaseRecord, type Standing, type WhyReport } from './answers.js';
import { AddressLink, addressInHash, Foreign, whyHash } from './foreign.js';
import { Panel, Table } from './panel.js';
import { ending, grouped, moment } from './words.js';

type Found =
  | { readonly asked: string; readonly report: WhyReport }
  | { readonly asked: string; readonly fault: string };

/** Who banned an address, why, until when, and what this node does about it. */
export function SearchPanel({ now }: { readonly now: number }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found>();
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    let latest = 0;
    const look = async () => {
      const asked = addressInHash(location.hash);
      if (asked === undefined) return;
      const mine = ++latest;
      setText(asked);
      const answer = await explain(asked);
      // A younger question may have been answered before.
      if (mine !== latest) return;
      setFound(answer);
      field.current?.scrollIntoView({ block: 'nearest' });
    };
    const onHash = () => void look();
    addEventListener('hashchange', onHash);
    onHash();
    return () => {
      removeEventListener('hashchange', onHash);
    };
  }, []);

  return (
    <Panel id="search" title="Why is an address banned?" wide>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = text.trim();
          if (wanted === '') return;
          // The same question again is asked again.
          if (location.hash === whyHash(wanted)) dispatchEvent(new Event('hashchange'));
          else location.hash = whyHash(wanted);
        }}
      >
        <label for="search-address">Address or prefix</label>
        <input
          ref={field}
          id="search-address"
          type="text"
          inputMode="url"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="203.0.113.7"
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
          }}
        />
        <button type="submit">Why?</button>
      </form>
      <div role="status" id="search-verdict">
        {found !== undefined && <Verdict found={found} />}
      </div>
      {found !== undefined && 'report' in found && <Standings report={found.report} now={now} />}
    </Panel>
  );
}

async function explain(asked: string): Promise<Found> {
  try {
    const report = await ask<WhyReport>(`/api/why?address=${encodeURIComponent(asked)}`);
    return { asked, report };
  } catch (error) {
    return { asked, fault: error instanceof Error ? error.message : String(error) };
  }
}

function Verdict({ found }: { readonly found: Found }) {
  if ('fault' in found) {
    return (
      <p class="bad-text">
        <Foreign text={found.fault} />
      </p>
    );
  }
  const { address, blocked, protected: guard } = found.report;
  return (
    <p>
      <strong>{address}</strong>{' '}
      {blocked ? 'is in a set of this node.' : 'is in no set of this node.'}
      {guard !== undefined && (
        <>
          {' '}
          It cannot be banned here: {guard.address} is protected, <Foreign text={guard.because} />.
        </>
      )}
    </p>
  );
}

function Standings({
  report: { standings, more },
  now,
}: {
  readonly report: WhyReport;
  readonly now: number;
}) {
  if (standings.length === 0) return <p class="quiet">No node has said anything of it.</p>;
  return (
    <>
      <Table
        label="Leases and withdrawals"
        columns={['Set', 'Address', 'What', 'Origin', 'Since', 'Ends', 'Reason', 'This node']}
      >
        {standings.flatMap((standing) =>
          standing.records.map((record) => (
            <RecordRow
              key={[standing.set, standing.address, record.kind, record.origin].join('\n')}
              {...{ standing, record, now }}
            />
          )),
        )}
      </Table>
      {more > 0 && <p class="quiet">and {grouped(more)} more inside of it</p>}
    </>
  );
}

interface RecordProps {
  readonly standing: Standing;
  readonly record: LeaseRecord;
  readonly now: number;
}

function RecordRow({ standing: { set, address, enforcement }, record, now }: RecordProps) {
  const { kind, origin, live, until, stampMs, reason } = record;
  return (
    <tr class={live ? undefined : 'over'}>
      <td>
        <Foreign text={set} />
      </td>
      <td>
        <AddressLink address={address} />
      </td>
      <td>
        {kind === 'lease'
          ? live
            ? 'ban'
            : 'ban, over'
          : kind === 'sweep'
            ? 'unban by anybody'
            : 'unban'}
      </td>
      <td>{origin === '' ? 'anonymous' : <Foreign text={origin} />}</td>
      <td>
        <time dateTime={new Date(stampMs).toISOString()}>{moment(stampMs)}</time>
      </td>
      <td>{ending(until, now)}</td>
      <td class="long">{reason === undefined ? '–' : <Foreign text={reason} />}</td>
      <td class="long">{live && enforcement !== undefined ? <Deed {...enforcement} /> : '–'}</td>
    </tr>
  );
}

const DEEDS: Readonly<Record<string, string>> = {
  enforced: 'holds it in the set',
  'held-by-other': 'an entry of somebody else holds it',
  pending: 'on its way',
  refused: 'refuses it',
};

function Deed({ state, detail }: NonNullable<Standing['enforcement']>) {
  return <Foreign text={(DEEDS[state] ?? state) + (detail === undefined ? '' : `: ${detail}`)} />;
}
