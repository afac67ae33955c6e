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

export function describeSuccess(
  { model }: Site,
  round: number,
  { quietSeconds, story }: RoundResult,
): string {
  const addresses = model.addresses();
  const claims = addresses.flatMap((address) => model.claimsOf(address));
  const doubtful = claims.filter((claim) => !model.isSure(claim)).length;
  const open = addresses.filter((address) => model.answers(address, 0)?.length !== 1).length;
  return [
    `round ${String(round)}: all right after ${quietSeconds.toFixed(1)} s of quiet; so far ` +
      `${String(claims.length)} operations, ${String(doubtful)} of them in doubt, of ` +
      `${String(addresses.length)} addresses, ${String(open)} with more than one right answer`,
    ...section('What was done:', story),
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
