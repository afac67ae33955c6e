import type { Difference } from './compare.js';
import type { RoundResult } from './round.js';
import type { Site } from './site.js';

const MOST_SHOWN = 20;

/** All that is needed to understand a failed round, and to run it again. */
export function describeFailure(
  { firewalls, model }: Site,
  seed: number,
  round: number,
  { differences, troubles, story }: RoundResult,
): string {
  const concerned = new Set(differences.map(({ node }) => node));
  return [
    `round ${round} of seed ${seed} failed: npm run chaos -- ${round + 1} --seed ${seed}`,
    ...section('What was done:', story),
    ...section('What could not be done:', troubles),
    ...section('What is wrong:', describeDifferences(differences)),
    ...section(
      'What was said of these addresses:',
      [...new Set(differences.map(({ address }) => address))].slice(0, 5).flatMap((address) =>
        model.claimsOf(address).map((claim) => {
          const sure = model.isSure(claim) ? 'confirmed' : 'in doubt';
          return `${JSON.stringify(claim.operation)} ${sure} ${String(claim.confirmedMs)}`;
        }),
      ),
    ),
    ...firewalls
      .filter(({ name }) => concerned.has(name))
      .flatMap((firewall) => [
        `The log of ${firewall.name} ends with:`,
        firewall.log().slice(-4_000),
      ]),
  ].join('\n');
}

export function describeDifferences(differences: readonly Difference[]): string[] {
  const lines = differences.map(
    ({ node, address, wanted, found }) => `${node}: ${address}: ${found}, and should be ${wanted}`,
  );
  const more = lines.length - MOST_SHOWN;
  return more > 0 ? [...lines.slice(0, MOST_SHOWN), `and ${more} more`] : lines;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}
