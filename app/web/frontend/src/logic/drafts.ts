/** What was typed and not yet saved: kept for this tab, through a lost session or a reload, until it is saved. */

const PREFIX = "draft ";

/** What is in a form, and what it was made from: `base` tells which version of it would be replaced. */
export interface Kept<T, B> {
  values: T;
  base: B;
}

/** The draft of a form, or null. `owner` is a person's id: nobody else gets to see it. */
export function readDraft<T, B>(owner: string, form: string): Kept<T, B> | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(owner, form)) ?? "null");
    return kept && "values" in kept ? kept : null;
  } catch {
    return null; // storage that is switched off, or not ours
  }
}

/** Keep a draft. */
export function writeDraft(owner: string, form: string, draft: Kept<unknown, unknown>): void {
  try {
    sessionStorage.setItem(keyOf(owner, form), JSON.stringify(draft));
  } catch {
    // Full, or switched off: the form itself still holds everything.
  }
}

/** Drop one draft. */
export function dropDraft(owner: string, form: string): void {
  try {
    sessionStorage.removeItem(keyOf(owner, form));
  } catch {
    // As above.
  }
}

/** Values in which each field that is still as in `from` is as in `onto`: what was typed stays, the rest is news. */
export function carryOver<T extends object>(values: T, from: T, onto: T): T {
  const typed = Object.entries(changesOf(values, from));
  return { ...onto, ...Object.fromEntries(typed) };
}

/** The fields of `values` that are not as in `from`. */
export function changesOf<T extends object>(values: T, from: T): Partial<T> {
  const isTyped = ([name, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(from[name as keyof T]);
  return Object.fromEntries(Object.entries(values).filter(isTyped)) as Partial<T>;
}

const LEFT = "left";
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("witw");

/** Tell `left` when somebody logs out in another tab of this browser; returns how to stop that. */
export function watchLogout(left: () => void): () => void {
  const hear = ({ data }: MessageEvent) => data === LEFT && left();
  tabs?.addEventListener("message", hear);
  return () => tabs?.removeEventListener("message", hear);
}

/** Drop the drafts of all tabs: on logging out. */
export function leave(): void {
  dropDrafts();
  tabs?.postMessage(LEFT);
}

/** Drop all drafts of this tab. */
export function dropDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

function keyOf(owner: string, form: string): string {
  return `${PREFIX}${owner} ${form}`;
}
