/** A form's values: what was typed is kept for this tab until it is saved. */

import { useState } from "preact/hooks";
import { dropDraft, readDraft, writeDraft } from "../logic/drafts";

export interface Draft<T> {
  values: T;
  /** They come from an earlier visit of this form, which did not save them. */
  isRestored: boolean;
  change: (changes: Partial<T>) => void;
  /** Begin again from these values, and forget what was typed. */
  reset: (values: T) => void;
  /** Forget what was typed: it is saved. */
  drop: () => void;
}

export function useDraft<T extends object>(owner: string, form: string, initial: T): Draft<T> {
  const [{ values, isRestored }, set] = useState(() => {
    const kept = readDraft<T>(owner, form);
    const differs = kept !== null && JSON.stringify(kept) !== JSON.stringify(initial);
    return { values: kept ?? initial, isRestored: differs };
  });
  return {
    values,
    isRestored,
    change: (changes) => {
      const next = { ...values, ...changes };
      writeDraft(owner, form, next);
      set({ values: next, isRestored });
    },
    reset: (next) => {
      dropDraft(owner, form);
      set({ values: next, isRestored: false });
    },
    drop: () => dropDraft(owner, form),
  };
}
