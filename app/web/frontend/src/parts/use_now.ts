/** The moment, noticed again as the minute changes. */

import { useEffect, useState } from "preact/hooks";

const LOOK_EVERY = 15_000;

export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow((before) => {
        const current = new Date();
        return Math.floor(+current / 60_000) === Math.floor(+before / 60_000) ? before : current;
      });
    }, LOOK_EVERY);
    return () => clearInterval(timer);
  }, []);
  return now;
}
