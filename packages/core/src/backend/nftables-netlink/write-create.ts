import type { Family } from '../../address/address.js';
import {
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  type MessageWriter,
} from '../../netlink/index.js';
import {
  CHAIN_PRIORITY,
  RULE_AND_SET_MARK,
  RULE_MARK,
  type DropHook,
} from '../nftables/drop-table.js';
import * as nft from '../nftables/linux-nf-tables.js';
import type { CreatePlan } from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';
import { startMessage } from './write-batch.js';

/** Makes the table; one that is there stays as it is. */
export function writeTable(writer: MessageWriter, table: TableAddress, sequence: number): void {
  startMessage(writer, table, nft.NFT_MSG_NEWTABLE, NLM_F_CREATE, sequence);
  writer.string(nft.NFTA_TABLE_NAME, table.table);
  writer.rawBe32(nft.NFTA_TABLE_FLAGS, 0);
  writer.end();
}

/**
 * Makes a set.
 *
 * @param exclusive refuse the whole transaction with EEXIST where the name is taken
 * @param id what tells the new sets of one transaction apart
 */
export function writeSet(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  { spec }: CreatePlan,
  set: { readonly name: string; readonly interval: boolean; readonly exclusive: boolean },
  id: number,
): void {
  const { family, defaultTimeoutSeconds, maxEntries } = spec;
  const flags = NLM_F_CREATE | (set.exclusive ? NLM_F_EXCL : 0);
  startMessage(writer, table, nft.NFT_MSG_NEWSET, flags, sequence);
  writer.string(nft.NFTA_SET_TABLE, table.table);
  writer.string(nft.NFTA_SET_NAME, set.name);
  writer.rawBe32(
    nft.NFTA_SET_FLAGS,
    (set.interval ? nft.NFT_SET_INTERVAL : 0) |
      (defaultTimeoutSeconds === undefined ? 0 : nft.NFT_SET_TIMEOUT),
  );
  writer.rawBe32(nft.NFTA_SET_KEY_TYPE, family === 'ipv4' ? nft.TYPE_IPADDR : nft.TYPE_IP6ADDR);
  writer.rawBe32(nft.NFTA_SET_KEY_LEN, family === 'ipv4' ? 4 : 16);
  writer.rawBe32(nft.NFTA_SET_ID, id);
  if (defaultTimeoutSeconds !== undefined && defaultTimeoutSeconds > 0) {
    writer.be64Number(nft.NFTA_SET_TIMEOUT, defaultTimeoutSeconds * 1000);
  }
  if (maxEntries !== undefined) {
    const description = writer.openNest(nft.NFTA_SET_DESC);
    writer.rawBe32(nft.NFTA_SET_DESC_SIZE, maxEntries);
    writer.closeNest(description);
  }
  writer.end();
}

/**
 * `chain vallum-input { type filter hook input priority -10; policy accept; }`
 *
 * @param dropHook undefined: a chain that rules jump to
 */
export function writeChain(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  chain: string,
  dropHook: DropHook | undefined,
): void {
  startMessage(writer, table, nft.NFT_MSG_NEWCHAIN, NLM_F_CREATE, sequence);
  writer.string(nft.NFTA_CHAIN_TABLE, table.table);
  writer.string(nft.NFTA_CHAIN_NAME, chain);
  if (dropHook !== undefined) {
    const hook = writer.openNest(nft.NFTA_CHAIN_HOOK);
    writer.rawBe32(nft.NFTA_HOOK_HOOKNUM, HOOKS[dropHook]);
    writer.rawBe32(nft.NFTA_HOOK_PRIORITY, CHAIN_PRIORITY);
    writer.closeNest(hook);
    writer.rawBe32(nft.NFTA_CHAIN_POLICY, nft.NF_ACCEPT);
    writer.string(nft.NFTA_CHAIN_TYPE, 'filter');
  }
  writer.end();
}

const HOOKS: Readonly<Record<DropHook, number>> = {
  input: nft.NF_INET_LOCAL_IN,
  forward: nft.NF_INET_FORWARD,
};

/** `jump vallum-allow comment "vallum"` */
export function writeJumpRule(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  chain: string,
  target: string,
): void {
  startRule(writer, table, sequence, chain);
  const expressions = writer.openNest(nft.NFTA_RULE_EXPRESSIONS);
  verdictExpression(writer, nft.NFT_JUMP, target);
  writer.closeNest(expressions);
  writeComment(writer, RULE_MARK);
  writer.end();
}

/**
 * `ip saddr @blacklist counter drop comment "vallum+set"`, as nft writes it: `nft --debug=netlink add
 * rule …` shows the same.
 */
export function writeDropRule(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  chain: string,
  set: string,
  family: Family,
): void {
  startRule(writer, table, sequence, chain);
  const expressions = writer.openNest(nft.NFTA_RULE_EXPRESSIONS);
  if (table.family === 'inet') {
    // Only packets of the set's family: offset 12 of an IPv6 header is the middle of its source.
    expression(writer, 'meta', () => {
      writer.rawBe32(nft.NFTA_META_KEY, nft.NFT_META_NFPROTO);
      writer.rawBe32(nft.NFTA_META_DREG, nft.NFT_REG_1);
    });
    expression(writer, 'cmp', () => {
      writer.rawBe32(nft.NFTA_CMP_SREG, nft.NFT_REG_1);
      writer.rawBe32(nft.NFTA_CMP_OP, nft.NFT_CMP_EQ);
      const data = writer.openNest(nft.NFTA_CMP_DATA);
      const protocol = family === 'ipv4' ? NFPROTO_IPV4 : NFPROTO_IPV6;
      writer.data(nft.NFTA_DATA_VALUE, Uint8Array.of(protocol));
      writer.closeNest(data);
    });
  }
  expression(writer, 'payload', () => {
    // struct iphdr.saddr, struct ipv6hdr.saddr
    const [offset, length] = family === 'ipv4' ? [12, 4] : [8, 16];
    writer.rawBe32(nft.NFTA_PAYLOAD_DREG, nft.NFT_REG_1);
    writer.rawBe32(nft.NFTA_PAYLOAD_BASE, nft.NFT_PAYLOAD_NETWORK_HEADER);
    writer.rawBe32(nft.NFTA_PAYLOAD_OFFSET, offset);
    writer.rawBe32(nft.NFTA_PAYLOAD_LEN, length);
  });
  expression(writer, 'lookup', () => {
    writer.rawBe32(nft.NFTA_LOOKUP_SREG, nft.NFT_REG_1);
    writer.string(nft.NFTA_LOOKUP_SET, set);
  });
  expression(writer, 'counter', () => undefined);
  verdictExpression(writer, nft.NF_DROP);
  writer.closeNest(expressions);
  writeComment(writer, RULE_AND_SET_MARK);
  writer.end();
}

function startRule(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  chain: string,
): void {
  const flags = NLM_F_CREATE | NLM_F_APPEND;
  startMessage(writer, table, nft.NFT_MSG_NEWRULE, flags, sequence);
  writer.string(nft.NFTA_RULE_TABLE, table.table);
  writer.string(nft.NFTA_RULE_CHAIN, chain);
}

function verdictExpression(writer: MessageWriter, code: number, chain?: string): void {
  expression(writer, 'immediate', () => {
    writer.rawBe32(nft.NFTA_IMMEDIATE_DREG, nft.NFT_REG_VERDICT);
    const data = writer.openNest(nft.NFTA_IMMEDIATE_DATA);
    const verdict = writer.openNest(nft.NFTA_DATA_VERDICT);
    writer.rawBe32(nft.NFTA_VERDICT_CODE, code);
    if (chain !== undefined) writer.string(nft.NFTA_VERDICT_CHAIN, chain);
    writer.closeNest(verdict);
    writer.closeNest(data);
  });
}

/** Type, length, value: `00 07 "vallum\0"`. */
function writeComment(writer: MessageWriter, comment: string): void {
  const text = Buffer.from(`${comment}\0`, 'latin1');
  const userData = Uint8Array.of(nft.NFTNL_UDATA_RULE_COMMENT, text.length, ...text);
  writer.data(nft.NFTA_RULE_USERDATA, userData);
}

function expression(writer: MessageWriter, name: string, writeData: () => void): void {
  const element = writer.openNest(nft.NFTA_LIST_ELEM);
  writer.string(nft.NFTA_EXPR_NAME, name);
  const data = writer.openNest(nft.NFTA_EXPR_DATA);
  writeData();
  writer.closeNest(data);
  writer.closeNest(element);
}
