import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, temporaryFolder } from '@vallum/test-kit';

const scripts = fileURLToPath(new URL('../rpm', import.meta.url));

/** A machine of its own as far as the scripts look, whose systemctl says what it was asked for. */
const MACHINE = `
  for folder in /var/lib /var/spool /run; do mount -t tmpfs none $folder; done
  mkdir -p /run/systemd/system
  cd "$1"; export PATH="$0:$PATH"`;
const SYSTEMCTL =
  '#!/bin/sh\ncase $1 in enable | start | try-restart | disable) echo "$*" ;; esac\n';
/** The group is made by another script, and not on this machine. */
const INSTALL = '#!/bin/sh\nfor path; do :; done; mkdir -p "$path"\n';

suiteNeeding(['namespace'], 'the scripts of the rpm of vallum-pub', () => {
  const run = async (script: string) => {
    const stubs = temporaryFolder();
    // What they say is thrown away by the scripts, which is of no interest here.
    const heard = join(stubs, 'heard');
    writeFileSync(join(stubs, 'systemctl'), SYSTEMCTL.replace('"$*"', `"$*" >>${heard}`), {
      mode: 0o755,
    });
    writeFileSync(join(stubs, 'install'), INSTALL, { mode: 0o755 });
    writeFileSync(heard, '');
    const all = `${MACHINE}\n${script.replaceAll('NEXT', `; echo NEXT >>${heard};`)}\ncat ${heard}`;
    const said = await mustRun('unshare', ['-m', 'sh', '-c', all, stubs, scripts]);
    return said.split('NEXT\n').map((part) => part.split('\n').filter(Boolean));
  };
  const of = (verb: string) =>
    ['path', 'timer'].flatMap((kind) =>
      verb.split(' ').map((one) => `${one} vallum-pub-flush.${kind}`),
    );

  it('enable the delivery of what waits at the installation, and only restart it later', async () => {
    const [first, later] = await run('sh vallum-pub.post 1 NEXT sh vallum-pub.post 2');
    expect(first).toEqual(of('enable start'));
    expect(later).toEqual(of('try-restart'));
  }, 20_000);

  it('enable it at the upgrade from a version that had none', async () => {
    const [first, later] = await run('sh vallum-pub.post 2 NEXT sh vallum-pub.post 2');
    expect(first).toEqual(of('enable start'));
    expect(later).toEqual(of('try-restart'));
  }, 20_000);

  it('enable it in an image that is being built, and anew after it was taken away', async () => {
    const [image, , again] = await run(
      'rmdir /run/systemd/system; sh vallum-pub.post 1 NEXT sh vallum-pub.preun 0 NEXT sh vallum-pub.post 1',
    );
    expect(image).toEqual(of('enable'));
    expect(again).toEqual(of('enable'));
  }, 20_000);
});
