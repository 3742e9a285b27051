/** What was typed and not yet saved: kept for this tab, through a lost session or a reload, until it is saved. */

const PREFIX = "draft ";

/** The draft of a form, or null. `owner` is a person's id: nobody else gets to see it. */
export function readDraft<T>(owner: string, form: string): T | null {
  try {
    const text = sessionStorage.getItem(keyOf(owner, form));
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null; // storage that is switched off, or not ours
  }
}

/** Keep a draft. */
export function writeDraft(owner: string, form: string, draft: unknown): void {
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

/** Drop all drafts: on logging out. */
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
