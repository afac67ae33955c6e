import { lost, refused, type Ending, type Explanation } from './explanation.js';
import { quote } from './quote.js';
import { reasonText } from './reason-text.js';

// MQTT 3.1.1 section 3.2.2.3 (1 to 5), MQTT 5 section 3.2.2.2 (128 and above).
export function explainConnack(code: number, ending: Ending): Explanation {
  const { broker, clientId } = ending;
  const who = ending.username === undefined ? 'no user name' : `user ${quote(ending.username)}`;
  switch (code) {
    case 1:
    case 0x84:
      return {
        ...refused('protocol-unsupported', `${broker} does not speak this version of MQTT`),
        tryOlderProtocol: 'said',
      };
    case 2:
    case 0x85:
      return refused(
        'client-id-refused',
        `${broker} does not accept the client id ${quote(clientId)}: choose another`,
      );
    case 3:
    case 0x88:
      return lost('broker-unavailable', `${broker} says that it is unavailable at present`);
    case 0x89:
      return lost('broker-unavailable', `${broker} says that it is busy`);
    case 4:
    case 0x86:
      if (lacksPassword(ending)) return refused('password-missing', describeMissing(ending));
      return refused(
        'credentials-refused',
        `${broker} refused the user name or password (${who}): check both`,
      );
    case 5:
    case 0x87:
      if (lacksPassword(ending)) return refused('password-missing', describeMissing(ending));
      if (ending.username === undefined && ending.trust?.clientPlace === undefined) {
        return refused(
          'credentials-refused',
          `${broker} does not let in this client (client id ${quote(clientId)}): it seems to want a ` +
            'user name and password, and none was given',
        );
      }
      return refused(
        'not-authorised',
        `${broker} does not authorise this client (${who}, client id ${quote(clientId)}): ` +
          "check user name and password, and the broker's access rules",
      );
    case 0x8a:
      return refused(
        'client-id-refused',
        `${broker} has banned the client id ${quote(clientId)}: see its configuration`,
      );
    case 0x8c:
      return refused('refused', `${broker} wants a way of authentication that is not supported`);
    case 0x90:
      return refused(
        'will-refused',
        `${broker} refused the topic of the last will: allow it in its access rules`,
      );
    case 0x95:
      return refused(
        'will-refused',
        `${broker} finds the CONNECT packet too large: shorten the last will`,
      );
    case 0x9a:
      return refused(
        'will-refused',
        `${broker} keeps no retained messages: send the last will without retain`,
      );
    case 0x9b:
      return refused('will-refused', `${broker} refuses the QoS of the last will: lower it`);
    case 0x9c:
    case 0x9d:
      return refused('refused', `${broker} says to use another server: ask whoever runs it which`);
    default:
      return refused('refused', `${broker} refused the connection: ${reasonText(code)}`);
  }
}

/** Who shows a client certificate may be known by that. */
function lacksPassword({ username, hasPassword, trust }: Ending): boolean {
  return username !== undefined && !hasPassword && trust?.clientPlace === undefined;
}

function describeMissing({ broker, username }: Ending): string {
  return `${broker} refused user ${quote(username ?? '')}, and no password was given`;
}

// MQTT 5 section 3.14.2.1
export function explainDisconnect(code: number, ending: Ending): Explanation {
  const { broker, clientId } = ending;
  switch (code) {
    case 0x00:
    case 0x8b:
      return lost('broker-unavailable', `${broker} is shutting down`);
    case 0x87:
      return refused(
        'not-authorised',
        `${broker} withdrew the authorisation of this client: check its access rules`,
      );
    case 0x8d:
      return lost(
        'connection-lost',
        `${broker} heard nothing within the keep-alive time and closed the connection`,
      );
    case 0x8e:
      return refused(
        'client-id-taken',
        `${broker} gave the session to another client with the same client id ${quote(clientId)}: ` +
          'two that share one disconnect each other for ever; give each machine its own client id',
      );
    default:
      return refused('refused', `${broker} closed the connection: ${reasonText(code)}`);
  }
}
