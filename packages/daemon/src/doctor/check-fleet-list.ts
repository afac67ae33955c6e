import { PROTECT_TOPIC } from '@vallum/core';
import { finding, type BrokerFacts, type Finding } from '@vallum/doctor';

const TOPIC = `${PROTECT_TOPIC}/#`;
const REMEDY = `mosquitto acl_file: topic readwrite ${TOPIC}; or give --no-protect-fleet`;
const FOLLOWS = "what the fleet's protect list holds is not known here, and can be banned";

/**
 * Whether this node can take part in the fleet's protect list.
 *
 * @param heard what the running vallumd found out: whether what it says there comes back; undefined: not
 *   known
 */
export function checkFleetList(
  { apart }: Pick<BrokerFacts, 'apart'>,
  heard: boolean | undefined,
): Finding[] {
  if (apart === undefined) return [];
  const { subscription, echo } = apart;
  const say = (level: Finding['level'], message: string) => [
    finding(level, 'protect-list', TOPIC, message, level === 'ok' ? undefined : REMEDY),
  ];
  if (subscription === 'ended') {
    return say('warning', `the broker ends the connection when it is read; ${FOLLOWS}`);
  }
  if (subscription === undefined) return say('unknown', 'the broker did not answer');
  if (subscription !== 'granted')
    return say('warning', `refused: ${subscription.refused}; ${FOLLOWS}`);
  switch (echo.outcome) {
    case 'heard':
      return say('ok', "this node takes part in the fleet's protect list");
    case 'refused':
    case 'ended':
      return say(
        'warning',
        'this node may read, and not write there: others may not learn from it',
      );
    case 'starved':
      return say('warning', `granted and then held back; ${FOLLOWS}`);
    case 'silent':
    case 'unknown':
      if (heard === true) return say('ok', "this node takes part in the fleet's protect list");
      if (heard === false) return say('warning', `nothing comes back from there; ${FOLLOWS}`);
      return say(
        'unknown',
        `it did not come back: ${echo.detail ?? 'over MQTT 3.1.1 what is forbidden is not told'}`,
      );
  }
}
