/** What a promise brings within so many milliseconds, or `idle`. */
export async function soonEnough<Value>(
  next: Promise<Value>,
  idleMs: number,
): Promise<Value | 'idle'> {
  if (idleMs === Infinity) return next;
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<'idle'>((resolve) => {
    timer = setTimeout(() => {
      resolve('idle');
    }, idleMs);
  });
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}
