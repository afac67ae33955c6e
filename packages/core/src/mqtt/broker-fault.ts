/** The broker did what no broker does. The message is our own, and holds nothing that it sent. */
export class BrokerFault extends Error {
  override readonly name = 'BrokerFault';
}
