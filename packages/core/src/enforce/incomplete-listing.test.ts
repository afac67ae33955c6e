import { describe, expect, it } from '@jest/globals';
import { addressColumns, type AddressColumns } from '../address/address-columns.js';
import { parseAddress } from '../address/parse.js';
import { ADD, DELETE, NO_TIMEOUT, type Backend } from '../backend/backend.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import type { SetName } from '../words/names.js';
import { listMembers } from '../backend/list-members.js';
import { settle, startEngine } from './engine.fixture.js';

const set = 'blacklist';
const plain = { set, type: 'hash:ip', family: 'ipv4' } as const;

/** As the kernel does while it moves a hash set of nftables: an entry is there, and in no listing. */
async function startHiding(hidden: string) {
  const memory = createMemoryBackend({ sets: [plain] });
  const columns = columnsOf(hidden);
  const change = (op: number) =>
    memory.applyColumns({
      ...columns,
      set: set as SetName,
      ops: Uint8Array.of(op),
      timeoutSeconds: Uint32Array.of(NO_TIMEOUT),
    });
  const hiding = { on: false, hold: undefined as Promise<void> | undefined, listed: 0 };
  const backend: Backend = {
    ...memory,
    members: async (name, visit) => {
      if (hiding.on) await change(DELETE);
      await memory.members(name, visit);
      if (hiding.on) await change(ADD);
      hiding.listed += 1;
    },
    applyColumns: async (changes) => {
      await hiding.hold;
      return memory.applyColumns(changes);
    },
  };
  const engine = await startEngine([plain], { backend });
  const held = async () =>
    (await listMembers(memory, set as SetName)).map(({ address }) => address.text).sort();
  return { engine, hiding, held };
}

function columnsOf(text: string): AddressColumns {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(text);
  return addressColumns('ipv4', [address.value]);
}

describe('a listing that lacks what is in the set', () => {
  it('does not make somebody else of us: the unban takes the ban out', async () => {
    const { engine, hiding, held } = await startHiding('192.0.2.7');
    await engine.send(set, '192.0.2.7 origin web1');
    hiding.on = true;
    await engine.node.reconcile();
    hiding.on = false;
    await engine.send(`${set}/del`, '192.0.2.7 origin web1');
    expect(await held()).toEqual([]);
    await engine.node.close();
  });

  it('does not spare the kernel an unban that is still to come', async () => {
    const { engine, hiding, held } = await startHiding('192.0.2.7');
    await engine.send(set, '192.0.2.7 origin web1');
    let proceed = (): void => undefined;
    hiding.hold = new Promise((resolve) => (proceed = resolve));
    void engine.send(set, '192.0.2.8');
    await settle();
    // With an origin: without one it deletes whatever is there.
    void engine.send(`${set}/del`, '192.0.2.7 origin web1');
    await settle();
    hiding.on = true;
    const before = hiding.listed;
    const reconciled = engine.node.reconcile();
    await settle();
    expect(hiding.listed).toBeGreaterThan(before);
    proceed();
    await reconciled;
    hiding.on = false;
    await settle();
    expect(await held()).toEqual(['192.0.2.8']);
    await engine.node.close();
  });
});
