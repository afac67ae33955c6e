/** Where other nodes write to one. */
export function inboxTopic(node: string): string {
  return `vallumd/${node}/sync`;
}
