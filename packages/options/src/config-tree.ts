/** A part of the configuration file that holds others, with the lines that it stands in. */
export type ConfigTree =
  | { readonly atLine: number; readonly text: string }
  | { readonly atLine: number; readonly items: readonly ConfigTree[] }
  | { readonly atLine: number; readonly keys: Readonly<Record<string, ConfigTree>> };
