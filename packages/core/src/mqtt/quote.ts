const LONGEST = 120;

/** Text from outside, fit for one line of a log: quoted, ASCII only, cut. */
export function quote(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return JSON.stringify(cut).replace(
    /[^\x20-\x7e\u2026]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
