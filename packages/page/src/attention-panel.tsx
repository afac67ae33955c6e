import type { NodeReport } from './answers.js';
import { Foreign } from './foreign.js';
import { Panel } from './panel.js';

export interface AttentionProps {
  readonly report: NodeReport | undefined;
  /** Why the status is not known, or is an old one. */
  readonly fault: string | undefined;
}

/** What needs a hand; where nothing does, it takes a line. */
export function AttentionPanel({ report, fault }: AttentionProps) {
  const attention = report?.attention ?? [];
  const isGood = fault === undefined && attention.length === 0;
  return (
    <Panel
      id="attention"
      title="What needs a hand"
      wide
      controls={
        isGood && <p class="quiet">{report === undefined ? 'Asking vallumd …' : 'Nothing.'}</p>
      }
    >
      {!isGood && (
        <ul class="attention">
          {fault !== undefined && (
            <li class="critical">
              <strong>critical</strong> <Foreign text={fault} />
              {report !== undefined && ' – what stands below is how it was before'}
            </li>
          )}
          {attention.map(({ level, message, remedy }) => (
            <li key={message} class={level}>
              <strong>{level}</strong> <Foreign text={message} />
              {remedy !== undefined && (
                <div class="remedy">
                  <Foreign text={remedy} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
