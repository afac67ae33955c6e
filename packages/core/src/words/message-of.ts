/** What went wrong, in words: of what was thrown anything may be expected. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
