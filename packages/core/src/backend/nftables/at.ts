/** The item at an index that is known to be there. @throws RangeError where it is not */
export function at<Item>(items: ArrayLike<Item>, index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`nothing at index ${index} of ${items.length}`);
  return item;
}
