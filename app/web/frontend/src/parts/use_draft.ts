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
  /** Go on with what is typed, as a draft of something newer. */
  goOn: (kept: Kept<T, B>) => void;
  /** Forget what was typed: it is saved. */
  drop: () => void;
}

/**
 * A form that begins as `fresh`, or as the draft that was kept of it.
 *
 * `renew` may bring such a draft up to date.
 */
export function useDraft<T extends object, B>(
  owner: string,
  form: string,
  fresh: Kept<T, B>,
  renew: (kept: Kept<T, B>) => Kept<T, B> = (kept) => kept,
): Draft<T, B> {
  const [{ values, base, isRestored }, set] = useState(() => {
    const found = readDraft<T, B>(owner, form);
    const kept = found && renew(found);
    const differs = kept !== null && JSON.stringify(kept.values) !== JSON.stringify(fresh.values);
    return { ...(differs ? kept : fresh), isRestored: differs };
  });
  const latest = useRef(values);
  const put = (kept: Kept<T, B>, restored: boolean) => {
    latest.current = kept.values;
    set({ ...kept, isRestored: restored });
  };
  const goOn = (kept: Kept<T, B>) => {
    writeDraft(owner, form, kept);
    put(kept, isRestored);
  };
  return {
    values,
    base,
    isRestored,
    latest: () => latest.current,
    change: (changes) => goOn({ values: { ...latest.current, ...changes }, base }),
    reset: (next) => {
      dropDraft(owner, form);
      put(next, false);
    },
    goOn,
    drop: () => dropDraft(owner, form),
  };
}
