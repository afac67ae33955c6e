import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Run } from './page-register.js';
import { byHand, fleet, inSet, listening, plain, startFail2ban } from './page-scene.js';
import { root } from './pages.js';

/** What docs/fail2ban.md has somebody type. */
export const fail2banRuns: readonly Run[] = [
  ...(['docs/fail2ban.md', 'packages/fail2ban-action/README.md'] as const).map((page) => ({
    page,
    block: /^npx .*vallum-fail2ban-action --output/,
    proves: async (text: string) => {
      await fleet.sh(`mkdir -p /etc/fail2ban/action.d; ${text}`);
      expect(await fleet.sh('cat /etc/fail2ban/action.d/vallumd.conf')).toBe(
        readFileSync(join(root, 'packages/fail2ban-action/action.d/vallumd.conf'), 'utf8'),
      );
    },
  })),
  ...(['docs/fail2ban.md', 'packages/fail2ban-action/README.md'] as const).map((page) => ({
    page,
    block: /fail2ban-client set sshd banip 203\.0\.113\.7\n/,
    proves: async (text: string) => {
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, plain);
      await startFail2ban();
      await fleet.sh(text);
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 .*web1\.sshd/);
      if (!text.includes('unbanip')) return;
      await vallumd.waitForOutput(/unbanned 203\.0\.113\.7/);
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
    },
  })),
  {
    page: 'docs/fail2ban.md',
    block: /^vallum-pub import fail2ban/,
    async proves(text) {
      // Banned while no firewall was there.
      await startFail2ban();
      await fleet.sh('fail2ban-client set sshd banip 203.0.113.7');
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, plain);
      await fleet.sh(text);
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 /);
    },
  },
  {
    page: 'docs/fail2ban.md',
    block: /^fail2ban-client get sshd banip/,
    async proves(text) {
      await startFail2ban();
      await fleet.sh('fail2ban-client set sshd banip 203.0.113.7 203.0.113.8');
      await fleet.sh(byHand);
      await listening(fleet, plain);
      await fleet.sh(text);
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await fleet.until(inSet('blacklist', '203.0.113.8'));
    },
  },
];
