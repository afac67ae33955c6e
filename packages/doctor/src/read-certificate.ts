import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SeenCertificate } from '@vallum/core/mqtt';

/** The first certificate of a PEM file; nothing where there is none, which others say. */
export async function readCertificate(path: string | undefined): Promise<SeenCertificate[]> {
  if (path === undefined) return [];
  try {
    const certificate = new X509Certificate(await readFile(path));
    const validToUnix = Math.floor(Date.parse(certificate.validTo) / 1000);
    return [{ subject: path, validToUnix }];
  } catch {
    return [];
  }
}
