import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './answers.js';

export interface Answered<T> {
  readonly value: T | undefined;
  /** Why there is none, or why it is an old one. */
  readonly fault: string | undefined;
  /** Asks again, soon: once for many wishes. */
  readonly refresh: () => void;
}

const SOON_MS = 1_000;

/** What the daemon answers to a question, asked again and again while somebody looks at the page. */
export function useAnswer<T>(path: string, everyMs: number): Answered<T> {
  const [value, setValue] = useState<T>();
  const [fault, setFault] = useState<string>();
  const refreshRef = useRef(() => {});

  useEffect(() => {
    let isOver = false;
    let isAsking = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let dueAt = Infinity;
    const wait = (ms: number) => {
      if (isOver || Date.now() + ms >= dueAt) return;
      clearTimeout(timer);
      dueAt = Date.now() + ms;
      timer = setTimeout(() => void run(), ms);
    };
    const run = async () => {
      dueAt = Infinity;
      if (isAsking) return;
      if (document.visibilityState === 'hidden') return;
      isAsking = true;
      try {
        const answer = await ask<T>(path);
        if (isOver) return;
        setValue(answer);
        setFault(undefined);
      } catch (error) {
        if (!isOver) setFault(error instanceof Error ? error.message : String(error));
      } finally {
        isAsking = false;
        wait(everyMs);
      }
    };
    const onShown = () => {
      if (document.visibilityState === 'visible') wait(0);
    };
    refreshRef.current = () => {
      if (!isAsking) wait(SOON_MS);
    };
    document.addEventListener('visibilitychange', onShown);
    wait(0);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onShown);
    };
  }, [path, everyMs]);

  const refresh = useCallback(() => {
    refreshRef.current();
  }, []);
  return { value, fault, refresh };
}
