/** A form's values: what was typed is kept for this tab until it is saved. */

import { useRef, useState } from "preact/hooks";
import { dropDraft, type Kept, readDraft, writeDraft } from "../logic/drafts";

export interface Draft<T, B> extends Kept<T, B> {
  /** They come from an earlier visit of this form, which did not save them. */
  isRestored: boolean;
  change: (changes: Partial<T>) => void;
  /** What is in the form by now: somebody may have typed since it was drawn. */
  latest: () => T;
  /** Begin again from these values, and forget what was typed. */
  reset: (fresh: Kept<T, B>) => void;
  /** Go on with what is typed, as a draft of what is `saved` by now; none of it is from an earlier visit any more. */
  goOn: (kept: Kept<T, B>, saved: T) => void;
  /** Forget what was typed: it is saved. */
  drop: () => void;
  /** Forget it only if this is still what is kept: another visit of the form may have typed on. */
  dropIfStill: (values: T) => void;
}

/**
 * A form that begins as `fresh`, or as the draft that was kept of it.
 *
 * `renew` may bring such a draft up to date, and `keep` tells what of the values is worth keeping.
 */
export function useDraft<T extends object, B>(
  owner: string,
  form: string,
  fresh: Kept<T, B>,
  renew: (kept: Kept<T, B>) => Kept<T, B> = (kept) => kept,
  keep: (values: T) => T = (values) => values,
): Draft<T, B> {
  const [{ values, base, isRestored }, set] = useState(() => {
    const found = readDraft<T, B>(owner, form);
    const kept = found && renew(found);
    const differs = kept !== null && JSON.stringify(kept.values) !== JSON.stringify(fresh.values);
    return { ...(differs ? kept : fresh), isRestored: differs };
  });
  const latest = useRef(values);
  const saved = useRef(fresh.values);
  const put = (kept: Kept<T, B>, restored: boolean) => {
    latest.current = kept.values;
    set({ ...kept, isRestored: restored });
  };
  const write = (kept: Kept<T, B>, restored: boolean) => {
    const worth = { ...kept, values: keep(kept.values) };
    // What is as it was saved is no draft: later it would stand for something that nobody typed.
    if (JSON.stringify(worth.values) === JSON.stringify(saved.current)) dropDraft(owner, form);
    else writeDraft(owner, form, worth);
    put(kept, restored);
  };
  return {
    values,
    base,
    isRestored,
    latest: () => latest.current,
    change: (changes) => write({ values: { ...latest.current, ...changes }, base }, isRestored),
    reset: (next) => {
      dropDraft(owner, form);
      saved.current = next.values;
      put(next, false);
    },
    goOn: (kept, by) => {
      saved.current = by;
      write(kept, false);
    },
    drop: () => dropDraft(owner, form),
    dropIfStill: (sent) => {
      if (JSON.stringify(readDraft<T, B>(owner, form)?.values) === JSON.stringify(sent)) dropDraft(owner, form);
    },
  };
}
