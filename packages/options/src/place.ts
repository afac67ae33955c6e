/** Where a value came from. */
export type Place =
  | { readonly source: 'option'; /** As it was typed: `-p` or `--port`. */ readonly flag: string }
  | { readonly source: 'environment'; readonly variable: string }
  | { readonly source: 'file'; readonly key: string; readonly path: string; readonly line: number }
  | { readonly source: 'default' };

/** Names a place so that an administrator finds it: `port in /etc/vallum/vallumd.yaml line 7`. */
export function describePlace(place: Place): string {
  switch (place.source) {
    case 'option':
      return `${place.flag} on the command line`;
    case 'environment':
      return `${place.variable} in the environment`;
    case 'file':
      return `${place.key} in ${place.path} line ${place.line}`;
    case 'default':
      return 'the default';
  }
}
